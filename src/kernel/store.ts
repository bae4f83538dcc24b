import { readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UklError, kernelErrors, type Diagnostic } from '../errors/index.js';
import {
  asIoError,
  cacheRoot,
  forgetTemporary,
  systemCode,
  temporaryName,
  withLock,
  type LockOptions,
} from '../host/index.js';
import { openKit, verifyKit, type Kit } from './kit.js';
import { DEFAULT_PROFILE, loadSeries, profilesOf } from './series.js';

/** A folder of the store: a kit, or what is wrong with it. */
export type StoredKit = { readonly key: string; readonly folder: string } & (
  | { readonly kit: Kit; /** Milliseconds since 1970. */ readonly chosen: number }
  | { readonly problems: readonly Diagnostic[] }
);

/** Digits of a key that are shown; a prefix is enough wherever a kit is named. */
export const SHOWN_DIGITS = 12;

/** The folder that holds all kits, each under its key. */
export function kitsFolder(cache: string = cacheRoot()): string {
  return join(cache, 'kits');
}

/** Every kit of the store, the one chosen last first, damaged ones at the end. */
export async function listKits(folder: string = kitsFolder()): Promise<StoredKit[]> {
  const names = await readdir(folder).catch((error: unknown): string[] => {
    if (systemCode(error) === 'ENOENT') return [];
    throw asIoError(error, folder, 'read');
  });
  const keys = names.filter((name) => /^[0-9a-f]{64}$/.test(name));
  const kits = await Promise.all(keys.map((key) => readStored(key, join(folder, key))));
  const rank = (stored: StoredKit): number => ('kit' in stored ? stored.chosen : 0);
  return kits.sort((a, b) => rank(b) - rank(a) || a.key.localeCompare(b.key));
}

/**
 * The kit of a link: a folder, the first digits of a key, or, by the name of a profile, the one that was last built or installed among
 * those with this tool's patches and configuration of that profile, or made from a developer's tree. Without a name it is the one that
 * the environment names (UKL_KIT), else one of the default profile. Throws UKL4010-4015.
 */
export async function findKit(
  name: string = process.env.UKL_KIT ?? DEFAULT_PROFILE,
  folder: string = kitsFolder(),
): Promise<Kit> {
  if (name.includes('/')) return openKit(resolve(name));
  const all = await listKits(folder);
  if (name !== DEFAULT_PROFILE && !profilesOf().includes(name)) return theKit(findStored(name, all));
  const usable = all
    .filter((stored) => 'kit' in stored)
    .filter(({ kit }) => kit.manifest.kernel.profile === name);
  const { digest } = loadSeries(name);
  const own = usable.find(({ kit }) => [digest, null].includes(kit.manifest.kernel.series));
  if (own !== undefined) return own.kit;
  if (usable.length > 0) throw new UklError(kernelErrors.kitOtherPatches(usable.map(shownKey), name));
  const problems = all.flatMap((stored) => ('problems' in stored ? stored.problems : []));
  throw new UklError(problems.length > 0 ? problems : kernelErrors.kitMissing(name));
}

/** The stored kits that a key's first digits name: exactly one, or UKL4011, UKL4012. Damaged ones can be named too. */
export function findStored(name: string, stored: readonly StoredKit[]): StoredKit {
  const matches = stored.filter(({ key }) => name !== '' && key.startsWith(name.toLowerCase()));
  const [match] = matches;
  if (match === undefined) throw new UklError(kernelErrors.kitNotFound(name, stored.map(shownKey)));
  if (matches.length > 1) throw new UklError(kernelErrors.kitAmbiguous(name, matches.map(shownKey)));
  return match;
}

/** The kit of this very key, if this machine has it, undamaged. */
export async function kitOfKey(key: string): Promise<Kit | undefined> {
  const stored = (await listKits()).find((entry) => entry.key === key);
  return stored !== undefined && 'kit' in stored ? stored.kit : undefined;
}

export interface StoredOnce {
  readonly kit: Kit;
  /** The kit was in the store already. */
  readonly existed: boolean;
}

/**
 * The kit of this key: from the store, or else made. One process at a time makes a key; others wait and take its result. Either
 * way the kit is the chosen one from then on. What `make` finds at its place is removed first: it is damaged.
 */
export async function storeOnce(
  folder: string,
  key: string,
  make: (target: string) => Promise<Kit>,
  locking: LockOptions = {},
): Promise<StoredOnce> {
  const target = join(folder, key);
  const work = async (): Promise<StoredOnce> => {
    const stored = await readStored(key, target, verifyKit);
    if ('kit' in stored) {
      await chooseKit(stored.kit);
      return { kit: stored.kit, existed: true };
    }
    await rm(target, { recursive: true, force: true });
    return { kit: await make(target), existed: false };
  };
  return withLock(join(folder, `${key}.lock`), work, locking);
}

/** From now on this is the kit that links take when none is named. */
async function chooseKit(kit: Kit): Promise<void> {
  const now = new Date();
  await utimes(join(kit.folder, 'manifest.json'), now, now);
}

/** Removes a kit. It is out of the store at once, before its files are deleted. */
export async function removeKit(stored: StoredKit): Promise<void> {
  const aside = temporaryName(stored.folder);
  try {
    await rename(stored.folder, aside);
    await rm(aside, { recursive: true, force: true });
  } catch (error) {
    throw asIoError(error, stored.folder, 'write');
  } finally {
    forgetTemporary(aside);
  }
}

async function readStored(
  key: string,
  folder: string,
  check: (kit: Kit) => Promise<void> = () => Promise.resolve(),
): Promise<StoredKit> {
  try {
    const kit = await openKit(folder);
    await check(kit);
    if (kit.manifest.key !== key) {
      throw new UklError(kernelErrors.kitCorrupt(folder, `its manifest belongs to ${kit.manifest.key}`));
    }
    return { key, folder, kit, chosen: (await stat(join(folder, 'manifest.json'))).mtimeMs };
  } catch (error) {
    if (!(error instanceof UklError)) throw error;
    return { key, folder, problems: error.diagnostics };
  }
}

function theKit(stored: StoredKit): Kit {
  if ('kit' in stored) return stored.kit;
  throw new UklError(stored.problems);
}

/** A kit's name for people. */
export function shownKey({ key }: { readonly key: string }): string {
  return key.slice(0, SHOWN_DIGITS);
}

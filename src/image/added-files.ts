import { statSync } from 'node:fs';
import { basename, isAbsolute, posix } from 'node:path';
import { imageErrors, UklError, type Diagnostic } from '../errors/index.js';
import { entryOf, readHostTree } from './host-tree.js';
import type { RootfsEntry } from './rootfs-entry.js';

/** A file of the host, or a folder with all that is in it, for an image's root file system. */
export interface AddedFile {
  readonly host: string;
  /** Absolute path in the guest. One that ends with a slash is a folder to put it into, under its own name. */
  readonly guest: string;
}

/**
 * Reads `HOST:GUEST`, or `HOST` alone for the same path in the guest, from its root folder on.
 *
 * @throws UklError UKL3036
 */
export function parseAddedFile(text: string): AddedFile {
  const fail = (why: string): UklError => new UklError(imageErrors.badAddedFile(text, why));
  const colon = text.lastIndexOf(':');
  const host = colon === -1 ? text : text.slice(0, colon);
  const guest = colon === -1 ? posix.resolve('/', text) : text.slice(colon + 1);
  if (host === '') throw fail('there is no file of the host');
  if (!guest.startsWith('/')) throw fail(`'${guest}' is no absolute path`);
  if (colon === -1 && text.split('/').includes('..'))
    throw fail('a path with .. has no place in the guest of its own');
  return { host, guest };
}

/** What the image itself has there, or what hides it as soon as the machine runs. */
const TAKEN: readonly (readonly [path: string, why: string])[] = [
  ['init', 'the first process of the machine is there; another comes with --rootfs'],
  ['program', 'the program is there'],
  ['etc/ukl', 'its arguments and environment are there'],
  ['.ukl', 'a run puts its files there'],
  ['dev', 'the devices are mounted over it'],
  ['proc', 'the processes are mounted over it'],
  ['sys', 'the devices are mounted over it'],
];

const parentsOf = (path: string): string[] => {
  const parts = path.split('/');
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('/'));
};

/** Path of an added file or folder in the archive; the root folder's is empty. */
function targetOf({ host, guest }: AddedFile): string {
  return posix.normalize(guest.endsWith('/') ? `${guest}${basename(host)}` : guest).slice(1);
}

/** The entries of one added file or folder. Everything in it belongs to root. */
function entriesOf(host: string, target: string, index: number): RootfsEntry[] {
  let entries: RootfsEntry[];
  try {
    // The name itself may be a link; links inside of a folder stay links.
    const stats = statSync(host);
    const first = entryOf(host, target, stats);
    const below = stats.isDirectory() ? readHostTree(host) : [];
    entries = [
      ...(first === undefined ? [] : [first]),
      ...below.map((e) => ({ ...e, path: `${target}/${e.path}` })),
    ];
  } catch (error) {
    if (error instanceof UklError) throw error;
    throw new UklError(imageErrors.rootfsUnreadable(host, (error as Error).message), { cause: error });
  }
  const strange = entries.filter(({ type }) => !['file', 'directory', 'symlink'].includes(type));
  if (strange.length > 0)
    throw new UklError(
      strange.map(({ path, type }) => imageErrors.rootfsEntryUnusable(path, `on the host it is a ${type}`)),
    );
  return entries.map((entry) => {
    const owned = { ...entry, uid: 0, gid: 0 };
    // Two options may name one file: that does not make the copies one.
    return owned.type === 'file' && owned.link !== undefined
      ? { ...owned, link: `${index}:${owned.link}` }
      : owned;
  });
}

/**
 * Reads what is to be added, without the content of the files.
 *
 * @returns entries, folders before what is in them; the folders above them not included
 * @throws UklError UKL3030, UKL3032, UKL3036: everything that is wrong, at once
 */
export function readAddedFiles(files: readonly AddedFile[]): RootfsEntry[] {
  const problems: Diagnostic[] = [];
  const found = new Map<string, RootfsEntry>();
  for (const [index, file] of files.entries()) {
    const named = `${file.host}:${file.guest}`;
    const target = targetOf(file);
    if (!isAbsolute(file.guest) || target === '') {
      problems.push(imageErrors.badAddedFile(named, 'it needs an absolute path of its own in the guest'));
      continue;
    }
    try {
      for (const entry of entriesOf(file.host, target, index)) {
        const { path } = entry;
        const taken = TAKEN.find(([at]) => path === at || path.startsWith(`${at}/`));
        const twin = found.get(path);
        const bothFolders = twin?.type === 'directory' && entry.type === 'directory';
        if (taken !== undefined)
          problems.push(imageErrors.badAddedFile(named, `/${path} is taken: ${taken[1]}`));
        else if (twin !== undefined && !bothFolders)
          problems.push(
            imageErrors.badAddedFile(named, `/${path} is already what another --file has put there`),
          );
        else if (twin === undefined) found.set(path, entry);
      }
    } catch (error) {
      if (!(error instanceof UklError)) throw error;
      problems.push(...error.diagnostics);
    }
  }
  if (problems.length > 0) throw new UklError(problems);
  return [...found.values()];
}

/** A root file system with more files: they replace what is at their place; folders above them that are missing are made. */
export function withAddedFiles(rootfs: readonly RootfsEntry[], added: readonly RootfsEntry[]): RootfsEntry[] {
  const all = new Map(rootfs.map((entry) => [entry.path, entry]));
  for (const entry of added) {
    for (const path of parentsOf(entry.path))
      if (!all.has(path)) all.set(path, { type: 'directory', path, mode: 0o755 });
    // A folder of both keeps the mode it has.
    if (all.get(entry.path)?.type !== 'directory' || entry.type !== 'directory') all.set(entry.path, entry);
  }
  return [...all.values()];
}

import { createGunzip, createGzip, constants } from 'node:zlib';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract, pack, type Extract, type Pack } from 'tar-stream';
import { UklError, kernelErrors } from '../errors/index.js';
import {
  asIoError,
  demandReplaceable,
  forgetTemporary,
  makeFolderAtomic,
  systemCode,
  temporaryName,
} from '../host/index.js';
import { sha256 } from './digest.js';
import { parseManifest, type Manifest } from './manifest.js';
import { openKit, verifyKit, type Kit } from './kit.js';
import { kitsFolder, storeOnce, type StoredOnce } from './store.js';

/** An entry of a tar file as it is read. */
type Entry = Extract extends AsyncIterable<infer E> ? E : never;

/** No kit is near this; a file that claims more is not one, and must not fill the memory. */
const LARGEST_FILE = 1 << 30;

/** Writes a kit as one gzipped tar file, the manifest first. The same kit gives the same bytes. */
export async function packKit(kit: Kit, target: string): Promise<void> {
  await demandReplaceable(target);
  await verifyKit(kit);
  const temporary = temporaryName(target);
  const archive = pack();
  const writing = pipeline(
    archive,
    createGzip({ level: constants.Z_BEST_COMPRESSION }),
    createWriteStream(temporary),
  );
  try {
    const filling = (async () => {
      for (const name of ['manifest.json', ...Object.keys(kit.manifest.files).sort()]) {
        const content = await readFile(join(kit.folder, name));
        await addEntry(archive, name, content);
      }
      archive.finalize();
    })();
    await Promise.all([writing, filling]);
    await rename(temporary, target);
  } catch (error) {
    archive.destroy();
    await writing.catch(() => undefined);
    await rm(temporary, { force: true });
    throw asIoError(error, target, 'write');
  } finally {
    forgetTemporary(temporary);
  }
}

/** The entry is a stream of its own, which fails with the archive: unheard, its error would end the process. */
async function addEntry(archive: Pack, name: string, content: Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const done = (error?: Error | null): void => (error ? reject(error) : resolve());
    // No owner, no time: only the content counts.
    archive.entry({ name, mode: 0o644, mtime: new Date(0) }, content, done).on('error', reject);
  });
}

/**
 * Installs a packed kit into the store, checked against its manifest, whole or not at all, and makes it the chosen one. A kit
 * that is there already is left as it is. Throws UKL4016 for a file that is not a whole packed kit, UKL4013, UKL4014.
 */
export async function installKit(file: string, folder: string = kitsFolder()): Promise<StoredOnce> {
  const { manifest, files } = await readPackedKit(file);
  return storeOnce(folder, manifest.key, (target) => unpackTo(target, files));
}

/** A packed kit in memory, the manifest among its files. */
export interface PackedKit {
  readonly manifest: Manifest;
  readonly files: ReadonlyMap<string, Buffer>;
}

/** Reads a packed kit without installing it. Throws UKL4013, UKL4014, UKL4016. */
export async function readPackedKit(file: string): Promise<PackedKit> {
  const files = await readArchive(file);
  const manifestText = files.get('manifest.json');
  if (manifestText === undefined) throw packCorrupt(file, 'it has no manifest.json');
  const manifest = parseManifest(manifestText.toString('utf8'), file);
  const unlisted = [...files.keys()].filter((name) => name !== 'manifest.json' && !(name in manifest.files));
  if (unlisted.length > 0) throw packCorrupt(file, `its manifest does not name ${unlisted.join(', ')}`);
  return { manifest, files };
}

/** Compares every file with its SHA-256. Throws UKL4016, all that differ or are missing together. */
export function verifyPackedKit(file: string, { manifest, files }: PackedKit): void {
  const problems = Object.entries(manifest.files).flatMap(([name, expected]) => {
    const content = files.get(name);
    if (content === undefined) return [kernelErrors.packCorrupt(file, `${name} is missing`)];
    if (sha256(content) === expected.sha256) return [];
    return [kernelErrors.packCorrupt(file, `${name} has another SHA-256 than the manifest says`)];
  });
  if (problems.length > 0) throw new UklError(problems);
}

/** Checked while it still has its temporary name: nobody ever sees a damaged kit. */
async function unpackTo(target: string, files: ReadonlyMap<string, Buffer>): Promise<Kit> {
  await makeFolderAtomic(target, async (temporary) => {
    for (const [name, content] of files) {
      await mkdir(dirname(join(temporary, name)), { recursive: true });
      await writeFile(join(temporary, name), content);
    }
    await verifyKit(await openKit(temporary));
  });
  return openKit(target);
}

/** The regular files of a gzipped tar, by name. Anything else in it is a reason to refuse all of it. */
async function readArchive(file: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const entries = extract();
  const reading = pipeline(createReadStream(file), createGunzip(), entries);
  try {
    const collecting = (async () => {
      for await (const entry of entries) files.set(...(await readEntry(file, entry)));
    })();
    await Promise.all([reading, collecting]);
  } catch (error) {
    entries.destroy();
    await reading.catch(() => undefined);
    if (error instanceof UklError) throw error;
    const code = systemCode(error);
    if (code !== undefined && /^E[A-Z]+$/.test(code)) throw asIoError(error, file, 'read');
    throw packCorrupt(file, error instanceof Error ? error.message : String(error), error);
  }
  return files;
}

async function readEntry(file: string, entry: Entry): Promise<[string, Buffer]> {
  const { name, type, size = 0 } = entry.header;
  const clean = normalize(name);
  if (type !== 'file' || clean !== name || name.startsWith('/') || name.startsWith('..')) {
    throw packCorrupt(file, `it holds "${name}", which is not a plain file with a plain name`);
  }
  if (size > LARGEST_FILE) throw packCorrupt(file, `${name} claims ${size} bytes`);
  const pieces: Uint8Array[] = [];
  for await (const piece of entry) pieces.push(piece as Uint8Array);
  return [name, Buffer.concat(pieces)];
}

function packCorrupt(file: string, reason: string, cause?: unknown): UklError {
  return new UklError(kernelErrors.packCorrupt(file, reason), { cause });
}

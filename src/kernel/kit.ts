import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UklError, kernelErrors } from '../errors/index.js';
import { asIoError, systemCode } from '../host/index.js';
import { sha256 } from './digest.js';
import { parseManifest, type Manifest } from './manifest.js';

/** A kit on disk whose manifest fits this tool and whose files are there in full length. */
export interface Kit {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Reads a kit's manifest and looks whether every file is there in full length. Throws UKL4013, UKL4014. */
export async function openKit(folder: string): Promise<Kit> {
  const file = join(folder, 'manifest.json');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw asIoError(error, file, 'read');
    throw new UklError(kernelErrors.kitCorrupt(folder, 'it has no manifest.json'), { cause: error });
  });
  const manifest = parseManifest(text, folder);
  const findings = await Promise.all(
    Object.entries(manifest.files).map(async ([name, expected]) => {
      const found = await stat(join(folder, name)).catch((error: unknown) => {
        if (systemCode(error) !== 'ENOENT') throw asIoError(error, join(folder, name), 'read');
      });
      if (found?.size === expected.size) return [];
      const reason = found === undefined ? 'is missing' : `has ${found.size} bytes, not ${expected.size}`;
      return [kernelErrors.kitCorrupt(folder, `${name} ${reason}`)];
    }),
  );
  const problems = findings.flat();
  if (problems.length > 0) throw new UklError(problems);
  return { folder, manifest };
}

/** Compares every file with its SHA-256. Throws UKL4013 for the first that differs. */
export async function verifyKit(kit: Kit): Promise<void> {
  await Promise.all(Object.keys(kit.manifest.files).map((name) => readKitFile(kit, name)));
}

/** Reads one file of a kit, compared with its SHA-256. Throws UKL4013. */
export async function readKitFile(kit: Kit, name: string): Promise<Buffer> {
  const file = join(kit.folder, name);
  const content = await readFile(file).catch((error: unknown) => {
    throw asIoError(error, file, 'read');
  });
  if (sha256(content) === kit.manifest.files[name]?.sha256) return content;
  throw new UklError(
    kernelErrors.kitCorrupt(kit.folder, `${name} has another SHA-256 than the manifest says`),
  );
}

import { existsSync, readdirSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { execFile } from 'node:child_process';
import { UklError, hostErrors } from '../errors/index.js';
import { findTool, installCommand } from '../host/index.js';

/** What a link takes from the machine: GNU ld, gcc's library folders, and the start-up files of libc and gcc. */
export interface Toolchain {
  /** Path of GNU ld. */
  readonly ld: string;
  /** Folders that `-l` is searched in behind those of `-L`, in gcc's order. */
  readonly libraryDirs: readonly string[];
  /** crt1.o, crti.o, crtbeginS.o: linked before everything else. */
  readonly startFiles: readonly string[];
  /** crtendS.o, crtn.o: linked behind everything else. */
  readonly endFiles: readonly string[];
  /** libstdc++, libm, libgcc, libgcc_eh and libc, those that are there: searched as one group behind the program's own inputs. */
  readonly systemLibraries: readonly string[];
}

/**
 * crt1.o and not rcrt1.o: the program does not relocate itself. crtbeginS.o and not crtbeginT.o: the latter has R_X86_64_32, and
 * the former leaves it to PT_GNU_EH_FRAME to find unwind tables, which the linker script provides.
 */
const START_FILES = ['crt1.o', 'crti.o', 'crtbeginS.o'];
const END_FILES = ['crtendS.o', 'crtn.o'];
const REQUIRED_LIBRARIES = ['libgcc.a', 'libgcc_eh.a', 'libc.a'];
/** Programs in C get by without them; symbols that only they define are then reported as undefined. */
const OPTIONAL_LIBRARIES = ['libstdc++.a', 'libm.a'];

/** Where Debian, Fedora and plain installations keep libc, when there is no gcc to ask. */
const USUAL_DIRS = ['/usr/lib/x86_64-linux-gnu', '/lib/x86_64-linux-gnu', '/usr/lib64', '/lib64', '/usr/lib'];
const GCC_ROOTS = [
  '/usr/lib/gcc/x86_64-linux-gnu',
  '/usr/lib/gcc/x86_64-redhat-linux',
  '/usr/lib/gcc/x86_64-pc-linux-gnu',
];

/**
 * Finds ld and the machine's C library. gcc is asked for its folders; without gcc (a link needs none) the usual ones are
 * taken. Throws UKL6002 naming everything that is missing.
 */
export async function findToolchain(): Promise<Toolchain> {
  const ld = findTool('ld');
  const gcc = findTool('gcc');
  const libraryDirs = gcc === undefined ? usualDirs() : await searchDirsOf(gcc);
  const missing: string[] = [];
  const packages = new Set<string>();
  const lacks = (name: string, debianPackage: string): void => {
    missing.push(name);
    packages.add(debianPackage);
  };

  if (ld === undefined) lacks('ld', 'binutils');
  const find = (name: string): string => {
    const path = findIn(libraryDirs, name);
    if (path === undefined) lacks(name, debianPackageOf(name));
    return path ?? name;
  };
  const toolchain = {
    ld: ld ?? 'ld',
    libraryDirs,
    startFiles: START_FILES.map(find),
    endFiles: END_FILES.map(find),
    systemLibraries: [
      ...OPTIONAL_LIBRARIES.flatMap((name) => findIn(libraryDirs, name) ?? []),
      ...REQUIRED_LIBRARIES.map(find),
    ],
  };
  if (missing.length > 0) throw new UklError(hostErrors.toolsMissing(missing, installCommand(packages)));
  return toolchain;
}

/** The first of these folders that has the file, as a path. */
export function findIn(dirs: readonly string[], name: string): string | undefined {
  return dirs.map((dir) => join(dir, name)).find((path) => existsSync(path));
}

/** `gcc` stands for the libgcc-N-dev of any version: what is missing cannot be asked for its version. */
function debianPackageOf(name: string): string {
  return /^(crt[1in]\.o|libc\.a)$/.test(name) ? 'libc6-dev' : 'gcc';
}

/** The folders of `gcc -print-search-dirs` that exist, each once. Throws UKL6007 when gcc does not answer. */
async function searchDirsOf(gcc: string): Promise<string[]> {
  const output = await new Promise<string>((resolve, reject) => {
    execFile(
      gcc,
      ['-print-search-dirs'],
      { env: { ...process.env, LC_ALL: 'C' } },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else
          reject(new UklError(hostErrors.toolFailed('gcc', error.message, stderr.trim()), { cause: error }));
      },
    );
  });
  const line = /^libraries: =(.*)$/m.exec(output)?.[1];
  if (line === undefined) {
    throw new UklError(hostErrors.toolFailed('gcc', 'no answer to -print-search-dirs', output.trim()));
  }
  return existing(line.split(':'));
}

function usualDirs(): string[] {
  const versions = GCC_ROOTS.filter((root) => existsSync(root)).flatMap((root) =>
    readdirSync(root)
      .filter((name) => /^\d+(\.\d+)*$/.test(name))
      .sort((a, b) => parseFloat(b) - parseFloat(a))
      .map((version) => join(root, version)),
  );
  return existing([...versions, ...USUAL_DIRS]);
}

function existing(dirs: readonly string[]): string[] {
  const unique = new Set(dirs.filter((dir) => dir !== '').map((dir) => normalize(`${dir}/`)));
  return [...unique].filter((dir) => existsSync(dir));
}

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEBUG_DIR } from '../../../../src/kernel/debug-files.js';
import { findKit } from '../../../../src/kernel/store.js';
import { identify, readArchive, readElf, type ElfFile } from '../../../../src/elf/index.js';

const compilerFile = (name: string): string =>
  execFileSync('gcc', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim();

/** The archives of the machine's compiler and libraries. */
export const archives: readonly string[] = present([
  ...['libc.a', 'libm-2.36.a', 'libmvec.a', 'libstdc++.a', 'libgcc.a', 'libgcc_eh.a', 'libgcov.a'].map(
    compilerFile,
  ),
  ...['/usr/lib/x86_64-linux-gnu/libcrypto.a', '/usr/lib/x86_64-linux-gnu/libssl.a'],
]);

/** A built kernel: the tree that UKL_KERNEL_BUILD names, or what the kit of this machine kept of its build. */
const kernelBuild = process.env.UKL_KERNEL_BUILD ?? join((await findKit()).folder, DEBUG_DIR);

/** Its vmlinux and the objects of its boot stub. */
const kernelFiles = (): string[] => {
  const stub = join(kernelBuild, 'arch/x86/boot/compressed');
  present([stub]);
  const objects = readdirSync(stub, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.o'));
  return [join(kernelBuild, 'vmlinux'), join(stub, 'vmlinux'), ...objects.map((f) => join(stub, f))];
};

/** Programs, libraries and start-up objects. */
export const files: readonly string[] = present([
  '/bin/busybox',
  ...['crt1.o', 'Scrt1.o', 'rcrt1.o', 'crti.o', 'crtn.o', 'crtbeginS.o', 'crtendS.o'].map(compilerFile),
  '/lib/x86_64-linux-gnu/libc.so.6',
  '/lib/x86_64-linux-gnu/libm.so.6',
  '/usr/lib/x86_64-linux-gnu/libstdc++.so.6',
  ...kernelFiles(),
]);

/** A corpus that is smaller than it should be must not pass for a whole one. */
function present(paths: readonly string[]): readonly string[] {
  const missing = paths.filter((path) => !existsSync(path));
  if (missing.length === 0) return paths;
  throw new Error(
    `not there: ${missing.join(', ')} (scripts/prerequisites.sh test installs libraries; a kit that was installed or made by an ` +
      'older ukl-link has no debug/: build it, or set UKL_KERNEL_BUILD to a built tree)',
  );
}

/** An ELF file of the corpus, read. */
export interface CorpusFile {
  readonly elf: ElfFile;
  /** Path or archive(member), for test messages. */
  readonly label: string;
}

/** Every ELF file in a file or archive, read one after the other. */
export function* elvesOf(path: string): IterableIterator<CorpusFile> {
  const bytes = readFileSync(path);
  if (identify(bytes) === 'elf') {
    yield { elf: readElf(bytes, { file: path }), label: path };
    return;
  }
  for (const member of readArchive(bytes, { file: path }).members) {
    yield { elf: readElf(member.data, member.origin), label: `${path}(${member.name})` };
  }
}

/** A new empty directory, removed when `use` has ended. */
export function withDirectory<T>(use: (directory: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), 'ukl-elf-'));
  try {
    return use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Runs a tool and returns what it printed; throws with its standard error when it fails. */
export function run(tool: string, args: readonly string[], cwd?: string): string {
  return execFileSync(tool, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C' },
    ...(cwd === undefined ? {} : { cwd }),
  });
}

/** Runs a tool over one file with these bytes. */
export function runOn(bytes: Uint8Array, tool: string, ...args: string[]): string {
  return withDirectory((directory) => {
    const path = join(directory, 'input.o');
    writeFileSync(path, bytes);
    return run(tool, [...args, path]);
  });
}

/** Compiles C (or, with `-x c++` or `-x assembler` among the flags, something else) to an object. */
export function compile(source: string, ...flags: string[]): Uint8Array {
  return withDirectory((directory) => {
    const input = join(directory, 'input.c');
    const output = join(directory, 'output.o');
    writeFileSync(input, source);
    run('gcc', ['-c', '-O1', ...flags, input, '-o', output]);
    return readFileSync(output);
  });
}

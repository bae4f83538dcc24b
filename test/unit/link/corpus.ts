import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GENERAL_ENTRY, bindEntries } from '../../../src/options/index.js';
import { packageRoot } from '../../../src/host/index.js';
import { expect } from 'vitest';
import type { LinkedProgram } from '../../../src/image/index.js';
import { findToolchain, parseProgramArguments, resolveInputs } from '../../../src/inputs/index.js';
import { linkProgram, type LinkedProgramResult } from '../../../src/link/program.js';
import { RewriteCache, type SyscallMode } from '../../../src/rewrite/index.js';

/** The ways of compiling that a link must take, mixed at will. */
export const CODE_MODELS = {
  /** gcc as it comes on Debian. */
  pie: [],
  /** For shared libraries: general-dynamic TLS, everything through the GOT. */
  pic: ['-fPIC'],
  /** As kernel code: R_X86_64_32S. */
  kernel: ['-fno-pic', '-mcmodel=kernel', '-mno-red-zone'],
} as const satisfies Record<string, readonly string[]>;

export type CodeModel = keyof typeof CODE_MODELS;
export const codeModels = Object.keys(CODE_MODELS) as CodeModel[];

/** Shared by all runs of the tests: the system's libraries are rewritten once. */
export const sharedCache = join(packageRoot, 'build', 'test-rewritten');

/** A folder of sources and objects made for one test file; `remove` it when done. */
export class Workshop {
  readonly folder = mkdtempSync(join(tmpdir(), 'ukl-test-'));

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Compiles C, C++ (`.cc`) or assembler (`.s`) to an object and returns its path. */
  compile(name: string, source: string, flags: readonly string[] = []): string {
    const input = this.path(name);
    writeFileSync(input, source);
    const output = `${input}.${flags.join('').replace(/[^\w]/g, '')}.o`;
    execFileSync(name.endsWith('.cc') ? 'g++' : 'gcc', ['-O1', ...flags, '-c', '-o', output, input]);
    return output;
  }

  /** Makes an archive of these objects and returns its path. */
  archive(name: string, objects: readonly string[], flags = 'rcs'): string {
    const output = this.path(name);
    execFileSync('ar', [flags, output, ...objects]);
    return output;
  }

  /** The passes of a link from inputs to a program for the slot at `base`. */
  async link(words: readonly string[], base: bigint, syscalls?: SyscallMode): Promise<LinkedProgram> {
    return (await this.linkWith(words, base, syscalls)).program;
  }

  /** The same, with the file for debuggers if that is wanted. */
  async linkWith(
    words: readonly string[],
    base: bigint,
    syscalls: SyscallMode = 'redirect',
    withDebug = false,
  ): Promise<LinkedProgramResult> {
    const toolchain = await findToolchain();
    const cache = new RewriteCache(sharedCache);
    const inputs = await resolveInputs(parseProgramArguments(words), toolchain, cache);
    const result = await linkProgram({
      inputs,
      toolchain,
      base,
      // Where the kernel's entry would be: it moves with the slot.
      imports: bindEntries(new Set(), { [GENERAL_ENTRY]: `0x${(base - 0x10_0000n).toString(16)}` }).addresses,
      rewriting: { syscalls },
      withDebug,
      cache,
    });
    expect(result.warnings).toEqual([]);
    return result;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const HELLO_C = `
#include <stdio.h>
int main(int argc, char **argv) { printf("hello, %s\\n", argc > 1 ? argv[1] : "world"); return 7; }
`;

/** Everything that makes words of unusual kinds: TLS of every model, weak references, pointers, jump tables, linker symbols. */
export const WORDS_C = `
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
extern __thread int shared_tls; static __thread int own_tls = 5; __thread long big_tls[10];
__attribute__((weak)) extern __thread int no_tls, no_tls_too;
__attribute__((weak)) extern int no_data; __attribute__((weak)) int no_function(void);
extern char _end[], _edata[], _etext[], end[], edata[], etext[], __bss_start[], __ehdr_start[], __executable_start[];
static const char *const bounds[] = {_end, _edata, _etext, end, edata, etext, __bss_start, __ehdr_start, __executable_start};
static int table[4]; int *pointers[] = {table, table + 1, &no_data}; int (*functions[])(void) = {no_function, 0, rand};
static const char *const names[] = {"a", "b", 0};
void *(*copy)(void *, const void *, size_t) = memcpy;
static void *work(void *p) { shared_tls++; own_tls++; big_tls[3] = own_tls; memcpy(table, p, 16); return &shared_tls; }
static int choose(int x) {
  switch (x) {
    case 0: return puts("a"); case 1: return puts("b"); case 2: return puts("c"); case 3: return rand();
    case 4: return abs(x); case 5: return puts("e"); case 6: return (int)strlen(names[1]); default: return -1;
  }
}
int main(int argc, char **argv) {
  pthread_t thread; int in[4] = {1, 2, 3, 4}; void *out;
  pthread_create(&thread, 0, work, in); pthread_join(thread, &out);
  printf("%d %d %.3f %s %d\\n", shared_tls, own_tls, sin(argc), names[0], *pointers[0]);
  const char *image = __executable_start;
  for (int i = 0; i < 9; i++) if (bounds[i] < image || bounds[i] > _end) return 90 + i;
  if (__ehdr_start != image || memcmp(image, "\\x7f" "ELF", 4) != 0) return 80;
  if (no_function) no_function();
  if (&no_data) no_data++;
  if (argc > 7) no_tls++, no_tls_too++;
  if (copy(in, table, 4) != in || pointers[2] || functions[0] || functions[2] != rand) return 70;
  return choose(argc) < 0;
}
`;

export const TLS_C = '__thread int shared_tls = 42;\n';

export const CXX_CC = `
#include <iostream>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
thread_local std::string text = "tls";
extern "C" __attribute__((weak)) int no_function(int);
struct Base { virtual ~Base() {} virtual int f() { return 1; } };
struct Derived : Base { int f() override { return 2; } };
static Derived global;
int main() {
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; i++) threads.emplace_back([i] { text += std::to_string(i); });
  for (auto &t : threads) t.join();
  try { throw std::runtime_error("thrown"); } catch (const std::exception &e) { std::cout << e.what() << ' ' << text << '\\n'; }
  Base *base = &global;
  std::cout << dynamic_cast<Derived *>(base)->f() << (no_function ? 1 : 0) << std::endl;
  return 0;
}
`;

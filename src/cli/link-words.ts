import { COMPRESSIONS } from '../image/compression.js';
import { CONFIG_HELP } from './config-choice.js';
import { readInputWords, type InputOptions, type InputWords } from './input-words.js';

const configOption = { value: 'FILE', describe: `${CONFIG_HELP} program]` } as const;

/** Options about warnings, of everything that looks at the inputs of a link. */
export const warningOptions = {
  'fatal-warnings': { describe: 'Take warnings for errors' },
  'no-warn': {
    value: 'CODE',
    many: true,
    describe: 'Leave out warnings of this code (UKL2105); may be repeated',
  },
} as const satisfies InputOptions;

export const linkOptions = {
  config: configOption,
  output: { alias: 'o', value: 'FILE', describe: 'The image to write' },
  args: {
    value: 'WORDS',
    many: true,
    describe: 'Arguments of the program, split as a shell splits words; may be repeated',
  },
  env: {
    value: 'NAME=VALUE',
    many: true,
    describe: 'A variable of the program’s environment; may be repeated',
  },
  cmdline: { value: 'TEXT', describe: 'Kernel command line of the image' },
  rootfs: { value: 'PATH', describe: 'Folder or cpio archive that replaces the small root file system' },
  file: {
    value: 'HOST:GUEST',
    many: true,
    describe: 'Put a file or folder of this machine into the image’s root file system; may be repeated',
  },
  compress: {
    value: COMPRESSIONS.join('|'),
    describe: `Compression of the image [${COMPRESSIONS[0]}]; none is a larger LZ4 stream that is only copied`,
  },
  kit: {
    value: 'KEY',
    describe:
      'The kernel: first digits of a kit’s key, a profile, or a folder [$UKL_KIT, else the one made last]',
  },
  syscalls: {
    value: 'redirect|native',
    describe:
      'Jump to the kernel for system calls, where that is proven right, or leave all alone [redirect]',
  },
  'enable-use-ret': {
    describe: 'Return to the program without IRET; this and the next, see docs/options.md',
  },
  'enable-bypass': { describe: 'Call the kernel’s functions without the work of entry and exit' },
  'enable-shortcuts': { describe: 'Lead read, write, send and recv on TCP sockets past the layers above' },
  'enable-libupcall': { describe: 'Link libukl_upcall, and let the kernel call its handlers' },
  map: { value: 'FILE', describe: 'Write what became of every system call site to a text file' },
  'separate-debug-file': {
    value: 'FILE',
    optional: true,
    describe:
      'Write the program with the debugging information of its inputs to FILE [IMAGE.dbg], for ukl-link gdb',
  },
  'dependency-file': {
    value: 'FILE',
    describe: 'Write a Makefile that names every file the image depends on, as ld does',
  },
  ...warningOptions,
  'print-stats': { describe: 'Print time and bytes of every pass, and how many system calls are redirected' },
  json: { describe: 'Print one JSON document instead of text' },
  'print-makefile': { describe: 'Print the path of a Makefile to include, docs/make.md' },
  'print-include': { describe: 'Print the folder of ukl_upcall.h, for compilers (-I)' },
  'print-libs': {
    describe: 'Print the folder of libukl_upcall.a, for programs that are linked for ring 3 (-L)',
  },
  'print-cmake': { describe: 'Print the folder of the CMake module Ukl, docs/make.md' },
} as const satisfies InputOptions;

/** Options of `ukl-link check`, which takes its inputs as a link does. */
export const checkOptions = {
  config: configOption,
  'every-member': { describe: 'Check all of the archives given, not what a link would take' },
  all: { describe: 'List every place of a finding, not the first few' },
  ...warningOptions,
  json: { describe: 'Print one JSON document instead of text' },
} as const satisfies InputOptions;

export type LinkOptionName = keyof typeof linkOptions;

/** Takes a link's command line apart. Throws a UsageError. */
export function readLinkWords(words: readonly string[]): InputWords<LinkOptionName> {
  return readInputWords(words, linkOptions);
}

import * as z from 'zod/mini';
import { UklError } from '../errors/index.js';
import { parseAddedFile } from '../image/added-files.js';
import { COMPRESSIONS } from '../image/compression.js';
import { UKL_OPTIONS } from '../options/index.js';
import { SYSCALL_MODES } from '../rewrite/index.js';
import {
  cpuRange,
  defaultMemory,
  defaultSilenceLimit,
  defaultStopTimeout,
  memoryRange,
  parseDisk,
  parsePort,
} from '../run/index.js';
import { lacksValue } from './input-word.js';

/*
 * Keys are the flags of the command line in camel case, in the plural where a flag is repeated. Every value says what it must be, for
 * errors, and what it is for, for docs/config.md and ukl.schema.json.
 */

type Schema = z.core.$ZodType;

/** An object whose keys are all known. */
const object = <Shape extends z.core.$ZodShape>(shape: Shape, must = 'must be an object') =>
  z.strictObject(shape, { error: must });

/** A string for a program or the kernel, where NUL would end it. */
const text = (must = 'must be a string') =>
  z.string({ error: must }).check(z.regex(/^[^\0]+$/, 'must not be empty nor have a NUL character'));

/** One of which an empty one is as good as any. */
const anyText = () =>
  z.string({ error: 'must be a string' }).check(z.regex(/^[^\0]*$/, 'must not have a NUL character'));

const list = <Item extends Schema>(item: Item) => z.array(item, { error: 'must be a list' });

const oneOf = <const Words extends readonly string[]>(words: Words) =>
  z.enum(words, { error: `must be one of ${words.map((word) => JSON.stringify(word)).join(', ')}` });

const switched = () => z.boolean({ error: 'must be true or false' });

const whole = ({ min, max }: { readonly min: number; readonly max: number }) => {
  const must = `must be a whole number from ${min} to ${max}`;
  return z.int({ error: must }).check(z.minimum(min, must), z.maximum(max, must));
};

/** Seconds, above `min` or equal to it. */
const seconds = (min: number) => {
  const must = `must be a number of seconds, ${min} or more`;
  return z.number({ error: must }).check(z.minimum(min, must));
};

const variables = () =>
  z.record(
    z.string().check(z.regex(/^[^=\0]+$/, 'a name must not be empty nor have "=" or a NUL character')),
    anyText(),
    { error: 'must be an object of names and strings' },
  );

/** An input in ld's spelling. The values of options are joined to them: a list has no other way to tell them from files. */
const input = () =>
  text().check(
    z.refine((word) => !lacksValue(word), 'must have the option’s value in the same string, as in -LDIR'),
  );

/** A text that must be as the command line has it. */
const wordOf = (read: (text: string) => unknown) =>
  text().check((payload) => {
    const message = problemOf(() => read(payload.value));
    if (message !== undefined) payload.issues.push({ code: 'custom', message, input: payload.value });
  });

const port = () =>
  z.union([whole({ min: 1, max: 65535 }), wordOf(parsePort)], {
    error: 'must be a port number or [ADDRESS:]HOST:GUEST[/udp]',
  });

/** What a reader of the command line has against a text. */
function problemOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof UklError) return error.diagnostics.map(({ message }) => message).join('; ');
    throw error;
  }
}

/** An optional key, with its line in docs/config.md. */
const key = <Value extends z.core.$ZodType>(value: Value & z.ZodMiniType, what: string) =>
  z.optional(value.check(z.describe(what)));

const addedFile = () =>
  z.union(
    [
      wordOf(parseAddedFile),
      object({
        from: text().check(z.describe('A file or folder of this machine (path)')),
        to: z
          .string({ error: 'must be an absolute path' })
          .check(
            z.regex(/^\/[^\0]*$/, 'must be an absolute path'),
            z.describe('Where it is in the root file system'),
          ),
      }),
    ],
    { error: 'must be HOST:GUEST or an object with "from" and "to"' },
  );

const run = object({
  memory: key(whole(memoryRange), `MiB of memory; ${defaultMemory} when left out`),
  cpus: key(whole(cpuRange), 'Processors; 1 when left out'),
  ports: key(
    list(port()),
    'Ports of the host that lead to those of the program: 6379, "8080:80", "0.0.0.0:53:53/udp"',
  ),
  disks: key(
    list(wordOf(parseDisk)),
    'Disks of the machine, made if they are not there: "FILE[:/FOLDER][,size=1G][,ro]" (path), at /data when left out',
  ),
  hostname: key(text(), 'Name of the machine'),
  network: key(oneOf(['user', 'none']), 'Network of the machine: QEMU’s own, or none'),
  args: key(list(anyText()), 'Arguments of the program, behind those of the image'),
  env: key(variables(), 'Environment of the program, over that of the image'),
  append: key(anyText(), 'Kernel parameters, behind those of the image'),
  initrd: key(text(), 'An initrd unpacked over the image’s own files (path)'),
  timeout: key(seconds(0.001), 'Seconds until the machine is stopped; no limit when left out'),
  silenceLimit: key(
    seconds(0),
    `Seconds in which the machine must say something, 0: no limit; ${defaultSilenceLimit} when left out`,
  ),
  stopTimeout: key(
    seconds(0),
    `Seconds that the program has to end when the run is told to; ${defaultStopTimeout} when left out`,
  ),
  accel: key(oneOf(['auto', 'kvm', 'tcg']), 'How instructions are executed; "auto" when left out'),
  kernelLog: key(switched(), 'Show all of the kernel’s messages'),
  consoleLog: key(text(), 'A file that gets everything the console shows, too (path)'),
  qemu: key(text(), 'QEMU’s program: a name on PATH, or a path with a slash'),
  qemuArgs: key(list(anyText()), 'More arguments for QEMU'),
});

/** What ukl.json may say. Nothing is required: the command line can say it all. */
export const configSchema = object({
  $schema: key(text(), 'Where an editor finds the schema of this file'),
  program: key(
    z.union([input(), list(input())], { error: 'must be a string or a list of strings' }),
    'What to link, in ld’s order and spelling: files (paths), "-LDIR", "-lNAME", "--start-group" …',
  ),
  libraries: key(list(text()), 'Libraries behind the program, as for -l: "ssl", ":libfoo.a"'),
  output: key(text(), 'The image to write (path)'),
  args: key(list(anyText()), 'Arguments of the program, one string each'),
  env: key(variables(), 'Environment of the program'),
  cmdline: key(anyText(), 'Kernel command line of the image'),
  rootfs: key(text(), 'Folder or cpio archive that replaces the small root file system (path)'),
  files: key(
    list(addedFile()),
    'Files and folders (paths) for the root file system: "redis.conf:/etc/redis.conf", "www:/srv/www"',
  ),
  compress: key(oneOf(COMPRESSIONS), `Compression of the image; "${COMPRESSIONS[0]}" when left out`),
  kit: key(text(), 'The kernel: first digits of a kit’s key, a profile, or a folder (a path with a slash)'),
  syscalls: key(
    oneOf(SYSCALL_MODES),
    'Whether system calls become jumps where that is proven right, or all stay as they are',
  ),
  enable: key(list(oneOf(UKL_OPTIONS)), 'What docs/options.md describes, as by --enable-…'),
  map: key(text(), 'A text file that gets what became of every system call site (path)'),
  separateDebugFile: key(
    z.union([switched(), text()], { error: 'must be true, false or a path' }),
    'A file for ukl-link gdb (path); true: beside the image, IMAGE.dbg',
  ),
  dependencyFile: key(text(), 'A Makefile that gets everything the image depends on (path)'),
  fatalWarnings: key(switched(), 'Take warnings for errors'),
  noWarn: key(
    list(
      z
        .string({ error: 'must be a code such as "UKL2105"' })
        .check(z.regex(/^UKL\d{4}$/, 'must be a code such as "UKL2105"')),
    ),
    'Codes of warnings to leave out',
  ),
  run: key(run, 'The machine that `ukl-link run` boots'),
});

export type ConfigFile = z.infer<typeof configSchema>;

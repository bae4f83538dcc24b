import { join } from 'node:path';
import { packageRoot } from '../../host/index.js';
import { link, type LinkOptions, type LinkResult } from '../../link.js';
import { UKL_OPTIONS, type UklOption } from '../../options/index.js';
import { SYSCALL_MODES } from '../../rewrite/index.js';
import { DEBUG_FILE_ENDING } from '../../gdb/debug-file.js';
import { COMPRESSIONS } from '../../image/compression.js';
import type { AddedFile } from '../../image/index.js';
import type { LinkSettings } from '../../config/index.js';
import { splitWords } from '../argv.js';
import { chosenConfig } from '../config-choice.js';
import { given } from '../../config/given.js';
import { mib } from '../kit-text.js';
import type { InputWords } from '../input-words.js';
import { readLinkWords, type LinkOptionName } from '../link-words.js';
import { printDiagnostics, printJson, printLine } from '../print.js';
import { warningChoice } from '../warning-choice.js';
import { endAtOnceOnSignal } from '../signals.js';
import { UsageError } from '../status.js';
import { table } from '../table.js';

/** What other build systems include or name. */
const BUILD_FILES = [
  ['print-makefile', 'make/ukl.mk'],
  ['print-cmake', 'cmake'],
  ['print-include', 'lib/upcall'],
  ['print-libs', 'dist'],
] as const;

/** The root command: links a program with the kernel of a kit. Returns the exit status. */
export async function runLink(words: readonly string[]): Promise<number> {
  const read = readLinkWords(words);
  const asked = BUILD_FILES.filter(([option]) => read.given[option] !== undefined);
  if (asked.length > 0) {
    for (const [, path] of asked) printLine(join(packageRoot, path));
    return 0;
  }
  const options = await linkOptionsOf(read);
  endAtOnceOnSignal();
  const result = await link(options);
  printDiagnostics(result.warnings);
  if (read.given.json !== undefined) printJson({ ...result, kit: result.kit.manifest.key });
  else if (read.given['print-stats'] !== undefined) {
    printLine(statsTable(result));
    if (result.syscalls !== undefined) {
      const { summaryOf } = await import('../../report/index.js');
      printLine(summaryOf(result.syscalls));
    }
  }
  return 0;
}

/** What the command line and, where there is one, the configuration file say, together. Throws a UsageError, UKL6005, UKL6020-6023. */
export async function linkOptionsOf(words: InputWords<LinkOptionName>): Promise<LinkOptions> {
  const flags = await linkFlagsOf(words);
  const config = await chosenConfig(words.given.config?.[0], !words.introduced);
  if (config === undefined) return completeOptions(flags);
  const { overlayLink } = await import('../../config/index.js');
  const settings = overlayLink(config.link, { ...flags, replacesProgram: words.introduced });
  return completeOptions({ ...settings, dependsOn: [config.file] });
}

async function linkFlagsOf({ program, given: words }: InputWords<LinkOptionName>): Promise<LinkSettings> {
  return given<LinkSettings>({
    program,
    output: words.output?.[0],
    args: words.args?.flatMap((text) => {
      const split = splitWords(text);
      if (split === undefined) throw new UsageError(`--args: a quote is left open in: ${text}`);
      return split;
    }),
    env: words.env,
    cmdline: words.cmdline?.[0],
    rootfs: words.rootfs?.[0],
    files: await filesOf(words.file),
    kit: words.kit?.[0],
    compress: oneOf('compress', COMPRESSIONS, words.compress?.[0]),
    syscalls: oneOf('syscalls', SYSCALL_MODES, words.syscalls?.[0]),
    enable: enabledOptions(words),
    map: words.map?.[0],
    debugFile: words['separate-debug-file']?.map((file) => file || true)[0],
    dependencyFile: words['dependency-file']?.[0],
    sites: words.json !== undefined || words['print-stats'] !== undefined,
    ...warningChoice(words),
  });
}

function enabledOptions(words: InputWords<LinkOptionName>['given']): UklOption[] | undefined {
  const enabled = UKL_OPTIONS.filter((option) => words[`enable-${option}`] !== undefined);
  return enabled.length > 0 ? enabled : undefined;
}

/** A link without such files does not load what reads them. */
async function filesOf(texts: readonly string[] | undefined): Promise<AddedFile[] | undefined> {
  if (texts === undefined) return undefined;
  const { parseAddedFile } = await import('../../image/added-files.js');
  return texts.map(parseAddedFile);
}

/** Options that say everything a link must know. */
function completeOptions({ program = [], output = '', debugFile, ...rest }: LinkSettings): LinkOptions {
  if (program.length === 0)
    throw new UsageError('nothing to link: name the program with --with-program=FILE, or in ukl.json');
  if (output === '') throw new UsageError('name the image to write with -o FILE, or in ukl.json');
  return given<LinkOptions>({
    ...rest,
    program,
    output,
    debugFile: debugFile === true ? output + DEBUG_FILE_ENDING : debugFile,
  });
}

/** The value of an option that takes one of a few words. */
function oneOf<T extends string>(
  option: string,
  known: readonly T[],
  word: string | undefined,
): T | undefined {
  const found = known.find((each) => each === word);
  if (word === undefined || found !== undefined) return found;
  throw new UsageError(`--${option} takes ${known.join(', ')}; not ${word}`);
}

/** Time and bytes of every pass, their sum, and the process' memory. */
function statsTable({ passes, size, peakMemory }: LinkResult): string {
  const total = {
    name: 'total',
    milliseconds: passes.reduce((sum, pass) => sum + pass.milliseconds, 0),
    bytes: size,
  };
  const rows = [...passes, total].map(({ name, milliseconds, bytes }) => [
    name,
    milliseconds.toFixed(1),
    bytes,
  ]);
  return `${table([['pass', 'ms', 'bytes'], ...rows], { right: [1, 2] })}\npeak memory ${mib(peakMemory)}`;
}

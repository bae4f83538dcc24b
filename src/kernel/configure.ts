import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UklError, kernelErrors } from '../errors/index.js';
import { asIoError } from '../host/index.js';
import { runToolOrThrow } from './process.js';

/** Smallest and largest slot, in MiB: one large page, and half of what KASLR leaves the kernel image (1 GiB). */
export const SLOT_MIB = { min: 2, max: 512, default: 64 } as const;

/** Throws UKL4017 unless the number is a slot size: a whole number of 2 MiB pages within the range. */
export function checkSlotSize(mib: number): void {
  if (mib % 2 === 0 && mib >= SLOT_MIB.min && mib <= SLOT_MIB.max) return;
  throw new UklError(kernelErrors.slotSize(String(mib)));
}

/** The lines that switch UKL on, with a slot of the given size. */
export function uklLines(slotMiB: number): string[] {
  return ['CONFIG_UNIKERNEL_LINUX=y', `CONFIG_UKL_SLOT_MB=${slotMiB}`];
}

/**
 * Writes the tree's .config: what the fragments and the extra lines name, and what that selects; all else off. The last line about
 * a symbol counts.
 * Throws UKL4005, naming every line that the kernel's configuration did not keep.
 */
export async function configure(
  tree: string,
  fragments: readonly string[],
  extraLines: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const texts = await Promise.all(fragments.map((file) => readFile(file, 'utf8')));
  const requested = [...texts.flatMap((text) => text.split('\n')), ...extraLines];
  const file = join(tree, '.ukl-requested-config');
  await writeFile(file, `${requested.join('\n')}\n`).catch((error: unknown) => {
    throw asIoError(error, file, 'write');
  });
  await runToolOrThrow('make', [`KCONFIG_ALLCONFIG=${file}`, 'allnoconfig'], { cwd: tree, signal });
  const dropped = droppedLines(requested, await readFile(join(tree, '.config'), 'utf8'));
  if (dropped.length > 0) throw new UklError(kernelErrors.configDropped(dropped));
}

/** Those of the requested lines that a .config does not fulfil; the last request for a symbol counts. */
export function droppedLines(requested: readonly string[], dotConfig: string): string[] {
  const actual = new Map(assignments(dotConfig.split('\n')));
  return [...new Map(assignments(requested))]
    .filter(([symbol, value]) => (actual.get(symbol) ?? 'n') !== value)
    .map(([symbol, value]) => `${symbol}=${value}`);
}

/** `CONFIG_X=value` lines; a .config says `# CONFIG_X is not set` for n, or does not name the symbol at all. */
function assignments(lines: readonly string[]): [symbol: string, value: string][] {
  return lines.flatMap((line): [string, string][] => {
    const [, symbol, value] = /^(CONFIG_\w+)=(.*)$/.exec(line.trim()) ?? [];
    return symbol === undefined || value === undefined ? [] : [[symbol, value]];
  });
}

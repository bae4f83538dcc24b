import { join } from 'node:path';
import { UklError, kernelErrors } from '../errors/index.js';
import { runTool } from './process.js';
import type { Series } from './series.js';

/** Applies every patch, in order, without tolerance. Throws UKL4004 naming the first that does not apply. */
export async function applySeries(series: Series, tree: string, signal?: AbortSignal): Promise<void> {
  for (const name of series.patches) {
    const file = join(series.folder, name);
    const args = [
      '--strip=1',
      '--batch',
      '--fuzz=0',
      '--forward',
      '--no-backup-if-mismatch',
      '--input',
      file,
    ];
    const { ok, output } = await runTool('patch', args, { cwd: tree, signal });
    if (!ok) throw new UklError(kernelErrors.patchFailed(file, rejections(output)));
  }
}

/** Of patch's output the lines that say what went wrong, each with the file it is about. */
function rejections(output: string): string {
  const lines = output.split('\n');
  const decisive = lines.filter((line) =>
    /^patching file |FAILED|can't find file|malformed|previously applied/i.test(line),
  );
  const kept = decisive.filter(
    (line, i) => !line.startsWith('patching') || !(decisive[i + 1] ?? 'patching').startsWith('patching'),
  );
  return (kept.length > 0 ? kept : lines).slice(0, 20).join('\n');
}

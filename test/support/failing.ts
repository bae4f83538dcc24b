import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { formatGroup, groupDiagnostics } from '../../src/cli/print.js';
import type { Diagnostic } from '../../src/errors/index.js';
import { runCli, type CliOptions } from './cli.js';
import { temporaryFolder } from './temporary-folder.js';

/** Every file below a folder, with all that a run might change of it. */
export function snapshot(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    names.map((name) => {
      const path = join(folder, name);
      const stats = lstatSync(path);
      const content = stats.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
      return [name, [stats.mode, stats.isFile() ? stats.mtimeMs : 0, stats.ino, content].join(' ')];
    }),
  );
}

/** The folders of one run: where it may write its output, and where its temporary files belong. */
export interface Bench {
  readonly folder: string;
  /** An image of an earlier link. */
  readonly old: string;
  /** A name that is free. */
  readonly fresh: string;
  readonly temporary: string;
}

export function newBench(): Bench {
  const folder = temporaryFolder();
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  mkdirSync(join(folder, 'out'));
  const old = join(folder, 'out', 'image');
  writeFileSync(old, 'the image of an earlier link');
  return { folder, old, fresh: join(folder, 'out', 'fresh'), temporary };
}

/** Codes of the errors in what a run said on standard error. */
export function saidCodes(stderr: string): string[] {
  return [...stderr.matchAll(/^ukl-link: error (UKL\d+):/gm)].map(([, code]) => code ?? '');
}

/** The problems of a run with --json. */
export function jsonProblems(stdout: string): readonly Diagnostic[] {
  return (JSON.parse(stdout) as { diagnostics: readonly Diagnostic[] }).diagnostics;
}

export interface FailingLink extends CliOptions {
  /** Folders that must stay as they are, besides the bench. */
  readonly inputs?: readonly string[];
  readonly bench?: Bench;
  /** Output instead of the bench's two. */
  readonly output?: string;
}

/**
 * Runs a link that must fail twice: over an old image, and with --json under a free name. Checks what holds for every failure: the status, the
 * same problems both times and nothing but problems, a hint for each, and that nothing on disk has changed.
 */
export async function failLink(
  words: readonly string[],
  options: FailingLink = {},
): Promise<readonly Diagnostic[]> {
  const { inputs = [], bench = newBench(), output, ...how } = options;
  const env = { TMPDIR: bench.temporary, ...how.env };
  const watched = [bench.folder, ...inputs];
  const before = watched.map(snapshot);

  const text = await runCli([...words, '-o', output ?? bench.old], { ...how, env });
  expect({ status: text.status, stdout: text.stdout }).toEqual({ status: 1, stdout: '' });
  const json = await runCli([...words, '-o', output ?? bench.fresh, '--json'], { ...how, env });
  const problems = jsonProblems(json.stdout);
  expect(json.status).toBe(1);

  const asText = groupDiagnostics(problems)
    .map((group) => `${formatGroup(group)}\n`)
    .join('');
  // ld's own words name the temporary folder of their run.
  expect(withoutNames(text.stderr)).toBe(withoutNames(asText.replaceAll(bench.fresh, bench.old)));
  expect(problems.filter(({ severity, hint = '' }) => severity !== 'error' || hint === '')).toEqual([]);
  expect(text.stderr).not.toMatch(/UKL6000|^\s+at .*[:(]/m);
  expect(watched.map(snapshot)).toEqual(before);
  return problems;
}

const withoutNames = (text: string): string => text.replace(/\.\d+\.[0-9a-f]{8}\.tmp/g, '.tmp');

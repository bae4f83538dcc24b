import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { findTool, packageRoot } from '../../src/host/index.js';

interface Step {
  readonly run?: string;
  readonly uses?: string;
}

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
}

const own = readFileSync(join(packageRoot, '.github/workflows/ci.yml'), 'utf8');
const [, documented = ''] =
  /```yaml\n([^]*?)```/.exec(readFileSync(join(packageRoot, 'docs/ci.md'), 'utf8')) ?? [];

const stepsOf = (text: string): Step[] =>
  Object.values((parse(text) as Workflow).jobs).flatMap(({ steps }) => [...steps]);

/** The words in the place of a command: of every line, behind `&&` and `$(`. */
function commandsOf(script: string): string[] {
  return script
    .replaceAll('$UKL_LINK', 'bin/ukl-link')
    .replaceAll(/\bukl-link\/(?=\w)/g, '')
    .split(/\n|&&|\$\(/)
    .map((part) => part.trim().split(/\s+/)[0] ?? '')
    .filter((word) => word !== '');
}

describe.each([
  ['.github/workflows/ci.yml', own],
  ['docs/ci.md', documented],
])('the workflow of %s', (_, text) => {
  it('has steps that run or use something', () => {
    const steps = stepsOf(text);
    expect(steps.length).toBeGreaterThan(5);
    expect(steps.filter(({ run, uses }) => (run === undefined) === (uses === undefined))).toEqual([]);
  });

  it('runs commands that exist', () => {
    const commands = stepsOf(text).flatMap(({ run }) => (run === undefined ? [] : commandsOf(run)));
    expect(commands).toContain('bin/ukl-link');
    const builtIn = ['echo'];
    const missing = commands.filter(
      (word) =>
        !builtIn.includes(word) &&
        (word.includes('/') ? !existsSync(join(packageRoot, word)) : findTool(word) === undefined),
    );
    expect(missing).toEqual([]);
  });

  it('caches kits by their key, before it builds', () => {
    const steps = stepsOf(text);
    const at = (what: RegExp): number => steps.findIndex(({ run, uses }) => what.test(run ?? uses ?? ''));
    expect(at(/kernel key/)).toBeGreaterThan(0);
    expect(at(/actions\/cache/)).toBeGreaterThan(at(/kernel key/));
    expect(at(/kernel build|\.ci\/run/)).toBeGreaterThan(at(/actions\/cache/));
  });
});

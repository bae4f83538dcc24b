import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/** docs/architecture.md, "Layers", from the ground up. A module imports from its own part and from lower ones. */
const LEVELS: readonly (readonly string[])[] = [
  ['errors'],
  ['host', 'options'],
  ['elf'],
  ['x86'],
  ['image', 'checks'],
  ['ld'],
  ['rewrite', 'run', 'record'],
  ['inputs', 'kernel', 'report'],
  ['link'],
  ['link.ts', 'check.ts', 'inspect', 'gdb', 'wrap'],
  ['bench', 'config'],
  ['index.ts'],
  ['cli'],
];

const root = resolve(import.meta.dirname, '../../src');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .sort();

/** The part a file belongs to: the first folder below src/, or the file itself. */
const partOf = (file: string): string => file.split('/')[0] ?? file;
const levelOf = (file: string): number => LEVELS.findIndex((parts) => parts.includes(partOf(file)));

interface Import {
  readonly target: string;
  /** `import` and `export … from` run the module at once; a type is erased, `import()` runs it later. */
  readonly kind: 'now' | 'type' | 'later';
}

const IMPORT = /^(?:import|export)\s+(type\s)?(?:[^;']*?from\s+)?'(\.[^']+)'|\bimport\('(\.[^']+)'\)/gm;

/** Files below src/ that a file imports. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(IMPORT)].map(([, type, specifier, later]) => ({
    target: relative(root, resolve(root, dirname(file), specifier ?? later ?? '')).replace(/\.js$/, '.ts'),
    kind: later !== undefined ? 'later' : type !== undefined ? 'type' : 'now',
  }));
}

describe('layers', () => {
  it('finds the sources and their imports', () => {
    expect(files).toContain('cli/main.ts');
    expect(importsOf('cli/main.ts').map(({ target }) => target)).toContain('errors/index.ts');
    expect(importsOf('cli/commands.ts')).toContainEqual({ target: 'cli/commands/run.ts', kind: 'later' });
  });

  it('has a level for every part', () => {
    expect(files.filter((file) => levelOf(file) === -1)).toEqual([]);
  });

  it('has arrows that point down only', () => {
    const upward = files.flatMap((file) =>
      importsOf(file)
        .filter(({ target }) => partOf(target) !== partOf(file) && levelOf(target) >= levelOf(file))
        .map(({ target }) => `${file} -> ${target}`),
    );
    expect(upward).toEqual([]);
  });

  it('keeps UKL out of the ground floor', () => {
    const allowed = ['elf', 'x86', 'errors'];
    const strangers = files
      .filter((file) => ['elf', 'x86'].includes(partOf(file)))
      .flatMap((file) => importsOf(file).filter(({ target }) => !allowed.includes(partOf(target))));
    expect(strangers).toEqual([]);
  });

  it('has no circle of imports', () => {
    const state = new Map<string, 'open' | 'done'>();
    const circles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (state.get(file) === 'open') circles.push([...path, file].join(' -> '));
      if (state.has(file)) return;
      state.set(file, 'open');
      for (const { target, kind } of importsOf(file)) if (kind === 'now') visit(target, [...path, file]);
      state.set(file, 'done');
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });

  it('prints and exits in src/cli only', () => {
    const loud = /\bconsole\.(log|error|warn|info)\b|process\.(exit\b|exitCode|stdout|stderr|abort)/;
    const found = files
      .filter((file) => partOf(file) !== 'cli')
      .filter((file) => loud.test(readFileSync(join(root, file), 'utf8')));
    expect(found).toEqual([]);
  });
});

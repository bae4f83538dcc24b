/** Compiles fixtures to objects, as a user would, and binds them into one program for the ring that is asked for. */
import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { basename } from 'node:path';
import type { Fixture } from './fixtures.js';
import { buildFolder, fixtureFolder } from './paths.js';

/** How objects are compiled: `default` is plain `gcc -c` (PIE), `kernel` the kernel's code model, `mixed` in turns. */
export type Model = 'default' | 'kernel' | 'mixed';

const modelFlags = {
  default: [],
  kernel: ['-mcmodel=kernel', '-mno-red-zone', '-fno-pic'],
} as const;

const warnings = ['-Wall', '-Wextra', '-Werror', '-Wno-infinite-recursion', '-Wno-unused-result'];

/** All fixtures as one program: its `main` starts the one that its own name, or else its first argument, names. */
export interface MultiCall {
  readonly objects: readonly string[];
  readonly libs: readonly string[];
}

/** Compiles every fixture in `model` and the table that finds them. Unchanged sources are not compiled again. */
export async function buildMultiCall(fixtures: readonly Fixture[], model: Model): Promise<MultiCall> {
  const objects = new Map<string, string>();
  const queue = fixtures.map((fixture, at) => ({ fixture, at }));
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { fixture, at } = next;
      const own = model === 'mixed' ? (at % 2 === 0 ? 'default' : 'kernel') : model;
      objects.set(fixture.name, await compileEntry(fixture, own));
    }
  };
  await Promise.all([worker(), worker()]);
  const table = await compileText(
    'multicall',
    dispatchSource(fixtures),
    model === 'kernel' ? model : 'default',
  );
  return {
    objects: [table, ...fixtures.map(({ name }) => objects.get(name) ?? '')],
    libs: [...new Set(fixtures.flatMap(({ libs }) => libs)), ...runtime(fixtures)],
  };
}

function runtime(fixtures: readonly Fixture[]): string[] {
  return fixtures.some(({ language }) => language === 'c++') ? ['-lstdc++', '-lm'] : [];
}

/** One fixture as an object with its own `main`, exactly as `gcc -c` leaves it. */
export async function compileObject(fixture: Fixture, model: Exclude<Model, 'mixed'>): Promise<string> {
  const compiler = fixture.language === 'c' ? 'gcc' : 'g++';
  const flags = ['-O2', '-I', fixtureFolder, ...warnings, ...modelFlags[model], ...fixture.cflags];
  return cached(
    [headers, readFileSync(fixture.path, 'utf8'), compiler, ...flags],
    `${fixture.name}.o`,
    (output) =>
      execa(compiler, [
        ...flags,
        ...(compiler === 'gcc' ? ['-D_GNU_SOURCE'] : []),
        '-c',
        fixture.path,
        '-o',
        output,
      ]),
  );
}

/** All headers that fixtures share, as one text: few enough that a change compiles everything again. */
const headers = readdirSync(fixtureFolder, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.h'))
  .sort()
  .map((path) => readFileSync(`${fixtureFolder}/${path}`, 'utf8'))
  .join('');

/** The same object with `main` renamed, so that many can be linked into one program. */
async function compileEntry(fixture: Fixture, model: Exclude<Model, 'mixed'>): Promise<string> {
  const object = await compileObject(fixture, model);
  const flags = ['--redefine-sym', `main=fixture_${fixture.name}`];
  return cached([object, ...flags], `${fixture.name}.o`, (output) =>
    execa('objcopy', [...flags, object, output]),
  );
}

async function compileText(name: string, source: string, model: Exclude<Model, 'mixed'>): Promise<string> {
  const flags = ['-O2', ...warnings, ...modelFlags[model], '-xc', '-c', '-'];
  return cached([source, ...flags], `${name}.o`, (output) =>
    execa('gcc', [...flags, '-o', output], { input: source }),
  );
}

function dispatchSource(fixtures: readonly Fixture[]): string {
  const names = fixtures.map(({ name }) => name);
  return `#include <stdio.h>
#include <string.h>
typedef int entry(int, char **, char **);
${names.map((name) => `extern entry fixture_${name};`).join('\n')}
static const struct { const char *name; entry *start; } table[] = {
${names.map((name) => `	{"${name}", fixture_${name}},`).join('\n')}
};
static entry *find(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].name, name) == 0)
			return table[i].start;
	return NULL;
}
int main(int argc, char **argv, char **envp)
{
	entry *start = find(argv[0]);
	if (start)
		return start(argc, argv, envp);
	start = argc > 1 ? find(argv[1]) : NULL;
	if (start)
		return start(argc - 1, argv + 1, envp);
	fprintf(stderr, "no such fixture: %s\\n", argc > 1 ? argv[1] : argv[0]);
	return 127;
}
`;
}

/** How an ordinary executable is linked. The kernel's code model reaches the lowest and highest 2 GB: a fixed low address serves all models. */
const EXECUTABLES = { static: ['-static', '-no-pie'], 'static-pie': ['-static-pie'] } as const;

/** Links the same objects as an ordinary executable, for ring 3. */
export async function linkExecutable(
  program: MultiCall,
  form: keyof typeof EXECUTABLES = 'static',
): Promise<string> {
  const flags = [...EXECUTABLES[form], ...program.objects, ...program.libs];
  return cached([...flags], 'ring3', (output) => execa('g++', [...flags, '-o', output]));
}

/** A static helper for the guest (the machine's first process and driver of the suite). */
export async function compileStatic(source: string): Promise<string> {
  const flags = ['-O2', '-static', '-D_GNU_SOURCE', ...warnings];
  return cached([readFileSync(source, 'utf8'), ...flags], basename(source, '.c'), (output) =>
    execa('gcc', [...flags, source, '-o', output]),
  );
}

/** Makes a file once for everything it depends on; the name says what it is, the folder above it of what. */
async function cached(
  inputs: readonly string[],
  name: string,
  make: (output: string) => Promise<unknown>,
): Promise<string> {
  const key = createHash('sha256').update(inputs.join('\0')).digest('hex').slice(0, 20);
  const folder = `${buildFolder}/fixtures/${key}`;
  const path = `${folder}/${name}`;
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const temporary = `${folder}/${process.pid}-${name}`;
  await make(temporary);
  renameSync(temporary, path);
  return path;
}

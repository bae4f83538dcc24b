import { existsSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UklError, linkErrors } from '../errors/index.js';
import type { LinkRecord, RecordedInput } from '../record/format.js';
import { parseProgramArguments, type ProgramArguments } from './arguments.js';
import type { InputFile } from './files.js';
import { itemsOf, type LinkItem } from './items.js';
import type { Opener } from './opener.js';
import { findLibrary } from './search.js';

type LinkedFile = InputFile & { readonly kind: 'linked' };

/**
 * What an executable of the wrappers was linked from, as the same link gives it to ld now: in the recorded order, groups and all. What was a shared
 * library then is an archive now, searched behind all others: where a shared library stands does not matter, and its archive may need any other.
 * Throws UKL2002-2034 when the link cannot be repeated.
 */
export async function recordedItems(file: LinkedFile, opener: Opener): Promise<LinkItem[]> {
  const { record } = file.linked;
  if (record.incomplete !== undefined) {
    throw new UklError(linkErrors.incompleteRecord({ file: file.path }, record.incomplete));
  }
  const unknown: string[] = [];
  const program = argumentsOf(file.path, record, unknown);
  opener.remarks.push(
    ...unknown.map((option) => linkErrors.otherLinkersOption(option, record.linker, { file: file.path })),
  );
  judgeStart(file.path, record, opener);
  opener.settings.push(program);
  const late: LinkItem[] = [];
  const open = async (input: RecordedInput, whole: boolean): Promise<LinkItem[]> => {
    const isLate = 'late' in input && input.late === true;
    const items = await openRecorded(file, input, whole && !isLate, opener, open);
    if (!isLate) return items;
    late.push(...items);
    return [];
  };
  let position = 0;
  const items = await itemsOf(program.inputs, async (_, whole) => {
    const input = record.inputs[position++];
    return input === undefined ? [] : await open(input, whole);
  });
  for (const input of record.needed) await open(input, false);
  return late.length === 0 ? items : [...items, { kind: 'group', items: late }];
}

/**
 * A program that was linked without crt1.o (-nostartfiles) starts by itself. Throws UKL2037 for one that was linked with the crt1.o of another C
 * library: its objects were compiled for that one's data structures.
 */
function judgeStart(file: string, { inputs }: LinkRecord, opener: Opener): void {
  const start = inputs.find(({ kind, path }) => kind === 'none' && /crt1\.o$/.test(path))?.path;
  if (start === undefined) opener.ownStart = true;
  else if (existsSync(start) && findIn(opener.dirs, basename(start), realpathSync(start)) === undefined) {
    throw new UklError(linkErrors.otherLibc(start, { file }));
  }
}

/** The folder's file of this name that is the same file as `real`. */
function findIn(dirs: readonly string[], name: string, real: string): string | undefined {
  return dirs.map((dir) => join(dir, name)).find((path) => existsSync(path) && realpathSync(path) === real);
}

async function openRecorded(
  { path, linked }: LinkedFile,
  input: RecordedInput,
  whole: boolean,
  opener: Opener,
  open: (input: RecordedInput, whole: boolean) => Promise<LinkItem[]>,
): Promise<LinkItem[]> {
  switch (input.kind) {
    case 'own':
      return await opener.content(
        {
          path: `${path}(${input.path})`,
          key: input.key,
          size: input.size,
          bytes: () => linked.contentOf(input),
          memberPaths: [path],
        },
        whole,
      );
    case 'system': {
      const found = findLibrary(input.name, false, opener.dirs);
      if ('path' in found) return await opener.file(found.path, whole);
      if (input.path.endsWith('.a') && existsSync(input.path)) return await opener.file(input.path, whole);
      opener.lacking.push(linkErrors.systemLibraryShared(input.name, { file: path }));
      return [];
    }
    case 'shared':
      opener.lacking.push(linkErrors.ownLibraryShared(input.path, { file: path }));
      return [];
    case 'script': {
      const items: LinkItem[] = [];
      for (const inner of input.inputs) items.push(...(await open(inner, whole)));
      return [{ kind: 'group', items }];
    }
    case 'none':
      return [];
  }
}

/**
 * The recorded arguments, understood. What cannot be meant for a program in the slot is said of the executable. Another linker than GNU ld 2.40 may
 * have known options that are `unknown` here.
 */
function argumentsOf(file: string, { args }: LinkRecord, unknown: string[]): ProgramArguments {
  try {
    return parseProgramArguments(args, unknown);
  } catch (error) {
    if (!(error instanceof UklError)) throw error;
    throw new UklError(error.diagnostics.map((diagnostic) => ({ ...diagnostic, file })));
  }
}

import {
  UklError,
  judgeFindings,
  linkErrors,
  type Diagnostic,
  type WarningOptions,
} from '../errors/index.js';
import { KERNEL_NAME, RewriteCache } from '../rewrite/index.js';
import { mergeSettings, type LinkSettings, type ProgramArguments } from './arguments.js';
import type { InputFile } from './files.js';
import { linkedFindings } from './findings.js';
import type { LinkItem } from './items.js';
import { Opener, programItems } from './opener.js';
import { relocationsOutOfReach } from './reach.js';
import { Resolution, type LinkedObject } from './resolve.js';
import type { Toolchain } from './toolchain.js';
import { undefinedSymbols } from './undefined.js';

/** Everything that takes part in a link, checked: nothing is missing, nothing is defined twice, everything can reach the slot. */
export interface ResolvedInputs {
  readonly items: readonly LinkItem[];
  /** Each file among them once. */
  readonly files: readonly InputFile[];
  /** What options say of the link, those recorded in executables of the wrappers included. */
  readonly settings: LinkSettings;
  /** The objects that ld will take, archive members included. */
  readonly objects: readonly LinkedObject[];
  /**
   * Bytes of memory that the program takes at least, known before it is linked: ld reports a program of gigabytes as relocations out of
   * reach.
   */
  readonly memorySize: number;
  /** Whether an object asks for a stack that can be executed (UKL2111), or an option does. */
  readonly executableStack: boolean;
  readonly warnings: readonly Diagnostic[];
}

/**
 * Opens the program's inputs and the system's start-up files and libraries around them, and resolves symbols as ld will.
 * Throws every problem found, together: UKL1xxx, UKL2006-2013, UKL21xx, UKL6003-6005.
 */
export async function resolveInputs(
  program: ProgramArguments,
  toolchain: Toolchain,
  cache: RewriteCache = new RewriteCache(),
  options: WarningOptions = {},
): Promise<ResolvedInputs> {
  const { findings: all, ...inputs } = await surveyInputs(program, toolchain, cache);
  const findings = judgeFindings(all, options);
  const problems = findings.filter(({ severity }) => severity === 'error');
  if (problems.length > 0) throw new UklError(problems);
  return { ...inputs, warnings: findings.filter(({ severity }) => severity === 'warning') };
}

/** What takes part in a link, whether it can be linked or not. */
export interface SurveyedInputs extends Omit<ResolvedInputs, 'warnings'> {
  /** Everything that is to be said of it: problems, warnings and notes. */
  readonly findings: readonly Diagnostic[];
}

/** Does the work of `resolveInputs`, and throws only for files that cannot be opened. */
export async function surveyInputs(
  program: ProgramArguments,
  toolchain: Toolchain,
  cache: RewriteCache,
): Promise<SurveyedInputs> {
  const opener = new Opener([...program.searchDirs, ...toolchain.libraryDirs], cache);
  const own = await programItems(program, opener);
  const around = async (paths: readonly string[]): Promise<LinkItem[]> =>
    opener.ownStart ? [] : await opener.files(paths);
  const items: LinkItem[] = [
    ...(await around(toolchain.startFiles)),
    ...own,
    { kind: 'group', items: await opener.files(toolchain.systemLibraries) },
    ...(await around(toolchain.endFiles)),
  ];
  // With a file missing or unreadable, every symbol it defines would be reported as undefined as well.
  if (opener.problems.length > 0) throw new UklError(opener.problems);
  await cache.save();

  const settings = mergeSettings(program, opener.settings);
  const resolution = new Resolution(settings);
  for (const item of items) addItem(resolution, item);
  const { objects } = resolution;
  const { missing, lacking } = undefinedIn(resolution, settings, opener);
  const found = await linkedFindings(opener.linked, objects, cache);
  return {
    items,
    files: opener.linked,
    settings,
    memorySize: objects.reduce((sum, { input }) => sum + input.facts.size, 0),
    objects,
    executableStack: settings.executableStack ?? found.some(({ code }) => code === 'UKL2111'),
    findings: [
      ...opener.remarks,
      ...resolution.duplicates,
      ...missing,
      ...lacking,
      ...relocationsOutOfReach(resolution),
      ...kernelNames(resolution),
      ...libraryWarnings(objects),
      ...found,
    ],
  };
}

/**
 * Symbols that nothing defines, and the libraries that are not there: these matter only if a symbol is missing. With --gc-sections it is ld's to say
 * which symbols are, as sections that nothing uses may refer to what they like.
 */
function undefinedIn(
  resolution: Resolution,
  { gcSections }: LinkSettings,
  opener: Opener,
): { readonly missing: readonly Diagnostic[]; readonly lacking: readonly Diagnostic[] } {
  const missing = undefinedSymbols(resolution);
  if (missing.length === 0) return { missing, lacking: [] };
  if (!gcSections) return { missing, lacking: opener.lacking };
  return { missing: [], lacking: opener.lacking.map((each) => ({ ...each, severity: 'warning' })) };
}

function addItem(resolution: Resolution, item: LinkItem): void {
  switch (item.kind) {
    case 'object':
      resolution.addObject(item.file.object);
      break;
    case 'archive':
      if (item.whole) resolution.addWholeArchive(item.file.archive);
      else resolution.addArchive(item.file.archive);
      break;
    case 'group':
      // One round after the other: a later member of the group may need what an earlier one has.
      for (let before = -1; before !== resolution.objects.length;) {
        const first = before < 0;
        before = resolution.objects.length;
        for (const inner of item.items) if (first || inner.kind !== 'object') addItem(resolution, inner);
      }
      break;
  }
}

/** UKL2021 for a program that defines what, with the prefix, is the kernel's. */
function kernelNames(resolution: Resolution): Diagnostic[] {
  const place = resolution.placeOf(KERNEL_NAME);
  return place === undefined ? [] : [linkErrors.kernelName(KERNEL_NAME, place)];
}

/**
 * UKL2017 for every `.gnu.warning.SYMBOL` whose symbol an object needs: glibc says so that a static program's getaddrinfo() needs shared
 * libraries at run time. ld does not see the connection any more once symbols are prefixed.
 */
function libraryWarnings(objects: readonly LinkedObject[]): Diagnostic[] {
  const texts = new Map(objects.flatMap(({ input }) => input.facts.warnings));
  if (texts.size === 0) return [];
  return objects.flatMap(({ input }) =>
    input.facts.needed.flatMap((name) => {
      const text = texts.get(name);
      return text === undefined ? [] : [linkErrors.libraryWarning(name, text, input.elf.origin)];
    }),
  );
}

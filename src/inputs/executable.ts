import { closeSync, openSync, readSync } from 'node:fs';
import { CHECKS_VERSION, diagnosticOf, findingsOfExecutable, type Finding } from '../checks/index.js';
import { ET, PF, PT, readElf, type ElfFile } from '../elf/index.js';
import { checkErrors, type Diagnostic } from '../errors/index.js';
import { LINK_SECTION } from '../record/format.js';
import { contentKey, type RewriteCache } from '../rewrite/index.js';
import type { ProgramArguments } from './arguments.js';
import { kindOfLinked } from './linkable.js';
import { readInput } from './thin.js';

/** A finished static-PIE executable, which goes into the slot as it is. */
export interface Executable {
  readonly path: string;
  readonly elf: ElfFile;
  /** Whether the command line asks for a program without symbols. */
  readonly stripAll: boolean;
}

/**
 * The executable, if the command line names a static PIE and nothing else. One that ukl-gcc has linked is none: it says what it was linked from. Of any other file only the first bytes are read; what is wrong with it is said
 * when it is opened as an input of a link. Throws UKL6005, UKL1xxx for a damaged one.
 */
export function openExecutable({ inputs, stripAll, ...settings }: ProgramArguments): Executable | undefined {
  const [only, ...others] = inputs;
  const { wanted, wrapped, defined, entry } = settings;
  const asks = wanted.length + wrapped.length + defined.length > 0 || entry !== undefined;
  if (only?.kind !== 'file' || others.length > 0 || asks) return undefined;
  const { path } = only;
  if (fileType(path) !== ET.DYN) return undefined;
  const elf = readElf(readInput(path), { file: path });
  if (kindOfLinked(elf) !== 'static PIE' || elf.sectionNamed(LINK_SECTION) !== undefined) return undefined;
  return { path, elf, stripAll };
}

/** Bytes up to the end of e_type, and where it is. */
const IDENT_SIZE = 18;
const E_TYPE = 16;

/** e_type of a file that begins as an ELF file does; undefined for any other, and for one that cannot be read. */
function fileType(path: string): number | undefined {
  const start = Buffer.alloc(IDENT_SIZE);
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    // Whoever opens it as an input says why.
    return undefined;
  }
  try {
    readSync(file, start);
  } catch {
    return undefined;
  } finally {
    closeSync(file);
  }
  return start.toString('latin1', 0, 4) === '\x7fELF' ? start.readUInt16LE(E_TYPE) : undefined;
}

/** What there is to say of an executable that runs in ring 0. What was found in its code is kept in the cache by its content. Throws UKL6003-6005. */
export async function executableFindings(
  { path, elf }: Executable,
  cache: RewriteCache,
): Promise<Diagnostic[]> {
  const key = cache.known(path)?.key ?? contentKey([elf.bytes]);
  const name = `${key}.${CHECKS_VERSION}.executable`;
  const found = JSON.parse(
    await cache.readOr(name, () => JSON.stringify(findingsOfExecutable(elf))),
  ) as Finding[];
  cache.remember(path, key);
  await cache.save();
  const stack = elf.segments.find(({ type }) => type === PT.GNU_STACK);
  return [
    ...found.map((finding) => diagnosticOf(finding, elf.origin)),
    ...(stack !== undefined && (stack.flags & PF.X) !== 0 ? [checkErrors.executableStack(elf.origin)] : []),
    ...(elf.symbols === undefined ? [checkErrors.codeWithoutSymbols(elf.origin)] : []),
  ];
}

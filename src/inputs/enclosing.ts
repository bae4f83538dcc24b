import { STT, type ElfFile, type SymbolTable } from '../elf/index.js';

/** From an offset of a section on, up to the next one: the function that is innermost there (0: none), and where it ends. */
interface Piece {
  readonly start: number;
  readonly symbol: number;
  readonly end: number;
}

/** Pieces by section and in order: an object may have as many references as functions, so each is looked up by halving. */
type Functions = ReadonlyMap<number, readonly Piece[]>;

const known = new WeakMap<ElfFile, Functions>();

/** The function of this object that covers an offset of one of its sections, the innermost if there are several. For messages. */
export function functionAt(elf: ElfFile, section: number, offset: number): string | undefined {
  const { symbols } = elf;
  if (symbols === undefined) return undefined;
  let functions = known.get(elf);
  if (functions === undefined) known.set(elf, (functions = functionsOf(symbols)));
  const pieces = functions.get(section) ?? [];
  let low = 0;
  for (let high = pieces.length; low < high;) {
    const middle = (low + high) >>> 1;
    if ((pieces[middle]?.start ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  const piece = pieces[low - 1];
  return piece !== undefined && offset < piece.end ? symbols.name(piece.symbol) : undefined;
}

function functionsOf(symbols: SymbolTable): Functions {
  const bySection = new Map<number, Piece[]>();
  for (let symbol = 1; symbol < symbols.length; symbol++) {
    const section = symbols.type(symbol) === STT.FUNC ? symbols.sectionIndex(symbol) : undefined;
    if (section === undefined) continue;
    const start = symbols.valueNumber(symbol);
    const piece = { start, symbol, end: start + symbols.size(symbol) };
    const others = bySection.get(section);
    if (others === undefined) bySection.set(section, [piece]);
    else others.push(piece);
  }
  return new Map([...bySection].map(([section, functions]) => [section, innermost(functions)]));
}

/** Cuts functions that lie in one another into pieces; of two names for the same bytes the first counts. */
function innermost(functions: Piece[]): Piece[] {
  functions.sort((a, b) => a.start - b.start || b.end - a.end || b.symbol - a.symbol);
  const pieces: Piece[] = [];
  const open: Piece[] = [];
  const closeUpTo = (offset: number): void => {
    for (let top = open.at(-1); top !== undefined && top.end <= offset; top = open.at(-1)) {
      open.pop();
      const outer = open.at(-1);
      if (outer !== undefined) pieces.push({ ...outer, start: top.end });
    }
  };
  for (const one of functions) {
    closeUpTo(one.start);
    if (one.end === one.start) continue;
    open.push(one);
    pieces.push(one);
  }
  closeUpTo(Number.POSITIVE_INFINITY);
  return pieces;
}

/** One `memmove()` of the boot stub's parse_elf(): payload bytes to their place in memory, both counted from `output`. */
export interface Move {
  readonly from: number;
  readonly to: number;
  readonly size: number;
}

/** Two moves, or a move and the relocations, that get into each other's way. */
export interface MoveConflict {
  /** Index of the move that destroys something. */
  readonly move: number;
  /** Index of the later move whose source it destroys, or `relocations`. */
  readonly victim: number | 'relocations';
}

const overlap = (aStart: number, aSize: number, bStart: number, bSize: number): boolean =>
  aSize > 0 && bSize > 0 && aStart < bStart + bSize && bStart < aStart + aSize;

/**
 * Finds a move that overwrites bytes which are still to be read: the source of a later move, or the relocations
 * (read last, backwards from the payload's end by handle_relocations()). The payload is decompressed to the very
 * place the kernel will run at, so nothing but order and position protects a source. Program headers need no
 * check: parse_elf() copies them before the first move.
 *
 * @param relocations - payload offsets of the relocation table, [start, end)
 */
export function findMoveConflict(
  moves: readonly Move[],
  relocations: { readonly start: number; readonly end: number },
): MoveConflict | undefined {
  for (const [index, move] of moves.entries()) {
    for (let later = index + 1; later < moves.length; later++) {
      const other = moves[later];
      if (other !== undefined && overlap(move.to, move.size, other.from, other.size))
        return { move: index, victim: later };
    }
    if (overlap(move.to, move.size, relocations.start, relocations.end - relocations.start))
      return { move: index, victim: 'relocations' };
  }
  return undefined;
}

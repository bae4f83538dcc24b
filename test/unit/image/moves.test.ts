import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findMoveConflict } from '../../../src/image/moves.js';
import { layOutPayload } from '../../../src/image/payload-layout.js';

const NOWHERE = { start: 1e6, end: 1e6 };

describe('findMoveConflict', () => {
  it('finds a move that destroys a later source, or the relocations', () => {
    const first = { from: 0, to: 100, size: 50 };
    expect(findMoveConflict([first, { from: 149, to: 500, size: 1 }], NOWHERE)).toEqual({
      move: 0,
      victim: 1,
    });
    expect(findMoveConflict([first, { from: 150, to: 500, size: 9 }], NOWHERE)).toBeUndefined();
    expect(findMoveConflict([first, { from: 90, to: 500, size: 10 }], NOWHERE)).toBeUndefined();
    expect(findMoveConflict([first], { start: 149, end: 160 })).toEqual({ move: 0, victim: 'relocations' });
    expect(findMoveConflict([first], { start: 150, end: 160 })).toBeUndefined();
  });

  it('does not mind a move onto its own source, an earlier one, or of nothing', () => {
    expect(findMoveConflict([{ from: 100, to: 90, size: 50 }], NOWHERE)).toBeUndefined();
    expect(
      findMoveConflict(
        [
          { from: 0, to: 500, size: 50 },
          { from: 200, to: 0, size: 50 },
        ],
        NOWHERE,
      ),
    ).toBeUndefined();
    expect(
      findMoveConflict(
        [
          { from: 0, to: 100, size: 0 },
          { from: 90, to: 300, size: 50 },
        ],
        NOWHERE,
      ),
    ).toBeUndefined();
  });

  it('misses nothing that doing the moves destroys', () => {
    const move = fc.record({
      from: fc.integer({ min: 0, max: 60 }),
      to: fc.integer({ min: 0, max: 60 }),
      size: fc.integer({ min: 0, max: 20 }),
    });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 5 }), fc.integer({ min: 0, max: 76 }), (moves, start) => {
        const memory = Uint8Array.from({ length: 80 }, (_, at) => at);
        const conflict = findMoveConflict(moves, { start, end: start + 4 });
        let destroyed = false;
        for (const { from, to, size } of moves) {
          // Bytes hold their own address: what is read must still be the source.
          destroyed ||= memory.subarray(from, from + size).some((byte, at) => byte !== from + at);
          memory.copyWithin(to, from, from + size);
        }
        destroyed ||= memory.subarray(start, start + 4).some((byte, at) => byte !== start + at);
        if (destroyed) expect(conflict).toBeDefined();
      }),
      { numRuns: 2000 },
    );
  });
});

describe('layOutPayload', () => {
  it('never needs a move that destroys something, wherever the slot is and however full', () => {
    const mib = 1 << 20;
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 * mib }), { minLength: 1, maxLength: 5 }),
        fc.array(fc.integer({ min: 0, max: 3 * mib }), { minLength: 5, maxLength: 5 }),
        fc.integer({ min: 1, max: 600 * mib }),
        (sizes, gaps, programSize) => {
          let end = 0;
          const loads = sizes.map((size, index) => {
            const load = { offset: end, size };
            end += size + gaps[index]!;
            return load;
          });
          const slot = Math.ceil(end / (2 * mib)) * 2 * mib;
          const { shift, tailStart } = layOutPayload(loads, slot);
          expect(tailStart % (8 * mib)).toBe(0);
          expect(shift).toBeGreaterThanOrEqual(2 * mib);
          expect(tailStart).toBe(slot + shift);
          const moves = [...loads, { offset: slot, size: programSize }].map(({ offset, size }) => ({
            from: offset + shift,
            to: offset,
            size,
          }));
          const tail = tailStart + programSize;
          expect(findMoveConflict(moves, { start: tail, end: tail + 100 })).toBeUndefined();
        },
      ),
    );
  });

  it('refuses a slot that is not behind everything', () => {
    expect(() => layOutPayload([{ offset: 0, size: (2 << 20) + 1 }], 2 << 20)).toThrow(RangeError);
    expect(() => layOutPayload([], 4096)).toThrow(RangeError);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { definerIn, formatDefiners } from '../../../src/inputs/definers.js';

/** Names that are each other's beginnings, hold what separates entries, quotes and more. */
const names = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', '"', ' ', '\t', '\\', '\n', '1', 'ü') }),
  fc.string({ unit: 'binary' }),
);

describe('the index of an archive as text', () => {
  it('names the same member for every symbol, and none for others', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(names, fc.nat(5000))), fc.array(names), (pairs, others) => {
        const definers = new Map(pairs);
        const line = formatDefiners(definers);
        expect(line).not.toContain('\n');
        for (const name of [...definers.keys(), ...others]) {
          expect(definerIn(line, name)).toBe(definers.get(name));
        }
      }),
    );
  });

  it('finds nothing where there is nothing', () => {
    expect(definerIn(formatDefiners(new Map()), 'a')).toBeUndefined();
    expect(definerIn(formatDefiners(new Map()), '')).toBeUndefined();
  });
});

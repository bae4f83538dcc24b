import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32, crc32Portable } from '../../../src/image/crc32.js';

describe('crc32', () => {
  it('gives the published check value', () => {
    expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
    expect(crc32Portable(Buffer.from('123456789'))).toBe(0xcbf43926);
  });

  it('is the same in plain JavaScript as in zlib, in one piece or in two', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.uint8Array({ maxLength: 500 }), (a, b) => {
        const whole = crc32(Buffer.concat([a, b]));
        expect(crc32(b, crc32(a))).toBe(whole);
        expect(crc32Portable(b, crc32Portable(a))).toBe(whole);
      }),
    );
  });
});

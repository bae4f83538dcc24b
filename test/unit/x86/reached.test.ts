import { describe, expect, it } from 'vitest';
import { ReachedCode } from '../../../src/x86/index.js';

/** All calls come back, all targets are as encoded. */
const PLAIN = { target: (encoded: number): number => encoded, returns: (): boolean => true };

const begun = (code: ReachedCode, size: number): number[] =>
  Array.from({ length: size }, (_, i) => i).filter((offset) => code.begins(offset));

describe('reached code', () => {
  it('goes through branches and calls, and stops where control does not go on', () => {
    // 0: je 4; 2: jmp 7; 4: call 10; 9: ret; 10: ud2; 12: nop
    const bytes = Uint8Array.of(0x74, 2, 0xeb, 3, 0xe8, 1, 0, 0, 0, 0xc3, 0x0f, 0x0b, 0x90);
    const code = new ReachedCode(bytes, [0], PLAIN);
    expect(begun(code, bytes.length)).toEqual([0, 2, 4, 7, 9, 10]);
    expect([...code.targets].sort((a, b) => a - b)).toEqual([4, 7, 10]);
  });

  it('asks whether a call returns and where a branch goes', () => {
    // 0: call 5; 5: nop; 6: ret
    const bytes = Uint8Array.of(0xe8, 0, 0, 0, 0, 0x90, 0xc3);
    const code = new ReachedCode(bytes, [0], { target: () => 6, returns: () => false });
    expect(begun(code, bytes.length)).toEqual([0, 6]);
    expect(begun(new ReachedCode(bytes, [0], { ...PLAIN, target: () => undefined }), 7)).toEqual([0, 5, 6]);
  });

  it('lists indirect jumps, which lead nowhere', () => {
    const code = new ReachedCode(Uint8Array.of(0x90, 0xff, 0xe0, 0x90), [0], PLAIN);
    expect(code.indirectJumps).toEqual([1]);
    expect(code.begins(3)).toBe(false);
  });

  it('knows bytes of which two instructions make use', () => {
    // 0: jmp 3; 2: mov $imm32,%eax whose last four bytes are 3: nop; 4: nop; 5: ret
    const bytes = Uint8Array.of(0x74, 1, 0xb8, 0x90, 0x90, 0xc3, 0x90, 0xc3);
    const code = new ReachedCode(bytes, [0], PLAIN);
    expect(begun(code, bytes.length)).toEqual([0, 2, 3, 4, 5, 7]);
    expect(code.isContested(0, 3)).toBe(false);
    expect(code.isContested(2, 4)).toBe(true);
    expect(code.isContested(7, 8)).toBe(false);
  });

  it('ends at bytes that are no instruction, and outside of the bytes', () => {
    const code = new ReachedCode(Uint8Array.of(0x90, 0x06, 0x90), [0, -1, 9], PLAIN);
    expect(begun(code, 3)).toEqual([0]);
    expect(new ReachedCode(Uint8Array.of(0xeb, 0x50), [0], PLAIN).begins(0)).toBe(true);
  });
});

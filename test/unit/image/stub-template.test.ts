import { describe, expect, it } from 'vitest';
import { initSize, wrapPayload, type StubTemplate } from '../../../src/image/boot-stub.js';
import { deriveStubTemplate, splitStub, type LinkedStub } from '../../../src/image/stub-template.js';
import { crc32 } from '../../../src/image/crc32.js';

const KERNEL_SIZE = 0x5000000;

/** The kernel's own formula (arch/x86/boot/header.S), written as it stands there. */
function headerInitSize(inputLen: number, outputLen: number, end: number, ehead: number): number {
  const extra = (outputLen >> 8) + 131072;
  const extractOffset = outputLen > inputLen ? outputLen + extra - inputLen : extra;
  const minExtractOffset = ehead > extractOffset ? (ehead + 4095) & ~4095 : (extractOffset + 4095) & ~4095;
  const zoInitSize = end + minExtractOffset;
  return zoInitSize > KERNEL_SIZE ? zoInitSize : KERNEL_SIZE;
}

/** What "links" the stub: words of every kind at odd places, one of them in two bytes that a carry reaches. */
function link(payloadSize: number, outputSize: number, twist = 0): LinkedStub {
  const setup = Buffer.alloc(1024, 0x11);
  setup.writeUInt8(1, 0x1f1);
  setup.writeUInt16LE(0xaa55, 0x1fe);
  setup.write('HdrS', 0x202, 'latin1');
  setup.writeUInt16LE(0x20f, 0x206);
  const head = Buffer.alloc(301, 0x22);
  const body = Buffer.alloc(2003, 0x33);
  const stubEnd = payloadSize + 0x40000;
  setup.writeUInt32LE((head.length + payloadSize + body.length) >>> 4, 0x1f4);
  setup.writeUInt32LE(head.length, 0x248);
  setup.writeUInt32LE(payloadSize, 0x24c);
  setup.writeUInt32LE(headerInitSize(payloadSize, outputSize, stubEnd, head.length), 0x260);
  setup.writeUInt32LE(payloadSize + 0xff0, 0x268);
  head.writeUInt32LE(payloadSize + 0xfff, 19);
  head.writeUInt32LE(payloadSize + 0x123456, 23);
  head.writeInt32LE(-payloadSize - 77, 100);
  body.writeInt32LE(-payloadSize - 0x1001, 3);
  body.writeUInt32LE(payloadSize, 1990);
  body.writeUInt32LE(outputSize, 1994);
  body.writeUInt32LE(0x1000 + twist, 700);
  const image = Buffer.concat([setup, head, Buffer.alloc(payloadSize), body]);
  image.writeUInt32LE(~crc32(image.subarray(0, -4)) >>> 0, image.length - 4);
  return { image, payloadSize, outputSize, stubEnd, headEnd: head.length };
}

const BASE = link(0x10000, 0x2000000);
const OTHERS = [link(0x11000, 0x2000000), link(0x6a7000, 0x2000000), link(0x10000, 0x3412340)];

describe('deriveStubTemplate', () => {
  it('finds every word that depends on the payload, and what it depends on', () => {
    const { template, unexplained } = deriveStubTemplate(BASE, OTHERS, KERNEL_SIZE);
    expect(unexplained).toEqual([]);
    expect(template.words).toEqual([
      { part: 'setup', at: 0x1f4, of: 'payload/16' },
      { part: 'setup', at: 0x24c, of: 'payload' },
      { part: 'setup', at: 0x268, of: 'payload' },
      { part: 'head', at: 19, of: 'payload' },
      { part: 'head', at: 23, of: 'payload' },
      { part: 'head', at: 100, of: '-payload' },
      { part: 'body', at: 3, of: '-payload' },
      { part: 'body', at: 1990, of: 'payload' },
      { part: 'body', at: 1994, of: 'output' },
    ]);
  });

  it('makes files that equal linked ones of other sizes', () => {
    const { template } = deriveStubTemplate(BASE, OTHERS, KERNEL_SIZE);
    for (const [payload, output] of [
      [0x1234000, 0x2345678],
      [0x1000, 0x40000001],
      [0x222000, 0x1000],
      [0x900000, 0x900000],
    ] as const) {
      const made = wrapPayload(template, splitStub(BASE), [Buffer.alloc(payload)], output);
      expect(Buffer.from(made).equals(link(payload, output).image), `${payload} ${output}`).toBe(true);
    }
  });

  it('reports a difference that it cannot explain', () => {
    const strange = [...OTHERS.slice(0, 2), link(0x10000, 0x3412340, 5)];
    expect(deriveStubTemplate(BASE, strange, KERNEL_SIZE).unexplained).toEqual([{ part: 'body', at: 700 }]);
    const longer = { ...OTHERS[0]!, image: Buffer.concat([OTHERS[0]!.image, Buffer.alloc(16)]) };
    expect(deriveStubTemplate(BASE, [longer], KERNEL_SIZE).unexplained).toContainEqual({
      part: 'body',
      at: 2003,
    });
  });
});

describe('initSize', () => {
  it('follows the formula of header.S in each of its branches', () => {
    const template: StubTemplate = {
      payloadSize: 0x100000,
      words: [],
      stubEnd: 0x140000,
      headEnd: 0x300,
      kernelSize: KERNEL_SIZE,
    };
    for (const [payload, output] of [
      [0x600000, 0x1800000],
      [0x600000, 0x5000000],
      [0x5000000, 0x1000000],
      [0x5001000, 0x5001000],
      [0x100000, 0],
    ] as const)
      expect(initSize(template, payload, output)).toBe(
        headerInitSize(payload, output, payload + 0x40000, 0x300),
      );
    expect(initSize({ ...template, headEnd: 0x3000001 }, 0x5000000, 0)).toBe(
      headerInitSize(0x5000000, 0, 0x5040000, 0x3000001),
    );
  });
});

describe('wrapPayload', () => {
  it('takes whole pages only', () => {
    const { template } = deriveStubTemplate(BASE, OTHERS, KERNEL_SIZE);
    expect(() => wrapPayload(template, splitStub(BASE), [Buffer.alloc(4095)], 1)).toThrow(RangeError);
  });
});

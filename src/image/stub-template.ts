import type { StubBytes, StubPart, StubQuantity, StubTemplate, StubWord } from './boot-stub.js';
import { readSetupHeader, SETUP_HEADER } from './setup-header.js';

/** A bzImage as the kernel's own build makes it of a payload of a given size. */
export interface LinkedStub {
  readonly image: Uint8Array;
  readonly payloadSize: number;
  /** What the payload says it decompresses to. */
  readonly outputSize: number;
  /** `ZO__end` and `ZO__ehead` (zoffset.h). */
  readonly stubEnd: number;
  readonly headEnd: number;
}

/** A difference between two links of the boot stub that nothing explains. */
export interface UnexplainedWord {
  readonly part: StubPart;
  readonly at: number;
}

/** The stub's bytes around its payload. The CRC, which covers the payload, is part of `body`. */
export function splitStub(stub: LinkedStub): StubBytes {
  const { setupSize, payloadAt } = readSetupHeader(stub.image);
  return {
    setup: stub.image.subarray(0, setupSize),
    head: stub.image.subarray(setupSize, payloadAt),
    body: stub.image.subarray(payloadAt + stub.payloadSize),
  };
}

const QUANTITIES: readonly StubQuantity[] = ['payload', '-payload', 'payload/16', 'output'];

/** What a word that is `value` in the base link has to be in another one, modulo 2^32. */
function expected(of: StubQuantity, value: number, base: LinkedStub, other: LinkedStub): number {
  const growth = other.payloadSize - base.payloadSize;
  switch (of) {
    case 'payload':
      return (value + growth) >>> 0;
    case '-payload':
      return (value - growth) >>> 0;
    case 'payload/16':
      return (value + growth / 16) >>> 0;
    case 'output':
      return other.outputSize;
  }
}

/** Bytes of a part that are computed instead of patched. */
function isComputed(part: StubPart, at: number, size: number): boolean {
  if (part === 'setup') return at >= SETUP_HEADER.init_size && at < SETUP_HEADER.init_size + 4;
  return part === 'body' && at >= size - 4;
}

/**
 * Finds the words that depend on the payload's size, by comparing links of the stub with several sizes. Nothing is
 * assumed about where they are or how many: every byte that differs must belong to exactly one word that one
 * quantity explains in all links. What a future kernel adds is thus either found or reported, never missed.
 *
 * @param base - its bytes become the template's
 * @param others - at least one of another payload size and one of another output size
 */
function findWords(
  base: LinkedStub,
  others: readonly LinkedStub[],
): { readonly words: StubWord[]; readonly unexplained: UnexplainedWord[] } {
  const words: StubWord[] = [];
  const unexplained: UnexplainedWord[] = [];
  const baseBytes = splitStub(base);
  const otherBytes = others.map(splitStub);
  for (const part of ['setup', 'head', 'body'] as const) {
    const bytes = Buffer.from(baseBytes[part]);
    const variants = otherBytes.map((other) => Buffer.from(other[part]));
    if (variants.some((variant) => variant.length !== bytes.length)) {
      unexplained.push({ part, at: Math.min(bytes.length, ...variants.map((variant) => variant.length)) });
      continue;
    }
    const explains = (at: number, of: StubQuantity): boolean =>
      others.every(
        (other, index) =>
          variants[index]!.readUInt32LE(at) === expected(of, bytes.readUInt32LE(at), base, other),
      ) &&
      (of !== 'output' || bytes.readUInt32LE(at) === base.outputSize);
    for (let at = 0; at < bytes.length; at++) {
      if (isComputed(part, at, bytes.length)) continue;
      if (variants.every((variant) => variant[at] === bytes[at])) continue;
      const found: StubWord[] = [];
      for (let start = Math.max(0, at - 3); start <= Math.min(at, bytes.length - 4); start++)
        for (const of of QUANTITIES) if (explains(start, of)) found.push({ part, at: start, of });
      const word = found[0];
      if (word === undefined || found.length > 1) {
        unexplained.push({ part, at });
      } else {
        words.push(word);
        at = word.at + 3;
      }
    }
  }
  return { words, unexplained };
}

/**
 * Makes a template of the boot stub from several links of it.
 *
 * @param kernelSize - `VO_INIT_SIZE`, `_end - _text`
 */
export function deriveStubTemplate(
  base: LinkedStub,
  others: readonly LinkedStub[],
  kernelSize: number,
): { readonly template: StubTemplate; readonly unexplained: readonly UnexplainedWord[] } {
  const { words, unexplained } = findWords(base, others);
  const { payloadSize, stubEnd, headEnd } = base;
  return { template: { payloadSize, words, stubEnd, headEnd, kernelSize }, unexplained };
}

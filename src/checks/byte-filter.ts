/**
 * Whether code can hold an instruction that src/checks looks for, by its bytes alone: most functions cannot, and need no decoding. Every such
 * instruction has one of these bytes or pairs of bytes (Intel SDM volume 2, appendix A), wherever it begins; the test errs on the side of
 * decoding.
 */
export function mayMatter(code: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = code[at] ?? 0;
    const kind = KIND[byte];
    if (kind === ALONE) return true;
    if (kind === ESCAPE && SECOND[code[at + 1] ?? 0] === 1) return true;
    if (kind === FAR && isFar(code[at + 1] ?? 0)) return true;
    if (kind === OPERAND && isBelow(code, at)) return true;
  }
  return false;
}

const ALONE = 1;
const ESCAPE = 2;
const FAR = 3;
const OPERAND = 4;

/** One-byte opcodes and the %gs prefix. */
const OPCODES = [
  ...[0x65, 0x6c, 0x6d, 0x6e, 0x6f, 0x8e, 0x9c, 0x9d, 0xca, 0xcb, 0xcd, 0xcf],
  ...[0xe4, 0xe5, 0xe6, 0xe7, 0xec, 0xed, 0xee, 0xef, 0xf4, 0xfa, 0xfb],
];

/** Second bytes behind 0F. 38 and 3A stand for whole tables. */
const SECOND_OPCODES = [
  ...[0x00, 0x01, 0x06, 0x07, 0x08, 0x09, 0x0e, 0x20, 0x21, 0x22, 0x23, 0x24, 0x26, 0x30, 0x32, 0x34, 0x35],
  ...[0x36, 0x37, 0x38, 0x3a, 0x78, 0x79, 0xa9, 0xaa, 0xae, 0xb5, 0xc7],
];

const KIND = new Uint8Array(256);
for (const opcode of OPCODES) KIND[opcode] = ALONE;
KIND[0x0f] = ESCAPE;
KIND[0xff] = FAR;
// ModR/M with mod 01 or 10, and r/m 100 (an SIB byte follows) or 101 (%rbp).
for (let modrm = 0x40; modrm < 0xc0; modrm++)
  if ((modrm & 6) === 4) KIND[modrm] = KIND[modrm] === ALONE ? ALONE : OPERAND;

const SECOND = new Uint8Array(256);
for (const opcode of SECOND_OPCODES) SECOND[opcode] = 1;

/** ModR/M of FF /3 and FF /5: far call and jump, which take their target from memory. */
function isFar(modrm: number): boolean {
  const operation = (modrm >> 3) & 7;
  return modrm < 0xc0 && (operation === 3 || operation === 5);
}

/** A ModR/M byte with a negative displacement from %rsp or %rbp, should one begin here. */
function isBelow(code: Uint8Array, modrm: number): boolean {
  const byte = code[modrm] ?? 0;
  const hasSib = (byte & 7) === 4;
  if (hasSib && ((code[modrm + 1] ?? 0) & 6) !== 4) return false;
  const displacement = modrm + (hasSib ? 2 : 1);
  const sign = byte < 0x80 ? displacement : displacement + 3;
  return (code[sign] ?? 0) >= 0x80;
}

import { gunzipSync, gzipSync } from 'node:zlib';
import type { Random } from '../random.js';
import { byteMutations, type Mutation } from './bytes.js';

const BLOCK = 512;

/** Fields of a tar header that decide what becomes of an entry: [offset, size]. */
const FIELDS = [
  [0, 100],
  [100, 8],
  [124, 12],
  [124, 12],
  [136, 12],
  [156, 1],
  [156, 1],
  [157, 100],
  [257, 8],
  [345, 155],
] as const;

const NAMES = [
  '../x',
  '/etc/x',
  'a/../../x',
  '',
  '.',
  'boot',
  'manifest.json',
  'constructor',
  'boot/part/x',
  'y'.repeat(99),
];
const NUMBERS = [
  '00000000000',
  '77777777777',
  '00000001000',
  '-0000000001',
  '           ',
  '\x80\0\0\0\0\0\0\x7f\xff\xff\xff',
];

/** Offsets of the headers, found by their magic. */
function headersOf(tar: Buffer): number[] {
  const found: number[] = [];
  for (let at = 0; at + BLOCK <= tar.length; at += BLOCK) {
    if (tar.toString('latin1', at + 257, at + 262) === 'ustar') found.push(at);
  }
  return found;
}

/** What a reader checks before it believes anything else. */
function setChecksum(tar: Buffer, header: number): void {
  tar.fill(0x20, header + 148, header + 156);
  let sum = 0;
  for (let at = header; at < header + BLOCK; at++) sum += tar[at] ?? 0;
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, header + 148, 'latin1');
}

const damages: readonly ((tar: Buffer, random: Random) => Buffer)[] = [
  function lieInHeader(tar, random) {
    const headers = headersOf(tar);
    if (headers.length === 0) return tar;
    const header = random.pick(headers);
    const [at, size] = random.pick(FIELDS);
    const types = ['0', '1', '2', '3', '5', 'L', 'x', 'g', 'K', '7', '\0'];
    const text = random.pick(size === 1 ? types : size > 12 ? NAMES : NUMBERS);
    tar.fill(0, header + at, header + at + size);
    tar.write(text.slice(0, size), header + at, 'latin1');
    setChecksum(tar, header);
    return tar;
  },
  function repeatEntry(tar, random) {
    const headers = headersOf(tar);
    if (headers.length < 2) return tar;
    const i = random.below(headers.length - 1);
    const entry = tar.subarray(headers[i], headers[i + 1]);
    const at = random.pick(headers);
    return Buffer.concat([tar.subarray(0, at), entry, tar.subarray(at)]);
  },
  function removeEntry(tar, random) {
    const headers = headersOf(tar);
    if (headers.length < 2) return tar;
    const i = random.below(headers.length - 1);
    return Buffer.concat([tar.subarray(0, headers[i]), tar.subarray(headers[i + 1])]);
  },
  /** As it was, but packed by another hand. */
  function repack(tar) {
    return tar;
  },
  function anywhere(tar, random) {
    return Buffer.from(random.pick(byteMutations)(tar, random));
  },
  /** Much of nothing in an entry, which costs a few bytes packed. */
  function inflate(tar, random) {
    const header = headersOf(tar)[0];
    if (header === undefined) return tar;
    const bomb = Buffer.from(tar.subarray(header, header + BLOCK));
    const size = random.pick([1 << 20, 32 << 20]);
    bomb.write(`zeros${'\0'.repeat(95)}`, 0, 'latin1');
    bomb.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
    setChecksum(bomb, 0);
    return Buffer.concat([bomb, Buffer.alloc(size), tar]);
  },
];

/** A gzipped tar whose content was changed and packed again. */
export const tarMutations: readonly Mutation[] = [
  function changeTar(bytes, random) {
    let tar: Buffer;
    try {
      tar = gunzipSync(bytes);
    } catch {
      return bytes;
    }
    return new Uint8Array(gzipSync(random.pick(damages)(tar, random), { level: 1 }));
  },
];

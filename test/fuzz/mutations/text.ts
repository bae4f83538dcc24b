import type { Random } from '../random.js';
import type { Mutation } from './bytes.js';

/** What may stand where a JSON document has a value. */
const VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    0,
    -1,
    1.5,
    1e300,
    2 ** 53,
    2 ** 32,
    '',
    '0x',
    '0xffffffffffffffff',
    'x'.repeat(5000),
    '..',
  ],
  ...['../../etc/passwd', '/etc/passwd', 'a\0b', '__proto__', 'constructor', [], {}, [[]], { size: 1 }],
];

const NAMES = ['__proto__', 'constructor', '', '..', '../x', '/x', 'a/../b', 'a\0b', 'boot', 'manifest.json'];

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;

/** Some object or array within a document, the document itself included. */
function somewhere(json: Json, random: Random): Json {
  let at = json;
  for (;;) {
    const inner = Object.values(at).filter(isObject);
    if (inner.length === 0 || random.below(3) === 0) return at;
    at = random.pick(inner);
  }
}

/** A mutation of a parsed document; text that is no JSON any more stays as it is. */
const ofJson =
  (change: (place: Json, random: Random) => void): Mutation =>
  (bytes, random) => {
    let json: unknown;
    try {
      json = JSON.parse(Buffer.from(bytes).toString('utf8'));
    } catch {
      return bytes;
    }
    if (!isObject(json)) return bytes;
    change(somewhere(json, random), random);
    return new Uint8Array(Buffer.from(JSON.stringify(json)));
  };

/** A JSON document that says something else. */
export const jsonMutations: readonly Mutation[] = [
  ofJson((place, random) => {
    const keys = Object.keys(place);
    if (keys.length > 0) place[random.pick(keys)] = random.pick(VALUES);
  }),
  ofJson((place, random) => {
    const keys = Object.keys(place);
    if (keys.length > 0) delete place[random.pick(keys)];
  }),
  ofJson((place, random) => {
    const value = random.pick([...VALUES, ...Object.values(place)]);
    Object.defineProperty(place, random.pick(NAMES), { value, enumerable: true, configurable: true });
  }),
];

/** Some field of eight hexadecimal digits, as cpio headers have them, says something else. */
export const hexMutations: readonly Mutation[] = [
  function lieInHexField(bytes, random) {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const headers: number[] = [];
    for (let at = buffer.indexOf('07070'); at >= 0; at = buffer.indexOf('07070', at + 1)) headers.push(at);
    if (headers.length === 0) return bytes;
    const numbers = [
      0,
      1,
      2,
      4095,
      0x7fffffff,
      0x80000000,
      0xffffffff,
      bytes.length,
      random.below(bytes.length),
    ];
    const text = random.pick([
      ...numbers.map((n) => n.toString(16).padStart(8, '0')),
      '0000000g',
      '-0000001',
    ]);
    const at = random.pick(headers) + 6 + 8 * random.below(13);
    if (at + 8 <= bytes.length) buffer.write(text, at, 'latin1');
    return bytes;
  },
  /** A member's type: a file becomes a link, a folder, a device. */
  function changeCpioType(bytes, random) {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const at = buffer.indexOf('07070', random.below(bytes.length));
    const type = random.pick([
      '0000a1ff',
      '000041ed',
      '000021b6',
      '000061b6',
      '000081a4',
      '000011b6',
      '0000c1b6',
    ]);
    if (at >= 0 && at + 22 <= bytes.length) buffer.write(type, at + 14, 'latin1');
    return bytes;
  },
];

import { lie, type Mutation } from './bytes.js';

/** Damage to the headers and the symbol index of an archive. */
export const arMutations: readonly Mutation[] = [
  /** A character of some ar header: names, numbers, the end mark. */
  function damageArHeader(bytes, random) {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const ends: number[] = [];
    for (let at = buffer.indexOf('`\n'); at >= 0; at = buffer.indexOf('`\n', at + 1)) ends.push(at);
    if (ends.length === 0) return bytes;
    const header = random.pick(ends) - 58;
    const [at, count] = random.pick([
      [0, 16],
      [16, 12],
      [28, 12],
      [40, 8],
      [48, 10],
      [48, 10],
      [58, 2],
    ] as const);
    const text = random.pick([
      '/',
      '0',
      '9',
      ' ',
      '#1/',
      '//',
      '/9',
      '/0',
      '-',
      '99999',
      '/1:2',
      '\0',
      '\n',
      '__.SYMDEF',
    ]);
    buffer.write(text, Math.max(0, header + at + random.below(count)), 'latin1');
    return bytes;
  },
  /** A number near the start of an archive: its symbol index. */
  function lieInArchiveIndex(bytes, random) {
    lie(bytes, 68 + random.below(Math.min(200, bytes.length)), random.pick([1, 4, 8]), random);
    return bytes;
  },
];

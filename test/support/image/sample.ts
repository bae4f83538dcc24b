/** Text-like data with long and short repeats; the same every time. */
export function wordy(size: number): Buffer {
  const words = ['the ', 'kernel ', 'of ', 'Linux ', '\0\0\0\0\0\0\0\0', 'slot', '\x01\x02\x03'];
  const out: string[] = [];
  for (let length = 0, state = 7; length < size;) {
    state = (Math.imul(state, 48271) + 11) >>> 0;
    const word = words[state % words.length]!;
    out.push(word);
    length += word.length;
  }
  return Buffer.from(out.join(''), 'latin1').subarray(0, size);
}

/** Data that no algorithm makes smaller; the same every time. */
export function noise(size: number): Buffer {
  const words = new Uint32Array(Math.ceil(size / 4));
  let state = 1;
  for (let i = 0; i < words.length; i++) {
    // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return Buffer.from(words.buffer, 0, size);
}

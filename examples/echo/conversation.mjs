// Sixty connections, each with a few rounds of its own size, in and out while others go on: `node conversation.mjs PORT`.
import { connect } from 'node:net';

const port = Number(process.argv[2]);

/** Sends `size` bytes so many times, and counts those that come back as they were. */
async function converse(number, rounds, size) {
  const socket = connect(port, '127.0.0.1');
  const input = socket[Symbol.asyncIterator]();
  let right = 0;
  for (let round = 0; round < rounds; round++) {
    const sent = Buffer.alloc(size, number + round);
    socket.write(sent);
    const parts = [];
    for (let have = 0; have < size; have += parts.at(-1).length) {
      const { value, done } = await input.next();
      if (done) throw new Error(`connection ${number} ended in round ${round}`);
      parts.push(value);
    }
    if (Buffer.concat(parts).equals(sent)) right++;
  }
  socket.end();
  return `${number}: ${right} of ${rounds} rounds of ${size} bytes`;
}

/** Six at a time: more at once are more than the emulated network takes without losing some. */
async function several(count) {
  const lines = [];
  let next = 0;
  const client = async () => {
    for (let number = next++; number < count; number = next++)
      lines[number] = await converse(number, 1 + (number % 7), 1 + (number % 20) ** 2 * 50);
  };
  await Promise.all(Array.from({ length: 6 }, client));
  return lines;
}

for (const line of await several(60)) console.log(line);
const socket = connect(port, '127.0.0.1');
socket.write('stop\n');
socket.on('data', (bytes) => {
  console.log(`stopped: ${JSON.stringify(bytes.toString())}`);
  socket.destroy();
});
socket.on('error', () => {
  // It may be gone before it has answered.
});

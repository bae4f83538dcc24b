// What a client says to the service at 127.0.0.1:PORT, and what it hears: `node conversation.mjs PORT`.
import { connect } from 'node:net';

/** Sends lines on a connection of its own and gives all that comes back until the service closes it. */
function talk(port, lines) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let heard = '';
    socket.setEncoding('utf8').setTimeout(60_000, () => socket.destroy(new Error('no answer for a minute')));
    socket.on('data', (text) => (heard += text));
    socket.on('error', reject).on('close', () => resolve(heard));
    socket.write(lines.map((line) => `${line}\n`).join(''));
  });
}

const port = Number(process.argv[2]);
const text = (i) => `count ${'the quick brown fox '.repeat(50 + i)} word${i} Word${i}`;
// Twenty connections at once, some of which end in a panic.
const lines = (i) => [text(i), ...(i % 5 === 4 ? ['panic'] : ['quit'])];
const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => talk(port, lines(i))));
for (const [i, answer] of answers.entries())
  console.log(i, answer.replace(/\d+ different/, 'N different').trim());
console.log(await talk(port, ['top 6', 'top x', 'nonsense', 'quit']));
console.log(await talk(port, ['stop']));

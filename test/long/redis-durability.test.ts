/**
 * What redis has acknowledged with `appendfsync always` is there after the machine was cut off in the middle of writes: DURABILITY_ROUNDS (5) times on
 * the same disk. Three writers count upwards in a key each; after the cut the value may be ahead of the last acknowledged number, by one, never behind.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { buildFolder } from '../support/paths.js';
import { buildRedis, RedisMachine } from '../support/redis.js';

const rounds = Number(process.env['DURABILITY_ROUNDS'] ?? 5);
const keys = ['a', 'b', 'c'];

/** Increments a key, one acknowledged request after the other, until the machine is gone; gives the last number that was acknowledged. */
async function count(port: number, key: string): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  let acknowledged = 0;
  let text = '';
  const next = () => socket.write(`INCR ${key}\r\n`);
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
    const reply = /^:(\d+)\r\n$/.exec(text);
    if (reply === null) return;
    acknowledged = Number(reply[1]);
    text = '';
    next();
  });
  // The cut ends the connection in one way or another; what it said until then counts.
  socket.on('error', () => socket.destroy());
  socket.on('connect', next);
  // Not once(): that fails with the error.
  await new Promise((resolve) => socket.on('close', resolve));
  return acknowledged;
}

test(`${rounds} power cuts`, async () => {
  const { image, cli } = buildRedis();
  const folder = `${buildFolder}/redis-durability`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  let acknowledged = keys.map(() => 0);
  for (let round = 0; round <= rounds; round++) {
    const machine = await RedisMachine.boot(
      image,
      ['--disk', `${folder}/disk.img`],
      ['--dir', '/data', '--appendonly', 'yes', '--appendfsync', 'always', '--save', ''],
      `${folder}/console${round}`,
    );
    try {
      const values = keys.map((key) =>
        Number(execFileSync(cli, ['-p', String(machine.port), 'get', key], { encoding: 'utf8' })),
      );
      values.forEach((value, index) => {
        expect(value).toBeGreaterThanOrEqual(acknowledged[index] ?? 0);
        expect(value).toBeLessThanOrEqual((acknowledged[index] ?? 0) + 1);
      });
      if (round === rounds) return;
      const counting = keys.map((key) => count(machine.port, key));
      await sleep(3000 + 700 * round);
      await machine.kill();
      acknowledged = await Promise.all(counting);
      process.stdout.write(`round ${round}: ${acknowledged.join(' ')}\n`);
      expect(Math.min(...acknowledged)).toBeGreaterThan(values[0] === 0 ? 0 : Math.min(...values));
    } finally {
      await machine.kill();
    }
  }
});

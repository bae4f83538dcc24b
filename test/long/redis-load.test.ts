/**
 * Redis under load: 50 clients, pipelines of 16, values of 512 bytes, for LOAD_SECONDS (300 by default): no error, not a word of the kernel, and the
 * memory after each round that of the first.
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { kernelComplaints } from '../support/machine.js';
import { buildFolder } from '../support/paths.js';
import { relayTo } from '../support/redis-relay.js';
import { buildRedis, RedisMachine } from '../support/redis.js';

const seconds = Number(process.env['LOAD_SECONDS'] ?? 300);
const requestsEachRound = 200_000;

test(`redis-benchmark for ${seconds} seconds`, async () => {
  const { image, cli, benchmark } = buildRedis();
  const folder = `${buildFolder}/redis-load`;
  mkdirSync(folder, { recursive: true });
  const machine = await RedisMachine.boot(image, ['-m', '512'], ['--save', ''], `${folder}/console`);
  const relay = await relayTo(machine.port);
  try {
    const redis = (...words: string[]) =>
      execFileSync(cli, ['-p', String(machine.port), ...words], { encoding: 'utf8', timeout: 60_000 });
    const residentBytes = () => Number(/^used_memory_rss:(\d+)/m.exec(redis('info', 'memory'))?.[1]);
    const until = Date.now() + seconds * 1000;
    const memory: number[] = [];
    do {
      const words = ['-p', String(relay.port), '-c', '50', '-P', '16', '-d', '512', '-r', '10000', '--csv'];
      const { stdout: said } = await promisify(execFile)(
        benchmark,
        [...words, '-n', String(requestsEachRound), '-t', 'set,get'],
        {
          timeout: 1_800_000,
        },
      );
      expect(said).toMatch(/^"SET",.*\n"GET",/m);
      memory.push(residentBytes());
      process.stdout.write(`${said.split('\n').slice(1).join(' ')} ${memory.at(-1)} bytes\n`);
    } while (Date.now() < until || memory.length < 2);
    expect(redis('dbsize').trim()).toBe('10000');
    expect(redis('info', 'stats')).toMatch(/^total_error_replies:0\r$/m);
    // The allocator keeps some of what connections needed; nothing may grow with the number of requests.
    expect(memory.at(-1)).toBeLessThan((memory[0] ?? 0) + 8 * 2 ** 20);
    expect(kernelComplaints(machine.console())).toEqual([]);
  } finally {
    relay.close();
    await machine.kill();
  }
});

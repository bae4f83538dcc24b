#!/usr/bin/env node
// Stands for the server's executable in memcached's own tests, which start it themselves (t/lib/MemcachedTest.pm): boots the image with the arguments
// it was given, and lets the test reach the machine by the port that it named. The port is opened only when the server answers: QEMU would
// accept connections before that, and drop them.
//   MEMCACHED: the same program for ring 3, asked for its help text · MEMCACHED_IMAGE · UKL_LINK
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { MEMCACHED, MEMCACHED_IMAGE, UKL_LINK } = process.env;
const words = process.argv.slice(2);

if (words.includes('-h')) {
  // A socket file inside of the machine is out of the tests' reach: without this line they take a port.
  const help = spawnSync(MEMCACHED, words, { encoding: 'utf8' });
  process.stdout.write(help.stdout.replace(/^.*--unix-socket.*$/m, ''));
  process.exit(help.status ?? 1);
}

const after = (option) => words[words.indexOf(option) + 1];
const port = Number(after('-p'));
const udp = Number(after('-U'));
// The host's own address is not the machine's; from there, the tests come in by the network.
const guestWords = words.map((word) => (word === '127.0.0.1' ? '0.0.0.0' : word));

// Some tests tell a server by its environment to pretend something.
const settings = Object.entries(process.env)
  .filter(([name]) => name.startsWith('T_MEMD_'))
  .flatMap(([name, value]) => ['--env', `${name}=${value}`]);

const behind = await freePort();
const folder = mkdtempSync(join(tmpdir(), 'memcached-'));
const monitor = join(folder, 'monitor');
const log = openSync('console', 'a');
const machine = spawn(
  UKL_LINK,
  [
    'run',
    MEMCACHED_IMAGE,
    '-m',
    '1024',
    '--timeout',
    '600',
    '--silence-limit',
    '0',
    '-p',
    `${behind}:${port}`,
  ]
    .concat(settings)
    .concat(udp > 0 ? ['-p', `${udp}:${udp}/udp`] : [])
    .concat(['--qemu-arg=-monitor', `--qemu-arg=unix:${monitor},server=on,wait=off`, '--', ...guestWords]),
  { stdio: ['ignore', log, log] },
);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGUSR1']) process.on(signal, () => machine.kill('SIGTERM'));
machine.on('exit', (status) => {
  rmSync(folder, { recursive: true });
  process.exit(status ?? 1);
});

// A version, please; in the binary protocol where only that is spoken: an empty operation.
const binary = words.includes('-S') || (words.includes('-B') && after('-B') === 'binary');
const question = binary ? Buffer.concat([Buffer.from([0x80, 0x0a]), Buffer.alloc(22)]) : 'version\r\n';
while (!(await answers(behind))) await new Promise((resolve) => setTimeout(resolve, 100));
const console_ = connect(monitor);
console_.on('error', () => machine.kill('SIGTERM'));
console_.write(`hostfwd_add tcp:127.0.0.1:${port}-:${port}\n`);
console_.resume();

/** A TCP port that nobody uses now. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address();
      server.close(() => resolve(free));
    });
  });
}

/** Whether a connection stays open: QEMU closes it at once where nobody listens behind it. */
function answers(number) {
  return new Promise((resolve) => {
    const socket = connect(number, '127.0.0.1');
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.write(question);
    socket.setTimeout(2000, () => end(false));
    socket.on('data', () => end(true));
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
  });
}

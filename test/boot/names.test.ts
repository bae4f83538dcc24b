/** What a program finds in its machine to look names up, and that the answers come. */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { buildService, runService } from '../support/service.js';

let folder: string;
let image: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ukl-names-'));
  image = await buildService(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A name server (RFC 1035) that knows one address, and nothing else. Returns its port on 127.0.0.1. */
async function nameServer(name: string, address: readonly number[]): Promise<number> {
  const socket = createSocket('udp4');
  onTestFinished(() => void socket.close());
  const labels = Buffer.concat([
    ...name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.of(0),
  ]);
  socket.on('message', (query: Buffer, { port, address: from }: RemoteInfo) => {
    const known = query.subarray(12, 12 + labels.length).equals(labels);
    const question = query.subarray(12, query.indexOf(0, 12) + 5);
    const wantsA = known && question.readUInt16BE(question.length - 4) === 1;
    // Identity, response + recursion, NXDOMAIN for strangers; one question, one answer or none.
    const header = Buffer.from([
      ...query.subarray(0, 2),
      0x81,
      known ? 0x80 : 0x83,
      0,
      1,
      0,
      wantsA ? 1 : 0,
      0,
      0,
      0,
      0,
    ]);
    // The question's name, A, IN, 60 s, 4 bytes.
    const answer = wantsA
      ? Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address])
      : Buffer.alloc(0);
    socket.send(Buffer.concat([header, question, answer]), port, from);
  });
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
  return socket.address().port;
}

it('localhost, the machine’s own name and those of a name server', async () => {
  const port = await nameServer('db.example', [192, 0, 2, 7]);
  const { stdout, status } = await runService([
    ...[image, '--hostname', 'box', '--', 'names', String(port)],
    ...['localhost', 'db.example', 'nobody.example'],
  ]);
  expect(stdout.split('\n')).toEqual([
    'box: 10.0.2.15',
    expect.stringMatching(/^localhost: (?:::1 )?127\.0\.0\.1$/),
    'db.example: 192.0.2.7',
    'nobody.example: Name or service not known',
    '',
  ]);
  expect(status).toBe(0);
});

it('the name server is QEMU’s; without a network there is none', async () => {
  const files = ['show', '/etc/resolv.conf', '/etc/hosts', '/etc/nsswitch.conf'];
  const { stdout } = await runService([image, '--', ...files]);
  expect(stdout).toMatch(/^nameserver 10\.0\.2\.3$/m);
  expect(stdout).toMatch(/^10\.0\.2\.15 ukl$/m);
  expect(stdout).toMatch(/^\/etc\/nsswitch\.conf: hosts: files dns$/m);
  const alone = await runService([image, '--network', 'none', '--hostname', 'lonely', '--', ...files]);
  expect(alone.stdout).not.toContain('nameserver');
  expect(alone.stdout).toMatch(/^127\.0\.1\.1 lonely$/m);
});

it('files of the image’s own stay as they are', async () => {
  const mine = mkdtempSync(join(folder, 'own-'));
  const hosts = join(mine, 'hosts');
  const hostname = join(mine, 'hostname');
  writeFileSync(hosts, '192.0.2.9 mine\n');
  writeFileSync(hostname, 'from-the-image\n');
  const files = [hosts, hostname].map((host) => ({ host, guest: '/etc/' }));
  const own = await buildService(mine, { files });
  const { stdout } = await runService([own, '--', 'show', '/etc/hosts', '/proc/sys/kernel/hostname']);
  expect(stdout).toBe('/etc/hosts: 192.0.2.9 mine\n/proc/sys/kernel/hostname: from-the-image\n');
  const { stdout: named } = await runService([own, '--hostname', 'box', '--', 'names', '0', 'mine']);
  expect(named).toMatch(/^box: .*\nmine: 192\.0\.2\.9\n$/);
});

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePort, runCommand, runImage, shellLine, type RunOptions } from '../../src/run/index.js';
import { live, processesNaming, type Lived } from '../support/live.js';
import { buildStubImage, type StubLife } from '../support/stub-image.js';

let dir: string;
let count = 0;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ukl-stub-'));
});
afterAll(() => rm(dir, { recursive: true }));

const build = (life: StubLife): Promise<string> => buildStubImage(dir, `stub${count++}`, life);

async function liveStub(life: StubLife, options: Partial<RunOptions> = {}): Promise<Lived> {
  const image = await build(life);
  const lived = await live({ image, ...options });
  expect(await processesNaming(image)).toEqual([]);
  return lived;
}

describe('a machine with a result', () => {
  test('gives the exit status, and its console byte for byte', async () => {
    const text = `${Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('')}\r\nlast words`;
    const { end, console } = await liveStub({ console: text, result: 'exit 7\n', then: 'power off' });
    expect(end).toEqual({ outcome: { kind: 'exit', status: 7 }, exitCode: 7 });
    expect(console).toBe(text);
  });

  test.each([
    ['signal 9\n', { outcome: { kind: 'signal', signal: 9 }, exitCode: 137 }],
    ['restart\n', { outcome: { kind: 'restart' }, exitCode: 0 }],
  ])('%j', async (result, end) => {
    expect((await liveStub({ before: 'ready\n', result, then: 'reset' })).end).toEqual(end);
  });

  test('keeps it when the power stays on', async () => {
    const { end } = await liveStub({ result: 'exit 3\n', then: 'hang' });
    expect(end).toEqual({ outcome: { kind: 'exit', status: 3 }, exitCode: 3 });
  });

  test('keeps it when the program printed something like a panic', async () => {
    const { end } = await liveStub({
      console: 'Kernel panic - not syncing: not really\n',
      result: 'exit 0\n',
      then: 'reset',
    });
    expect(end).toMatchObject({ exitCode: 0 });
  });
});

describe('a machine that fails', () => {
  const panic = '[    1.000000] Kernel panic - not syncing: out of luck\r\n[    1.000001] CPU: 0\r\n';
  const panicEnd = '[    1.000002] ---[ end Kernel panic - not syncing: out of luck ]---\r\n';
  const failures: [
    name: string,
    code: string,
    says: RegExp,
    life: StubLife,
    options?: Partial<RunOptions>,
  ][] = [
    ['program not started', 'UKL5012', /ENOEXEC/, { result: 'error 8 exec /program\n', then: 'power off' }],
    ['panic and reset', 'UKL5007', /out of luck\n.*\n.*\n.*CPU: 0/, { console: panic, then: 'reset' }],
    ['panic and halt', 'UKL5007', /out of luck/, { console: panic + panicEnd, then: 'hang' }],
    ['triple fault', 'UKL5008', /\| half a li/, { console: 'a line\nhalf a li', then: 'triple fault' }],
    ['triple fault at once', 'UKL5008', /console stayed empty/, { then: 'triple fault' }],
    ['silence', 'UKL5009', /within 2 s/, { then: 'hang' }, { silenceLimit: 2 }],
    [
      'hang',
      'UKL5010',
      /limit of 2 s\n.*\n {2}\| a line/,
      { console: 'a line\n', then: 'hang' },
      { timeout: 2 },
    ],
    ['power-off without result', 'UKL5011', /powered off/, { then: 'power off' }],
    [
      'restart without result',
      'UKL5011',
      /restarted/,
      { console: '[    2.000000] reboot: Restarting system\r\n', then: 'reset' },
    ],
    ['a strange result', 'UKL5017', /"exit 256"/, { result: 'exit 256\n', then: 'power off' }],
    [
      'no such QEMU',
      'UKL5001',
      /no-such-qemu was not found/,
      { then: 'hang' },
      { qemu: '/no-such-qemu', accelerator: 'tcg' },
    ],
    [
      'QEMU refuses',
      'UKL5005',
      /no-such-device/,
      { then: 'hang' },
      { qemuArguments: ['-device', 'no-such-device'] },
    ],
  ];
  test.each(failures)('%s is %s', async (_name, code, says, life, options) => {
    const { end, message } = await liveStub(life, options);
    expect(end).toEqual({ codes: [code] });
    expect(message).toMatch(says);
  });

  test('a port that is taken is named', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const { end, message } = await liveStub({ then: 'hang' }, { ports: [parsePort(`${port}:80`)] });
    server.close();
    expect(end).toEqual({ codes: ['UKL5006'] });
    expect(message).toContain(`tcp:127.0.0.1:${port}-:80`);
  });

  test('a machine that is stopped ends soon', async () => {
    const image = await build({ console: 'x', then: 'hang' });
    const stopper = new AbortController();
    const { end } = await live({ image, signal: stopper.signal, onConsole: () => stopper.abort() });
    expect(end).toEqual({ codes: ['UKL5013'] });
    expect(await processesNaming(image)).toEqual([]);
  });

  test('a sink that fails ends the machine, and its error comes out', async () => {
    const image = await build({ console: 'x', then: 'hang' });
    const onConsole = () => {
      throw new Error('pipe closed');
    };
    await expect(runImage({ image, memory: 64, onConsole })).rejects.toThrow('pipe closed');
    expect(await processesNaming(image)).toEqual([]);
  });
});

test('what somebody types goes to the console at once, and a terminal that goes away is no end', async () => {
  const life: StubLife = { echoInput: true, result: 'exit 0\n', then: 'power off' };
  const stream = Readable.from([Buffer.from('one\n'), Buffer.from('two\x04')]);
  const { console, end } = await liveStub(life, { input: { stream, kind: 'terminal' } });
  expect(console).toBe('one\ntwo');
  expect(end).toMatchObject({ exitCode: 0 });
});

test('the printed command runs by hand, and leaves the result beside the image', async () => {
  const image = await build({ console: 'by hand', result: 'exit 5\n', then: 'power off' });
  const line = shellLine(await runCommand({ image, memory: 64, args: ["it's"], append: 'a="b c"' }));
  const { stdout } = await promisify(execFile)('sh', ['-c', line]);
  expect(stdout).toBe('by hand');
  expect(await readFile(`${image}.result`, 'latin1')).toBe('exit 5\n');
  const initrd = /-initrd (\S+)/.exec(line)?.[1] ?? '';
  expect(initrd).toBe(`${image}.initrd`);
});

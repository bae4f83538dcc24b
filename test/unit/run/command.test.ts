import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { kernelParameters, qemuArguments, shellLine, type Wiring } from '../../../src/run/command.js';
import { parseDisk, parsePort, type MachineOptions } from '../../../src/run/index.js';

const wiring: Wiring = { accelerator: 'tcg', resultFile: '/tmp/a,b/result' };
const line = (options: Partial<MachineOptions> = {}, more: Partial<Wiring> = {}): string =>
  qemuArguments({ image: 'x.bzImage', ...options }, { ...wiring, ...more }).join(' ');

test('the whole command of a plain run', () => {
  expect(line()).toBe(
    [
      '-nodefaults -no-user-config -no-reboot -display none -machine q35 -accel tcg -cpu max -smp 1 -m 512M',
      '-kernel x.bzImage -append console=ttyS0 panic=-1 no_timer_check quiet',
      'ip=10.0.2.15::10.0.2.2:255.255.255.0:ukl:eth0:off:10.0.2.3',
      '-chardev stdio,id=console,signal=off -serial chardev:console',
      '-chardev file,id=result,path=/tmp/a,,b/result -serial chardev:result',
      '-netdev user,id=net0 -device virtio-net-pci,netdev=net0,romfile=',
      '-object rng-random,id=rng0,filename=/dev/urandom -device virtio-rng-pci,rng=rng0',
    ].join(' '),
  );
});

test.each([
  ['memory and cpus', line({ memory: 2048, cpus: 4 }), '-smp 4 -m 2048M'],
  ['KVM', line({}, { accelerator: 'kvm' }), '-accel kvm -cpu host'],
  ['initrd', line({}, { initrd: '/tmp/i' }), '-initrd /tmp/i'],
  [
    'ports',
    line({ ports: ['6379:6379', '5353:53/udp'].map(parsePort) }),
    '-netdev user,id=net0,hostfwd=tcp:127.0.0.1:6379-:6379,hostfwd=udp:127.0.0.1:5353-:53 ',
  ],
  ['gdb', line({ gdb: { port: 1234, wait: true } }), '-gdb tcp:127.0.0.1:1234 -S'],
  [
    'control',
    line({}, { controlFd: 3 }),
    '-chardev socket,id=control,fd=3 -mon chardev=control,mode=control -S',
  ],
  [
    'input',
    line({}, { inputFd: 4 }),
    '-device virtio-serial-pci,id=ports -chardev socket,id=input,fd=4 -device virtserialport,bus=ports.0,chardev=input,name=ukl.input',
  ],
  [
    'the wish to end',
    line({}, { stopFd: 5 }),
    '-device virtio-serial-pci,id=ports -chardev socket,id=stop,fd=5 -device virtserialport,bus=ports.0,chardev=stop,name=ukl.control',
  ],
  ['a disk', line({ disks: [parseDisk('a.img')] }), 'ukl.mount=disk0:/data '],
  ['a name', line({ hostname: 'box' }), ' hostname=box '],
  ['more arguments come last', line({ qemuArguments: ['-d', 'int'] }), / -d int$/],
])('%s', (_name, command, part) => {
  expect(command).toMatch(part);
});

test('no network: no device, no address', () => {
  expect(line({ network: 'none' })).not.toMatch(/net|ip=/);
});

test('the machine starts at once where nobody would start it', () => {
  expect(line({ gdb: { port: 1234, wait: false } })).not.toMatch(/-S/);
});

test("the user's kernel parameters are the last word", () => {
  expect(kernelParameters({ image: '', append: 'panic=0 -- "a b"', kernelLog: true, network: 'none' })).toBe(
    'console=ttyS0 panic=-1 no_timer_check panic=0 -- "a b"',
  );
});

test('a shell reads the printed line as the same words', () => {
  const word = fc.string({
    unit: fc.constantFrom('a', ' ', "'", '"', '$', '\\', '\n', '*', '~', 'é', '!', '`', ''),
  });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      const script = `for word in ${shellLine(words)}; do printf '%s\\0' "$word"; done`;
      const read = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
      expect(read.split('\0').slice(0, -1)).toEqual(words);
    }),
    { numRuns: 30 },
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConsoleWatch } from '../../../src/run/console.js';

function watch(text: string): ConsoleWatch {
  const console = new ConsoleWatch();
  console.push(Buffer.from(text));
  return console;
}

test('remembers the last 40 lines, the unfinished one included', () => {
  const lines = Array.from({ length: 50 }, (_, i) => `line ${i}`);
  expect(watch(lines.join('\r\n')).tail()).toEqual(lines.slice(10));
  expect(watch('').tail()).toEqual([]);
});

test('endless output without a newline stays small', () => {
  const console = new ConsoleWatch();
  for (let i = 0; i < 100; i++) console.push(Buffer.alloc(10_000, 'x'));
  expect(console.bytes).toBe(1_000_000);
  expect(console.tail()).toEqual(['x'.repeat(1000)]);
});

test("knows the kernel's words", () => {
  const panic = watch(
    '[    0.1] Kernel panic - not syncing: VFS: no root\nKernel panic - not syncing: second\n',
  );
  expect(panic.panic).toBe('VFS: no root');
  expect(panic.halted).toBe(false);
  expect(watch('[    1.234567] ---[ end Kernel panic - not syncing: x ]---\r\n').halted).toBe(true);
  expect(watch('---[ end Kernel panic - not syncing: x ]---\n').halted).toBe(true);
  expect(watch('log: ---[ end Kernel panic - not syncing: x ]---\n').halted).toBe(false);
  expect(watch('[   11.234567] reboot: Restarting system\r\n').restarting).toBe(true);
  expect(watch('all is well\n')).toMatchObject({ panic: undefined, halted: false, restarting: false });
});

test('it does not matter how the bytes are cut', () => {
  const text = 'é[    0.1] Kernel panic - not syncing: ünlucky\r\n€ tail\nopen';
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (sizes) => {
      const bytes = Buffer.from(text);
      const console = new ConsoleWatch();
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = sizes[i % sizes.length] ?? 1;
        console.push(bytes.subarray(at, at + size));
        at += size;
      }
      expect(console.tail()).toEqual(watch(text).tail());
      expect(console.panic).toBe('ünlucky');
    }),
  );
});

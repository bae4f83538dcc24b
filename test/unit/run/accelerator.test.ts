import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chooseAccelerator, vcpuRuns } from '../../../src/run/accelerator.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ukl-accel-'));
});
afterAll(() => rm(dir, { recursive: true }));

async function script(name: string, body: string): Promise<string> {
  const file = join(dir, name);
  await writeFile(file, `#!/bin/sh\n${body}\n`);
  await chmod(file, 0o755);
  return file;
}

test('the probe tells a machine that runs', async () => {
  expect(await vcpuRuns('qemu-system-x86_64', 'tcg', 60_000)).toBe(true);
});

test('from one that fails, one that ends without a word, and one that hangs', async () => {
  expect(await vcpuRuns(await script('fails', 'exit 1'), 'kvm')).toBe(false);
  expect(await vcpuRuns(await script('ends', 'exit 0'), 'kvm')).toBe(false);
  expect(await vcpuRuns(await script('hangs', 'exec sleep 1000'), 'kvm', 300)).toBe(false);
});

test('no QEMU at all is an error, not a no', async () => {
  await expect(vcpuRuns(join(dir, 'none'), 'tcg')).rejects.toThrow(/UKL5001/);
});

test('without a virtual CPU, auto emulates and says why; a demand for KVM is refused with the same reason', async () => {
  const qemu = await script('no-kvm', 'exit 1');
  const { accelerator, note } = await chooseAccelerator('auto', qemu);
  expect(accelerator).toBe('tcg');
  expect(note).toMatchObject({ code: 'UKL5015', severity: 'note' });
  const reason = note?.message.split(': ')[1] ?? '';
  expect(reason).not.toBe('');
  await expect(chooseAccelerator('kvm', qemu)).rejects.toThrow(`UKL5014: KVM cannot be used here: ${reason}`);
  expect(await chooseAccelerator('tcg', qemu)).toEqual({ accelerator: 'tcg' });
});

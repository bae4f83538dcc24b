import { expect, test } from 'vitest';
import type { UklError } from '../../../src/index.js';
import { checkOptions } from '../../../src/run/check-options.js';
import { parseDisk, parsePort, type RunOptions } from '../../../src/run/index.js';

function problems(options: Partial<RunOptions>): string[] {
  try {
    checkOptions({ image: 'x', ...options });
    return [];
  } catch (error) {
    return (error as UklError).diagnostics.map((d) => `${d.code} ${d.message}`);
  }
}

test.each<[Partial<RunOptions>]>([
  [{}],
  [{ memory: 64, cpus: 1, timeout: 0.5, silenceLimit: 0 }],
  [{ cpus: 64, gdb: { port: 65535, wait: false }, ports: [parsePort('1:1')] }],
  [{ args: ['', 'ünï', 'a\nb'], env: ['A=', 'B=c=d'], append: 'x=1 -- y' }],
])('%j is fine', (options) => {
  expect(problems(options)).toEqual([]);
});

test.each<[Partial<RunOptions>, RegExp]>([
  [{ memory: 32 }, /UKL5016 --memory: 32 /],
  [{ memory: 100.5 }, /--memory/],
  [{ cpus: 0 }, /--cpus/],
  [{ cpus: 65 }, /--cpus/],
  [{ gdb: { port: 0, wait: true } }, /--gdb/],
  [{ timeout: 0 }, /--timeout/],
  [{ timeout: Number.NaN }, /--timeout/],
  [{ silenceLimit: -1 }, /--silence-limit/],
  [{ args: ['a\0b'] }, /arguments: "a\\u0000b" has a NUL/],
  [{ env: ['NAME'] }, /--env: 'NAME' is not NAME=value/],
  [{ env: ['=x'] }, /--env/],
  [{ append: 'a\nb' }, /--append/],
  [{ stopTimeout: -1 }, /--stop-timeout/],
  [{ hostname: 'a b' }, /--hostname/],
  [{ hostname: '' }, /--hostname/],
  [{ disks: [parseDisk('a:data')] }, /UKL5030 disk 'a': 'data' is no absolute path/],
  [{ disks: [parseDisk('a:/')] }, /no absolute path/],
  [{ disks: [parseDisk('a'), parseDisk('b')] }, /'b': there is another disk at \/data/],
  [{ append: 'x'.repeat(1501) }, /--append/],
  [{ network: 'none', ports: [parsePort('1:1')] }, /--port/],
])('%j is refused', (options, why) => {
  expect(problems(options)).toEqual([expect.stringMatching(why)]);
});

test('all problems come together', () => {
  expect(problems({ memory: 1, cpus: 0, timeout: -1, env: ['A', 'B'] })).toHaveLength(5);
});

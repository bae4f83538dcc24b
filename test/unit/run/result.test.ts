import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exitCodeOf, parseReport } from '../../../src/run/result.js';

test.each([
  ['', { ready: false }],
  ['rea', { ready: false }],
  ['ready\n', { ready: true }],
  ['ready\nexit 1', { ready: true }],
  ['ready\nexit 0\n', { ready: true, end: { kind: 'exit', status: 0 } }],
  ['exit 255\r\n', { ready: false, end: { kind: 'exit', status: 255 } }],
  ['signal 64\n', { ready: false, end: { kind: 'signal', signal: 64 } }],
  ['restart\n', { ready: false, end: { kind: 'restart' } }],
  ['error 8 exec /program\n', { ready: false, end: { kind: 'error', errno: 8, what: 'exec /program' } }],
  ['exit 1\nexit 2\n', { ready: false, end: { kind: 'exit', status: 1 } }],
  ['noise\nexit 2\n', { ready: false, end: { kind: 'exit', status: 2 } }],
  ['exit 256\n', { ready: false, unknown: 'exit 256' }],
  ['exit -1\n', { ready: false, unknown: 'exit -1' }],
  ['exit 1 2\n', { ready: false, unknown: 'exit 1 2' }],
  ['signal 0\n', { ready: false, unknown: 'signal 0' }],
  ['signal 65\n', { ready: false, unknown: 'signal 65' }],
  ['error 8\n', { ready: false, unknown: 'error 8' }],
  ['\n\nfirst\nsecond\n', { ready: false, unknown: 'first' }],
])('%j', (text, report) => {
  expect(parseReport(text)).toEqual(report);
});

test('what arrives piece by piece never changes an ending once it is there', () => {
  const line = fc.constantFrom(
    'ready',
    'exit 3',
    'signal 9',
    'restart',
    'error 2 exec /program',
    'exit 999',
    '',
  );
  fc.assert(
    fc.property(fc.array(line), fc.nat(), (lines, at) => {
      const whole = lines.map((l) => `${l}\n`).join('');
      const part = parseReport(whole.slice(0, at % (whole.length + 1)));
      if (part.end !== undefined) expect(parseReport(whole).end).toEqual(part.end);
    }),
  );
});

test('exit codes are those of a shell', () => {
  expect(exitCodeOf({ kind: 'exit', status: 42 })).toBe(42);
  expect(exitCodeOf({ kind: 'signal', signal: 6 })).toBe(134);
  expect(exitCodeOf({ kind: 'restart' })).toBe(0);
});

/** What --enable-bypass does, seen from the program: which way its system calls go, thread by thread. */
import { describe, expect, test } from 'vitest';
import type { UklOption } from '../../src/options/index.js';
import { imageOf } from '../support/images.js';
import { live } from '../support/live.js';

const PLACES = [
  'at first',
  'switched off',
  'a new thread',
  'switched on by itself',
  'the first thread',
  'forked',
  'after exec',
  'switched on',
];

describe('the way of a system call', () => {
  const ways = async (enable: readonly UklOption[]): Promise<string[]> => {
    const { console, message } = await live({ image: await imageOf('switched', { enable }) });
    expect(message).toBe('');
    const lines = console.replaceAll('\r', '').trimEnd().split('\n');
    expect(lines.filter((line) => line === 'ok')).toHaveLength(2);
    const said = lines.filter((line) => line !== 'ok').map((line) => line.split(': '));
    expect(said.map(([place]) => place)).toEqual(PLACES);
    return said.flatMap(([place, way]) => (way === 'bypass' && place !== undefined ? [place] : []));
  };

  test('is the general one without --enable-bypass, whatever a thread asks for', async () => {
    expect(await ways([])).toEqual([]);
    expect(await ways(['use-ret', 'shortcuts'])).toEqual([]);
  });

  test('is switched by each thread for itself and for those that it makes', async () => {
    expect(await ways(['bypass'])).toEqual([
      'at first',
      'switched on by itself',
      'after exec',
      'switched on',
    ]);
  });
});

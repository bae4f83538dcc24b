import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openInput } from '../../../src/inputs/files.js';
import { RewriteCache } from '../../../src/rewrite/index.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { Workshop } from './corpus.js';

const shop = new Workshop();
afterAll(() => shop.remove());

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
  // A file changed a moment ago is not remembered.
  vi.useFakeTimers({ now: Date.now() + 3000, toFake: ['Date'] });
});
afterEach(() => void vi.useRealTimers());

/** Opens a file as a process of its own would. */
async function open(path: string) {
  const cache = new RewriteCache(folder);
  const input = await openInput(path, cache);
  await cache.save();
  return input;
}

it.each([
  ['object', (object: string) => object],
  ['archive', (object: string) => shop.archive('known.a', [object])],
] as const)('the facts of an %s that has not changed come from the cache', async (kind, make) => {
  const path = make(shop.compile('known.c', 'int answer = 42; int ask(void) { return answer; }'));
  const first = await open(path);
  const facts = readdirSync(folder).find((name) => name.endsWith('facts')) ?? '';
  expect(facts).toContain(first.key);
  // What is kept is believed: a name that is in no file shows that no file was read.
  const kept = readFileSync(join(folder, facts), 'utf8').replaceAll('"answer"', '"ANSWER"');
  writeFileSync(join(folder, facts), kept);
  const second = await open(path);
  expect(second).toMatchObject({ kind, key: first.key, size: first.size });
  const object =
    second.kind === 'object' ? second.object : second.kind === 'archive' && second.archive.object(0);
  if (!object) expect.fail(`opened as ${second.kind}`);
  expect(object.facts.defined.map(([name]) => name).sort()).toEqual(['ANSWER', 'ask']);
  expect(second.bytes()).toEqual(first.bytes());
  expect(object.elf.symbols?.length).toBeGreaterThan(2);
});

it('those of an object that has changed are found anew', async () => {
  const path = shop.compile('changed.c', 'int before;');
  await open(path);
  const changed = shop.compile('changed.c', 'int after;');
  expect(changed).toBe(path);
  const input = await open(path);
  if (input.kind !== 'object') expect.fail(`opened as ${input.kind}`);
  expect(input.object.facts.defined.map(([name]) => name)).toEqual(['after']);
});

import {
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { openKit, readKitFile, verifyKit, type Kit } from '../../../src/kernel/kit.js';
import { makeKit } from '../../../src/kernel/make-kit.js';
import { DEFAULT_PROFILE, loadSeries, profilesOf } from '../../../src/kernel/series.js';
import { findKit, findStored, listKits, removeKit } from '../../../src/kernel/store.js';
import { codesOf, problemsOf } from '../../support/codes.js';
import { fakeParts } from '../../support/fake-kernel.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const OWN = loadSeries().digest;

/** A store with kits of these keys, the first made first. */
async function storeOf(
  ...kits: { key: string; series?: string | null; profile?: string }[]
): Promise<{ store: string; kits: Kit[] }> {
  const folder = temporaryFolder();
  const tree = join(folder, 'tree');
  mkdirSync(join(tree, 'include/config'), { recursive: true });
  writeFileSync(join(tree, 'include/config/kernel.release'), '6.1.7-fake\n');
  writeFileSync(join(tree, '.config'), 'CONFIG_SMP=y\n');
  writeFileSync(join(tree, 'vmlinux'), 'ELF');
  writeFileSync(
    join(tree, 'System.map'),
    'ffffffff82000000 B __ukl_slot_start\nffffffff82400000 B __ukl_slot_end\nffffffff81600000 T ukl_entry_SYSCALL_64\n',
  );
  const store = join(folder, 'kits');
  const made: Kit[] = [];
  for (const [i, { key, series = OWN, profile = DEFAULT_PROFILE }] of kits.entries()) {
    const kernel = { version: '6.1.7', source: null, series, profile, compiler: 'gcc' };
    const kit = await makeKit(tree, join(store, key), { key, kernel }, fakeParts);
    utimesSync(join(kit.folder, 'manifest.json'), i + 1, i + 1);
    made.push(kit);
  }
  return { store, kits: made };
}

const A = 'a'.repeat(64);
const A2 = `aa${'b'.repeat(62)}`;
const C = 'c'.repeat(64);

describe('the store of kits', () => {
  it('lists nothing where there is nothing', async () => {
    expect(await listKits(join(temporaryFolder(), 'none'))).toEqual([]);
    expect(await codesOf(findKit(undefined, join(temporaryFolder(), 'none')))).toEqual(['UKL4010']);
  });

  it('takes the kit made last', async () => {
    const { store } = await storeOf({ key: A }, { key: C }, { key: A2 });
    expect((await listKits(store)).map(({ key }) => key)).toEqual([A2, C, A]);
    expect((await findKit(undefined, store)).manifest.key).toBe(A2);
  });

  it('takes no kit of other patches unless it is named, but a developer’s tree', async () => {
    const other = await storeOf({ key: A, series: '0'.repeat(64) });
    expect(await codesOf(findKit(undefined, other.store))).toEqual(['UKL4015']);
    expect((await findKit('aaa', other.store)).manifest.key).toBe(A);
    const tree = await storeOf({ key: C, series: null }, { key: A, series: '0'.repeat(64) });
    expect((await findKit(undefined, tree.store)).manifest.key).toBe(C);
  });

  it('takes a kit of another profile only for its name', async () => {
    const debug = { series: loadSeries('debug').digest, profile: 'debug' };
    const { store } = await storeOf({ key: A }, { key: A2, ...debug }, { key: C, ...debug, series: null });
    expect((await findKit(undefined, store)).manifest.key).toBe(A);
    expect((await findKit('default', store)).manifest.key).toBe(A);
    expect((await findKit('debug', store)).manifest.key).toBe(C);
    await removeKit(findStored('c', await listKits(store)));
    expect((await findKit('debug', store)).manifest.key).toBe(A2);
    await removeKit(findStored('aab', await listKits(store)));
    const [missing] = await problemsOf(findKit('debug', store));
    expect(missing).toMatchObject({
      code: 'UKL4010',
      message: 'there is no kernel kit of the profile "debug" yet',
    });
    expect(missing?.hint).toContain('ukl-link kernel build --profile debug;');
  });

  it('takes the kit that the environment names, when nothing else is named', async () => {
    const { store } = await storeOf({ key: A }, { key: C });
    vi.stubEnv('UKL_KIT', 'aaa');
    try {
      expect((await findKit(undefined, store)).manifest.key).toBe(A);
      expect((await findKit('default', store)).manifest.key).toBe(C);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('knows kits from before there were profiles as those of the default one', async () => {
    const { store, kits } = await storeOf({ key: A });
    const file = join(kits[0]?.folder ?? '', 'manifest.json');
    const text = readFileSync(file, 'utf8');
    const before = text.replace(/ *"profile": "default",\n/, '');
    expect(before).not.toBe(text);
    writeFileSync(file, before);
    expect((await findKit(undefined, store)).manifest.kernel.profile).toBe('default');
  });

  it('no profile’s name could be the first digits of a key', () => {
    expect(profilesOf()).toEqual(['default', 'debug']);
    for (const name of profilesOf()) expect(name).toMatch(/^[a-z]*[g-z][a-z]*$/);
  });

  it('finds kits by the first digits of their key, or as a folder', async () => {
    const { store, kits } = await storeOf({ key: A }, { key: A2 }, { key: C });
    expect((await findKit('c', store)).manifest.key).toBe(C);
    expect((await findKit('AAB', store)).manifest.key).toBe(A2);
    expect(await codesOf(findKit('aa', store))).toEqual(['UKL4012']);
    expect(await codesOf(findKit('d', store))).toEqual(['UKL4011']);
    expect(await codesOf(findKit('', store))).toEqual(['UKL4011']);
    expect(await findKit(kits[0]?.folder, '/nowhere')).toEqual(kits[0]);
  });

  it('says what is wrong with a kit, all of it', async () => {
    const { store, kits } = await storeOf({ key: A });
    const folder = kits[0]?.folder ?? '';
    truncateSync(join(folder, 'System.map'), 3);
    rmSync(join(folder, 'boot/part'));
    const problems = await problemsOf(findKit(undefined, store));
    expect(problems.map(({ code }) => code)).toEqual(['UKL4013', 'UKL4013']);
    expect(problems.map(({ message }) => message).join()).toMatch(
      /System\.map has 3 bytes.*boot\/part is missing/,
    );
  });

  it.each([
    ['is not JSON', 'UKL4013', () => '{'],
    ['is no manifest', 'UKL4013', () => '[]'],
    ['lacks a field', 'UKL4013', (text: string) => text.replace('"slot"', '"slat"')],
    ['has a wrong digest', 'UKL4013', (text: string) => text.replace(/"sha256": "./, '"sha256": "x')],
    ['belongs to another kit', 'UKL4013', (text: string) => text.replace(A, C)],
    ['has another format', 'UKL4014', (text: string) => text.replace(/"format": \d+/, '"format": 99')],
  ])('refuses a kit whose manifest %s: %s', async (_what, code, change) => {
    const { store, kits } = await storeOf({ key: A });
    const file = join(kits[0]?.folder ?? '', 'manifest.json');
    writeFileSync(file, change(readFileSync(file, 'utf8')));
    expect(await codesOf(findKit(undefined, store))).toEqual([code]);
    expect(await codesOf(findKit('a', store))).toEqual([code]);
  });

  it('names the version that made a kit of another format', async () => {
    const { kits } = await storeOf({ key: A });
    const folder = kits[0]?.folder ?? '';
    writeFileSync(join(folder, 'manifest.json'), '{"format": 99, "tool": "7.8.9", "new": true}');
    const [problem] = await problemsOf(openKit(folder));
    expect(problem?.message).toContain('ukl-link 7.8.9 in kit format 99');
  });

  it('compares files with their SHA-256', async () => {
    const { kits } = await storeOf({ key: A });
    const [kit] = kits;
    if (kit === undefined) expect.fail('no kit');
    expect((await readKitFile(kit, 'boot/part')).toString()).toBe('boot part');
    writeFileSync(join(kit.folder, 'boot/part'), 'boot tarp');
    expect(await codesOf(readKitFile(kit, 'boot/part'))).toEqual(['UKL4013']);
    expect(await codesOf(verifyKit(kit))).toEqual(['UKL4013']);
  });

  it('removes a kit whole', async () => {
    const { store } = await storeOf({ key: A }, { key: C });
    await removeKit(findStored('a', await listKits(store)));
    expect(readdirSync(store)).toEqual([C]);
  });
});

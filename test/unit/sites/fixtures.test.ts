import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileObject } from '../../support/compile.js';
import { loadFixtures } from '../../support/fixtures.js';
import { redirect } from './support.js';

const withSites = loadFixtures().filter(({ sites }) => sites !== undefined);

it('the adversarial fixtures all say what must become of their sites', () => {
  const adversarial = loadFixtures().filter(({ path }) => path.includes('/sites/'));
  expect(adversarial.map(({ name }) => name)).toEqual(withSites.map(({ name }) => name));
  expect(adversarial.length).toBeGreaterThanOrEqual(9);
});

describe.each(['default', 'kernel'] as const)('sites of the fixtures, %s code model', (model) => {
  it.each(withSites.map((fixture) => [fixture.name, fixture] as const))('%s', async (_, fixture) => {
    const { sites } = redirect(readFileSync(await compileObject(fixture, model)));
    expect(sites.map(({ function: name, reason }) => ({ function: name, reason }))).toEqual(fixture.sites);
  });
});

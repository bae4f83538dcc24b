import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkErrors } from '../../../src/errors/index.js';
import { packageRoot } from '../../../src/host/index.js';

it('docs/checks.md lists every check with its severity', () => {
  const text = readFileSync(join(packageRoot, 'docs/checks.md'), 'utf8');
  const listed = [...text.matchAll(/^\| (UKL\d{4}) \| (\w+) /gm)].map(([, code, severity]) => ({
    code,
    severity,
  }));
  const made = Object.values(checkErrors).map((make) => make({}, ''));
  expect(listed).toEqual(made.map(({ code, severity }) => ({ code, severity })));
});

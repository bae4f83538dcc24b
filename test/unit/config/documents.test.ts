import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { configSchema } from '../../../src/config/schema.js';
import { packageRoot } from '../../../src/host/index.js';

interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly additionalProperties?: JsonSchema | boolean;
}

const schema = z.toJSONSchema(configSchema, { target: 'draft-7' }) as JsonSchema;
const docs = join(packageRoot, 'docs');

/** What a value is, for people. */
function kindOf(value: JsonSchema): string {
  if (value.enum !== undefined) return value.enum.map((word) => `\`"${word}"\``).join(', ');
  if (value.anyOf !== undefined) return value.anyOf.map(kindOf).join(' or ');
  if (value.items !== undefined) return `list: ${kindOf(value.items)}`;
  if (value.type === 'object') return value.properties === undefined ? 'object of strings' : 'object';
  return value.type ?? 'anything';
}

function rowsOf(value: JsonSchema, prefix = ''): string[] {
  return Object.entries(value.properties ?? {}).flatMap(([key, inner]) => [
    `| \`${prefix}${key}\` | ${kindOf(inner)} | ${inner.description ?? ''} |`,
    ...rowsOf(inner, `${prefix}${key}.`),
  ]);
}

describe('the published schema', () => {
  it('is that of the tool (npm run config-doc writes it)', async () => {
    const text = JSON.stringify({ title: 'ukl.json', ...schema });
    await expect(await format(text, { parser: 'json', printWidth: 110 })).toMatchFileSnapshot(
      join(docs, 'ukl.schema.json'),
    );
  });

  it('describes every key', () => {
    const rows = rowsOf(schema);
    expect(rows.length).toBeGreaterThan(30);
    expect(rows.filter((row) => row.endsWith('|  |'))).toEqual([]);
  });

  it('is the table of docs/config.md', async () => {
    const page = readFileSync(join(docs, 'config.md'), 'utf8');
    const table = ['| key | value | meaning |', '| - | - | - |', ...rowsOf(schema)].join('\n');
    const between = /(?<=<!-- keys -->\n)[^]*(?=<!-- end of keys -->)/;
    expect(page).toMatch(between);
    const filled = page.replace(between, () => `\n${table}\n\n`);
    const written = await format(filled, { parser: 'markdown', printWidth: 110 });
    await expect(written).toMatchFileSnapshot(join(docs, 'config.md'));
  });
});

import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const folder = resolve(import.meta.dirname, '../../src/errors');

/** Code ranges of docs/architecture.md, by the catalogue's file. */
const RANGES: Readonly<Record<string, string>> = {
  'elf.ts': '1',
  'link.ts': '2',
  'checks.ts': '2',
  'image.ts': '3',
  'kernel.ts': '4',
  'run.ts': '5',
  'disk.ts': '5',
  'host.ts': '6',
  'config.ts': '6',
};

interface Entry {
  readonly file: string;
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** Every entry of the catalogue, read from its source: the messages are functions of what was found. */
function catalogue(): Entry[] {
  return readdirSync(folder)
    .filter((file) => !['index.ts', 'diagnostic.ts', 'warnings.ts'].includes(file))
    .sort()
    .flatMap(entriesOf);
}

function entriesOf(file: string): Entry[] {
  const text = readFileSync(join(folder, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const entries: Entry[] = [];
  const visit = (node: ts.Node): void => {
    const isEntry = ts.isPropertyAssignment(node) && ts.isArrowFunction(node.initializer);
    const code = isEntry ? /UKL\d{4}/.exec(node.getText())?.[0] : undefined;
    if (isEntry && code !== undefined) entries.push(readEntry(file, node, code));
    else ts.forEachChild(node, visit);
  };
  visit(source);
  return entries;
}

/** `errorDiagnostic(code, message, place, hint)`, or an object literal with those names. */
function readEntry(file: string, node: ts.PropertyAssignment, code: string): Entry {
  let message: ts.Expression | undefined;
  let hint: ts.Expression | undefined;
  const visit = (inner: ts.Node): void => {
    if (ts.isCallExpression(inner) && inner.arguments[0]?.getText().includes(code)) {
      [, message, , hint] = inner.arguments;
    } else if (ts.isPropertyAssignment(inner) && inner.name.getText() === 'message')
      message = inner.initializer;
    else if (ts.isPropertyAssignment(inner) && inner.name.getText() === 'hint') hint = inner.initializer;
    else ts.forEachChild(inner, visit);
  };
  visit(node.initializer);
  return { file, name: node.name.getText(), code, message: wording(message), hint: wording(hint) };
}

/** A text with its variable parts named: `${file.path}` becomes `<file.path>`. */
function wording(node: ts.Expression | undefined): string {
  if (node === undefined) return '';
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    const spans = node.templateSpans.map((span) => variable(span.expression) + span.literal.text);
    return node.head.text + spans.join('');
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    return wording(node.left) + wording(node.right);
  }
  // `withTail(`…`, lines)`: the text is the first argument.
  if (ts.isCallExpression(node) && node.arguments[0] !== undefined && !ts.isIdentifier(node.arguments[0])) {
    return wording(node.arguments[0]);
  }
  if (ts.isConditionalExpression(node)) return `${wording(node.whenTrue)} / ${wording(node.whenFalse)}`;
  return variable(node);
}

/** A name of the file's own texts stands for the text; anything else is filled in when it is reported. */
function variable(node: ts.Expression): string {
  if (ts.isIdentifier(node)) {
    const constant = node
      .getSourceFile()
      .statements.filter(ts.isVariableStatement)
      .flatMap(({ declarationList }) => [...declarationList.declarations])
      .find(({ name }) => name.getText() === node.text);
    if (constant !== undefined) return wording(constant.initializer);
  }
  const names = node.getText().match(/[A-Za-z_]\w*(?:\.\w+)*/g) ?? [];
  return `<${names.find((name) => !['String', 'JSON.stringify', 'mib'].includes(name)) ?? '…'}>`;
}

function page(entries: readonly Entry[]): string {
  const sections = entries.map(({ code, message, hint }) => {
    const lines = message.replace(/\s*\n\s*/g, ' ').trim();
    return `## ${code}\n\n${lines}\n${hint === '' ? '' : `\n_What to do:_ ${hint}\n`}`;
  });
  return [
    '# Errors\n',
    'Every problem that `ukl-link` reports, by its code. A code is never used for another problem. Parts in `<…>` are filled in',
    'when it is reported. This page is made from `src/errors/` by `npm run errors-doc`; a test compares the two.\n',
    ...sections,
  ].join('\n');
}

describe('the catalogue of errors', () => {
  const entries = catalogue().sort((a, b) => a.code.localeCompare(b.code));

  it('is read whole: every code that stands in its source is an entry', () => {
    for (const file of readdirSync(folder)) {
      const codes = readFileSync(join(folder, file), 'utf8').match(/'UKL\d{4}'/g) ?? [];
      expect(entries.filter((entry) => entry.file === file).length, file).toBe(codes.length);
    }
  });

  it('has each code once', () => {
    const codes = entries.map(({ code }) => code);
    expect(codes.filter((code, i) => codes.indexOf(code) !== i)).toEqual([]);
  });

  it('has codes in the range of their part', () => {
    const strays = entries.filter(({ file, code }) => code[3] !== RANGES[file]);
    expect(strays).toEqual([]);
  });

  it('says what was found and what to do', () => {
    expect(entries.filter(({ message, hint }) => message === '' || hint === '')).toEqual([]);
  });

  it('is described in docs/errors.md', async () => {
    await expect(page(entries)).toMatchFileSnapshot('../../docs/errors.md');
  });
});

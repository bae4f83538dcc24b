import { evaluate, parse, type ValueNode } from '@humanwhocodes/momoa';
import { UklError, configErrors, type Diagnostic, type Place } from '../errors/index.js';

/** Where a value stands in a JSON document: keys and indices from the outside in. */
export type ValuePath = readonly PropertyKey[];

/** A JSON document that knows where its values stand. */
export interface JsonText {
  readonly value: unknown;
  /** The place of a value, of its key if it is a member; of the innermost that is there, for one that is not. */
  readonly placeOf: (path: ValuePath) => Place;
}

/** Reads JSON; JSON.parse() says neither where a value is nor, in every case, where an error is. Throws UKL6020, UKL6023. */
export function readJsonText(text: string, file: string): JsonText {
  const body = parseBody(text, file);
  const places = new Map<string, Place>();
  const problems: Diagnostic[] = [];
  const visit = (node: ValueNode, path: ValuePath, at: ValueNode | undefined = node): void => {
    const { line, column } = (at ?? node).loc.start;
    const place = { file, line, column };
    if (places.has(keyOf(path))) problems.push(configErrors.keyTwice(formatPath(path), place));
    places.set(keyOf(path), place);
    if (node.type === 'Array') node.elements.forEach(({ value }, i) => visit(value, [...path, i]));
    if (node.type !== 'Object') return;
    for (const { name, value } of node.members) {
      // In JSON a name is always a string; only JSON5 has identifiers.
      if (name.type === 'String') visit(value, [...path, name.value], name);
    }
  };
  visit(body, []);
  if (problems.length > 0) throw new UklError(problems);
  return {
    value: evaluate(body),
    placeOf: (path) => {
      for (let length = path.length; length > 0; length--) {
        const place = places.get(keyOf(path.slice(0, length)));
        if (place !== undefined) return place;
      }
      return { file };
    },
  };
}

/** `run.ports[0]`; names that are no identifiers in quotes, `env["a b"]`. */
export function formatPath(path: ValuePath): string {
  const text = path
    .map((part) => {
      if (typeof part === 'number') return `[${part}]`;
      const name = String(part);
      return /^[\w$]+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
    })
    .join('');
  return text === '' ? 'the document' : text.replace(/^\./, '');
}

const keyOf = (path: ValuePath): string => JSON.stringify(path.map(String));

function parseBody(text: string, file: string): ValueNode {
  try {
    return parse(text, { mode: 'json' }).body;
  } catch (error) {
    const { line, column } = error as { readonly line?: unknown; readonly column?: unknown };
    if (!(error instanceof Error) || typeof line !== 'number' || typeof column !== 'number') throw error;
    // The place is ours to print.
    const what = error.message.replace(/ found\. \(\d+:\d+\)$/, '').replace(/^U/, 'u');
    throw new UklError(configErrors.notJson(what, { file, line, column }), { cause: error });
  }
}

import type * as z from 'zod/mini';
import { configErrors, type Diagnostic } from '../errors/index.js';
import { formatPath, type JsonText, type ValuePath } from './json-text.js';
import { nearest } from './nearest.js';

type Issue = z.core.$ZodIssue;
type Schema = z.core.$ZodType;

/** Everything that is wrong with a file, each with its path and place. */
export function describeIssues(issues: readonly Issue[], schema: Schema, json: JsonText): Diagnostic[] {
  return issues.flatMap((issue) => describe(issue, [], schema, json));
}

function describe(issue: Issue, above: ValuePath, schema: Schema, json: JsonText): Diagnostic[] {
  const path = [...above, ...issue.path];
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(schema, path);
      return issue.keys.map((key) => {
        const at = [...path, key];
        return configErrors.unknownKey(formatPath(at), nearest(key, known), json.placeOf(at));
      });
    }
    case 'invalid_union': {
      const alternative = meantAlternative(issue.errors);
      if (alternative === undefined) break;
      return alternative.flatMap((inner) => describe(inner, path, schema, json));
    }
    case 'invalid_key':
      return issue.issues.map(({ message }) =>
        configErrors.badValue(formatPath(path), message, json.placeOf(path)),
      );
    default:
  }
  return [configErrors.badValue(formatPath(path), issue.message, json.placeOf(path))];
}

/** Of several forms of a value the one whose type is right, if that is one. */
function meantAlternative(alternatives: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const fitting = alternatives.filter(
    (issues) => !issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0),
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** The keys that an object at this path of the document may have. */
function keysAt(schema: Schema, path: ValuePath): string[] {
  const [first, ...rest] = path;
  const { def } = schema._zod as { readonly def: z.core.$ZodTypes['_zod']['def'] };
  switch (def.type) {
    case 'optional':
      return keysAt(def.innerType, path);
    case 'union':
      return def.options.flatMap((option) => keysAt(option, path));
    case 'array':
      return first === undefined ? [] : keysAt(def.element, rest);
    case 'object': {
      if (first === undefined) return Object.keys(def.shape);
      const inner = def.shape[String(first)];
      return inner === undefined ? [] : keysAt(inner, rest);
    }
    default:
      return [];
  }
}

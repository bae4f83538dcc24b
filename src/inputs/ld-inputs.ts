import type { LdInput, LdOptions } from '../ld/index.js';
import { prefixedName } from '../rewrite/index.js';
import type { LinkSettings } from './arguments.js';
import { mapSymbols } from './expression.js';
import type { LinkItem } from './items.js';

/** The inputs as ld gets them: in the same order, under other paths where `paths` has one. */
export function ldInputs(items: readonly LinkItem[], paths: ReadonlyMap<string, string>): LdInput[] {
  return items.map((item): LdInput => {
    if (item.kind === 'group') return { kind: 'group', items: ldInputs(item.items, paths) };
    const path = paths.get(item.file.path) ?? item.file.path;
    return item.kind === 'object' ? { kind: 'object', path } : { kind: 'archive', path, whole: item.whole };
  });
}

/** The options that ld gets, over the names that symbols have after prefixing. */
export function ldOptions({ wrapped, defined, ...flags }: LinkSettings): LdOptions {
  const { gcSections, printGcSections, multipleDefinitions } = flags;
  return {
    gcSections,
    printGcSections,
    multipleDefinitions,
    defined: defined.map(
      ({ name, expression }) => `${prefixedName(name)}=${mapSymbols(expression, prefixedName)}`,
    ),
    wrapped: wrapped.map((name) => ({
      name: prefixedName(name),
      wrapper: prefixedName(`__wrap_${name}`),
      real: prefixedName(`__real_${name}`),
    })),
  };
}

import type { LdInput } from '../ld/index.js';
import type { LinkItem } from './inputs.js';

/** The inputs as ld gets them: in the same order, under other paths where `paths` has one. */
export function ldInputs(items: readonly LinkItem[], paths: ReadonlyMap<string, string>): LdInput[] {
  return items.map((item): LdInput => {
    if (item.kind === 'group') return { kind: 'group', items: ldInputs(item.items, paths) };
    const path = paths.get(item.file.path) ?? item.file.path;
    return item.kind === 'object' ? { kind: 'object', path } : { kind: 'archive', path, whole: item.whole };
  });
}

import type { InputArgument } from './arguments.js';
import type { InputFile } from './files.js';

/** One thing the linker is given, in its order. */
export type LinkItem =
  | { readonly kind: 'object'; readonly file: InputFile & { readonly kind: 'object' } }
  | {
      readonly kind: 'archive';
      readonly file: InputFile & { readonly kind: 'archive' };
      readonly whole: boolean;
    }
  /** Archives that are searched until none gives anything more. */
  | { readonly kind: 'group'; readonly items: readonly LinkItem[] };

/** A word of the command line that stands for a file. */
export type FileArgument = InputArgument & { readonly kind: 'file' | 'library' };

/** The inputs, with what `open` gives for each file, in the groups that they are in. */
export async function itemsOf(
  inputs: readonly InputArgument[],
  open: (input: FileArgument, whole: boolean) => Promise<LinkItem[]>,
): Promise<LinkItem[]> {
  const items: LinkItem[] = [];
  let group: LinkItem[] | undefined;
  let whole = false;
  for (const input of inputs) {
    switch (input.kind) {
      case 'file':
      case 'library':
        (group ?? items).push(...(await open(input, whole)));
        break;
      case 'group-start':
        group = [];
        break;
      case 'group-end':
        items.push({ kind: 'group', items: group ?? [] });
        group = undefined;
        break;
      case 'whole-archive':
        whole = input.on;
        break;
    }
  }
  return items;
}

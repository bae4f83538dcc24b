import { readLdWords, isFile } from '../inputs/ld-words.js';

/** An input of a link as the command line names it, with what was in force there. */
export interface NamedInput {
  /** `-lNAME`, or a file's path. */
  readonly kind: 'library' | 'file';
  readonly name: string;
  /** Whether shared libraries count (`-Bdynamic`, the default). */
  readonly shared: boolean;
}

/** What matters of ld's command line to someone who looks at its output. */
export interface LdCommandLine {
  readonly output: string;
  /** Whether it asks for an executable. */
  readonly program: boolean;
  readonly inputs: readonly NamedInput[];
  /** Folders of `-L`. */
  readonly folders: readonly string[];
}

/** Reads ld's arguments, response files expanded. */
export function readCommandLine(words: readonly string[]): LdCommandLine {
  const inputs: NamedInput[] = [];
  const folders: string[] = [];
  const states: boolean[] = [];
  let output = 'a.out';
  let program = true;
  let shared = true;
  for (const word of readLdWords(words)) {
    const { option, text, value } = word;
    if (isFile(word)) inputs.push({ kind: 'file', name: text, shared });
    switch (option?.effect) {
      case 'library':
        inputs.push({ kind: 'library', name: value ?? '', shared });
        break;
      case 'folder':
        folders.push(value ?? '');
        break;
      case 'output':
        output = value ?? '';
        break;
      case 'static':
      case 'dynamic':
        shared = option.effect === 'dynamic';
        break;
      case 'push-state':
        states.push(shared);
        break;
      case 'pop-state':
        shared = states.pop() ?? shared;
        break;
      case 'relocatable':
      case 'shared':
      case 'ends':
        program = false;
        break;
      default:
    }
  }
  return { output, program: program && inputs.length > 0, inputs, folders };
}

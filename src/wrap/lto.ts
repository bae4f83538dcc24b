import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { BITCODE_MAGIC, identify } from '../elf/index.js';
import { isFile, readLdWords, type LdWord } from '../inputs/ld-words.js';
import type { RecordedInput } from '../record/format.js';
import type { FoundInputs } from './inputs.js';
import { Members } from './members.js';

/** gcc's mark of an object without machine code; clang's objects are none, also in archives, behind the end of a member's header. */
const SLIM = Buffer.from('__gnu_lto_slim');
const BITCODE_MEMBER = Buffer.from(`\`\n${BITCODE_MAGIC}`, 'latin1');

/**
 * The inputs of a link, with machine code in all of them. Objects of link-time optimisation have none: the compiler makes it when they are linked. So
 * ld and its plugin are called as they were, but for one object (`-r`, and gcc's -flinker-output=nolto-rel), which stands for all the program's own
 * inputs. mold cannot make such an object; GNU ld does it in its place. When that fails, the objects are recorded as they came: a link with the kernel then says what to compile them with (UKL2009).
 */
export function compiledInputs(
  linker: string,
  args: readonly string[],
  found: FoundInputs,
  members: Members,
): { readonly found: FoundInputs; readonly members: Members } {
  const contents = members.files.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.length));
  const isGcc = contents.some((bytes) => bytes.includes(SLIM));
  if (!isGcc && !contents.some((bytes) => identify(bytes) === 'bitcode' || bytes.includes(BITCODE_MEMBER))) {
    return { found, members };
  }
  const folder = mkdtempSync(join(tmpdir(), 'ukl-lto-'));
  const output = join(folder, 'lto.o');
  try {
    const partial = basename(linker).includes('mold') ? 'ld.bfd' : linker;
    const known = isGcc ? ['-plugin-opt=-linker-output-known'] : [];
    execFileSync(partial, [...partialLink(args, found.inputs, output), ...known], {
      stdio: 'ignore',
      env: { ...process.env, COLLECT_GCC_OPTIONS: `${compilerOptions()} '-flinker-output=nolto-rel'` },
    });
    const kept = new Members();
    const merged = kept.add(output);
    const first = found.inputs.findIndex(isMerged);
    const keep = (input: RecordedInput, i?: number): RecordedInput => {
      if (input.kind !== 'own') return input;
      if (!isMerged(input)) return { ...kept.add(input.path, members.contentOf(input)), late: true };
      return i === first
        ? merged
        : { kind: 'none', path: input.path, why: 'compiled and linked into one object before' };
    };
    const needed = found.needed.map((input) => keep(input));
    return { found: { inputs: found.inputs.map(keep), needed }, members: kept };
  } catch {
    return { found, members };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What belongs to the program itself, in its place. */
function isMerged(input: RecordedInput): boolean {
  return input.kind === 'own' && input.late !== true;
}

/** Of ld's arguments those that say which objects are linked, and the plugin's; and what makes one object of them. */
function partialLink(args: readonly string[], inputs: readonly RecordedInput[], output: string): string[] {
  let position = 0;
  const kept = [...readLdWords(args)].flatMap((word): string[] => {
    if (isFile(word) || word.option?.effect === 'library') {
      const input = inputs[position++];
      return input !== undefined && isMerged(input) ? [input.path] : [];
    }
    return isKept(word) ? args.slice(word.position, word.end) : [];
  });
  return [...kept, '-r', '-o', output, '-u', 'main'];
}

function isKept({ text, value, option }: LdWord): boolean {
  switch (option?.effect) {
    case 'start-group':
    case 'end-group':
    case 'whole-archive':
    case 'no-whole-archive':
    case 'push-state':
    case 'pop-state':
    case 'undefined':
    case 'entry':
    case 'emulation':
      return true;
    default:
      // Libraries that the compiler's code may need are no part of this object; the kernel's link has them.
      return (
        /^--?(?:plugin(?:-opt)?\b|lto-|mllvm\b)/.test(text) && value?.startsWith('-pass-through=') !== true
      );
  }
}

/** Options of the compiler that runs ld, quoted as it quotes them, without those that keep its intermediate files: they are there already. */
function compilerOptions(): string {
  const { COLLECT_GCC_OPTIONS = '' } = process.env;
  return COLLECT_GCC_OPTIONS.replace(/'-save-temps[^']*'/g, '');
}

import { findToolchain, parseProgramArguments, resolveInputs, type LinkItem } from './inputs/index.js';
import { finishProgram, runLd, type LdInput, type SlotProgram } from './ld/index.js';

export async function linkProgram(words: readonly string[], base: bigint): Promise<SlotProgram> {
  const toolchain = await findToolchain();
  const program = parseProgramArguments(words);
  const inputs = resolveInputs(program, toolchain);
  const linked = await runLd({
    ld: toolchain.ld,
    inputs: inputs.items.map(toLd),
    base,
    entry: '_start',
    wanted: program.wanted,
  });
  return finishProgram(linked, base);
}
function toLd(item: LinkItem): LdInput {
  switch (item.kind) {
    case 'object':
      return { kind: 'object', path: item.file.path };
    case 'archive':
      return { kind: 'archive', path: item.file.path, whole: item.whole };
    case 'group':
      return { kind: 'group', items: item.items.map(toLd) };
  }
}

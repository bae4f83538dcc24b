import { closeSync, fstatSync, openSync } from 'node:fs';
import { basename } from 'node:path';
import { writeArchive, type NewMember } from '../elf/index.js';
import { packageVersion } from '../host/package.js';
import { expandResponseFiles } from '../inputs/response-files.js';
import { LINK_SECTION, RECORD_FORMAT, RECORD_MEMBER, type LinkRecord } from '../record/format.js';
import { appendSection } from './append-section.js';
import { readCommandLine } from './command-line.js';
import { dynamicOf, findInputs, type FoundInputs } from './inputs.js';
import { compiledInputs } from './lto.js';
import { Members } from './members.js';

/**
 * Adds to the executable that a linker has just made what it was made of. Does nothing when these arguments make no executable. What cannot be
 * found or read makes the record incomplete, with the reason in it. Throws only when the executable itself cannot be written.
 */
export function recordLink(linker: string, words: readonly string[]): void {
  const args = expandResponseFiles(words);
  const command = readCommandLine(args);
  if (!command.program) return;
  const fd = openSync(command.output, 'r+');
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) return;
    const { members, ...found } = attempt(() => {
      const members = new Members();
      const inputs = findInputs(command, members, new Set(dynamicOf(command.output).needed));
      return compiledInputs(linker, args, inputs, members);
    });
    const record: LinkRecord = {
      format: RECORD_FORMAT,
      tool: packageVersion(),
      linker: basename(linker),
      folder: process.cwd(),
      args,
      ...found,
    };
    const first = { name: RECORD_MEMBER, data: Buffer.from(JSON.stringify(record)) };
    appendSection(fd, stats.size, LINK_SECTION, writeArchive([first, ...members], { index: false }));
  } finally {
    closeSync(fd);
  }
}

/** What is recorded of the inputs, and the members that hold them. */
type Found = FoundInputs & Pick<LinkRecord, 'incomplete'> & { readonly members: readonly NewMember[] };

/** A link that has succeeded stays one, whatever is wrong here: `ukl-link` says it when it reads the record. */
function attempt(find: () => { readonly found: FoundInputs; readonly members: Members }): Found {
  try {
    const { found, members } = find();
    return { ...found, members: members.files };
  } catch (error) {
    const incomplete = error instanceof Error ? error.message : String(error);
    return { inputs: [], needed: [], incomplete, members: [] };
  }
}

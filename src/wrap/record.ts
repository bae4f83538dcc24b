import { closeSync, fstatSync, openSync } from 'node:fs';
import { basename } from 'node:path';
import { writeArchive } from '../elf/index.js';
import { packageVersion } from '../host/package.js';
import { expandResponseFiles } from '../inputs/response-files.js';
import { LINK_SECTION, RECORD_FORMAT, RECORD_MEMBER, type LinkRecord } from '../record/format.js';
import { appendSection } from './append-section.js';
import { readCommandLine } from './command-line.js';
import { dynamicOf, findInputs, type FoundInputs } from './inputs.js';
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
    const members = new Members();
    const record: LinkRecord = {
      format: RECORD_FORMAT,
      tool: packageVersion(),
      linker: basename(linker),
      folder: process.cwd(),
      args,
      ...attempt(() => findInputs(command, members, new Set(dynamicOf(command.output).needed))),
    };
    const files = record.incomplete === undefined ? members.files : [];
    const first = { name: RECORD_MEMBER, data: Buffer.from(JSON.stringify(record)) };
    appendSection(fd, stats.size, LINK_SECTION, writeArchive([first, ...files], { index: false }));
  } finally {
    closeSync(fd);
  }
}

/** A link that has succeeded stays one, whatever is wrong here: `ukl-link` says it when it reads the record. */
function attempt(find: () => FoundInputs): FoundInputs & Pick<LinkRecord, 'incomplete'> {
  try {
    return find();
  } catch (error) {
    return { inputs: [], needed: [], incomplete: error instanceof Error ? error.message : String(error) };
  }
}

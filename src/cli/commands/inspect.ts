import { UklError, type Diagnostic } from '../../errors/index.js';
import { INSPECT_SCHEMA, inspectFile, type FileReport } from '../../inspect/index.js';
import { writeFileAtomic } from '../../host/index.js';
import { readProgram } from '../../image/index.js';
import { defineCommand } from '../command.js';
import { inspectionText } from '../inspect/text.js';
import { printDiagnostics, printJson, printLine } from '../print.js';
import { UsageError } from '../status.js';
import { jsonOption } from './kernel-options.js';

export const command = defineCommand({
  positionals: {
    file: {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'Objects, archives, programs, images, kits (a folder, a packed one, or a key’s first digits)',
    },
  },
  options: {
    extract: {
      type: 'string',
      requiresArg: true,
      describe:
        'Write the program of an image to this file, as it lies in the slot: for nm, objdump, addr2line',
    },
    verify: { type: 'boolean', describe: 'Compare every file of a kit with its SHA-256' },
    json: jsonOption,
  },
  examples: [
    ['$0 inspect hello.bzImage', 'what is in an image'],
    ['$0 inspect hello.bzImage --extract hello.elf', 'then: nm hello.elf'],
    ['$0 inspect --json libfoo.a | jq .files[0].sites', 'a figure for a script'],
  ],
  run: async ({ file, verify = false, extract, json }) => {
    if (extract !== undefined) {
      const [image = '', ...others] = file;
      if (others.length > 0) throw new UsageError('--extract takes one image');
      await writeFileAtomic(extract, (await readProgram(image)).elf);
      return 0;
    }
    const files: FileReport[] = [];
    const diagnostics: Diagnostic[] = [];
    for (const name of file) {
      try {
        files.push(await inspectFile(name, { verify }));
      } catch (error) {
        if (!(error instanceof UklError)) throw error;
        diagnostics.push(...error.diagnostics);
      }
    }
    if (json) printJson({ schema: INSPECT_SCHEMA, files, diagnostics });
    else if (files.length > 0) printLine(files.map(inspectionText).join('\n\n'));
    printDiagnostics(diagnostics);
    return diagnostics.length === 0 ? 0 : 1;
  },
});

import type { KitReport } from '../../inspect/index.js';
import { mib } from '../kit-text.js';
import { facts, table } from '../table.js';

export function kitText(report: KitReport): string {
  const { kernel, slot, files } = report;
  return [
    facts([
      ['key', report.key],
      ['kernel', `${kernel.release}, ${report.symbols} symbols`],
      ['source', kernel.source === null ? 'a developer’s tree' : `Linux ${kernel.version}, ${kernel.source}`],
      ['patches', kernel.series ?? 'a developer’s tree'],
      ['profile', kernel.profile],
      ['compiler', kernel.compiler],
      ['made by', `ukl-link ${report.tool}`],
      ['slot', `${slot.address}, ${mib(slot.size)}`],
      ['hashes', report.verified ? 'every file is as its SHA-256 says' : 'not checked (--verify)'],
    ]),
    table(
      [
        ['file', 'bytes', 'SHA-256'],
        ...files.map(({ name, size, sha256 }) => [name, size, sha256]),
        ['all', report.contents],
      ],
      { indent: '  ' },
    ),
  ].join('\n\n');
}

import type { FileReport } from '../../inspect/index.js';
import { archiveText, linkText, objectText, programText } from './elf.js';
import { imageText } from './image.js';
import { kitText } from './kit.js';

/** A file for people: what it is, then all about it, indented. */
export function inspectionText(report: FileReport): string {
  return `${report.file}: ${headline(report)}, ${report.size} bytes\n${bodyText(report)}`;
}

function headline(report: FileReport): string {
  switch (report.kind) {
    case 'object':
      return 'an x86-64 object';
    case 'archive':
      return report.thin ? 'a thin archive' : 'an archive';
    case 'program':
      return 'a linked x86-64 file';
    case 'kit':
      return report.packed ? 'a packed kit' : 'a kit';
    case 'image':
      return report.link === null
        ? 'a kernel image (bzImage), not made by ukl-link'
        : 'an image made by ukl-link';
  }
}

function bodyText(report: FileReport): string {
  switch (report.kind) {
    case 'object':
      return objectText(report);
    case 'archive':
      return archiveText(report);
    case 'program':
      return report.link === undefined
        ? programText(report)
        : `${programText(report)}\n\n${linkText(report.link)}`;
    case 'kit':
      return kitText(report);
    case 'image':
      return imageText(report);
  }
}

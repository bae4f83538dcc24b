import type {
  ArchiveReport,
  CodeReport,
  FindingCounts,
  LinkReport,
  LinkedElf,
  MemorySizes,
  ObjectReport,
  SiteCounts,
} from '../../inspect/index.js';
import { facts, table } from '../table.js';

const CODE_MODELS: Readonly<Record<ObjectReport['codeModel'], string>> = {
  'position-independent': 'position-independent',
  'top 2 GiB': 'absolute, top 2 GiB (kernel)',
  'low 2 GiB': 'absolute, low 2 GiB: cannot be linked to the slot',
  large: '64-bit addresses in code (large)',
};

export function objectText(report: ObjectReport): string {
  const { symbols, relocations, sections } = report;
  const counts = Object.entries(relocations).map(([type, count]) => `${count} ${type}`);
  return [
    facts([
      ['memory', memoryText(report.memory)],
      ['code model', CODE_MODELS[report.codeModel]],
      ['system calls', sitesText(report.sites)],
      ['checks', findingsText(report.findings)],
      ['symbols', `${symbols.global} global, ${symbols.local} local, ${symbols.undefined} undefined`],
      ['groups', report.groups === 0 ? undefined : `${report.groups} COMDAT`],
      ['relocations', counts.length === 0 ? 'none' : counts.join(', ')],
    ]),
    table(
      [
        ['section', 'type', 'flags', 'offset', 'size', 'align', 'relocations'],
        ...sections.map((s) => [s.name, s.type, s.flags, s.offset, s.size, s.align, s.relocations]),
      ],
      { indent: '  ' },
    ),
  ].join('\n\n');
}

export function archiveText(report: ArchiveReport): string {
  const { members, objects, index } = report;
  return [
    facts([
      ['format', `${report.format === 'gnu' ? 'GNU' : 'BSD'}${report.thin ? ', thin' : ''}`],
      ['members', `${members.length}, of which ${objects} are x86-64 objects`],
      ['index', index === null ? 'none' : `${index} symbols`],
      ['memory', memoryText(report.memory)],
      ['system calls', sitesText(report.sites)],
      ['checks', findingsText(report.findings)],
    ]),
    table(
      [
        ['member', 'bytes', 'text', 'data', 'bss', 'sites', 'redirected', 'code model'],
        ...members.map((m) =>
          m.kind === 'object'
            ? [
                m.name,
                m.size,
                m.memory.text,
                m.memory.data,
                m.memory.bss,
                m.sites.total,
                m.sites.redirected,
                m.codeModel,
              ]
            : [m.name, m.size, '', '', '', '', '', m.what],
        ),
      ],
      { indent: '  ' },
    ),
  ].join('\n\n');
}

/** What a wrapper has recorded of the link. */
export function linkText(report: LinkReport): string {
  const list = (names: readonly string[]): string | undefined =>
    names.length === 0 ? undefined : names.join(', ');
  return [
    facts([
      ['linked by', `${report.linker}, recorded by ukl-link ${report.tool}`],
      ['in', report.folder],
      ['libraries', list(report.libraries)],
      ['without archive', list(report.shared)],
      ['incomplete', report.incomplete],
    ]),
    table([['carries', 'bytes'], ...report.inputs.map(({ path, size }) => [path, size])], { indent: '  ' }),
  ].join('\n\n');
}

export function programText(report: LinkedElf): string {
  const { tls, needed, notes } = report;
  return [
    facts([
      ['what', report.what],
      ['entry', report.entry],
      ['interpreter', report.interpreter],
      ['needs', needed.length === 0 ? undefined : needed.join(', ')],
      ['memory', memoryText(report.memory)],
      ['thread-local', tls && `${tls.size} bytes, ${tls.fileSize} of them initialised, align ${tls.align}`],
      ['stack', report.executableStack ? 'asks to be executable' : undefined],
      ['system calls', codeText(report.code)],
      ['symbols', report.sections === 0 ? undefined : `${report.symbols} in ${report.sections} sections`],
      ...notes.map((n) => ['note', n.text ?? `${n.owner}, type ${n.type}, ${n.size} bytes`] as const),
    ]),
    table(
      [
        ['segment', 'offset', 'address', 'file size', 'memory size', 'flags', 'align'],
        ...report.segments.map((s) => [
          ...[s.type, s.offset, s.address, s.fileSize, s.memorySize, s.flags, s.align],
        ]),
      ],
      { indent: '  ' },
    ),
  ].join('\n\n');
}

function memoryText({ text, data, bss }: MemorySizes): string {
  return `${text} text, ${data} data, ${bss} bss: ${text + data + bss} bytes`;
}

/** Sites by what a link makes of them. */
function sitesText({ total, redirected, native }: SiteCounts): string {
  if (total === 0) return 'none';
  const reasons = Object.entries(native).map(([reason, count]) => `${count} ${reason}`);
  const kept = reasons.length === 0 ? '' : `; native: ${reasons.join(', ')}`;
  return `${total} sites, ${redirected} of them redirected by a link${kept}`;
}

/** Findings by their weight. */
function findingsText({ error, warning, note }: FindingCounts): string {
  if (error + warning + note === 0) return 'nothing found';
  return `${error} errors, ${warning} warnings, ${note} notes: ukl-link check lists them`;
}

/** System calls by the way they take. */
function codeText({ size, syscalls, kernelEntries }: CodeReport): string {
  const native = `${syscalls} syscall instructions in ${size} bytes of code`;
  const ways = kernelEntries.map((e) => `${e.count} to ${e.symbol ?? e.address}`);
  return ways.length === 0 ? native : `${native}; jumps into the kernel: ${ways.join(', ')}`;
}

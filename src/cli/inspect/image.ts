import type { ImageReport, LinkedReport, RootfsEntryReport, RootfsReport } from '../../inspect/index.js';
import { shellLine } from '../../run/command.js';
import { SHOWN_DIGITS } from '../../kernel/store.js';
import { mib } from '../kit-text.js';
import { facts, table, type Cell } from '../table.js';
import { programText } from './elf.js';

export function imageText({ kernel, boot, compression, payload, crcGood, link }: ImageReport): string {
  const abilities = [
    boot.entry64 ? '64-bit' : '32-bit',
    boot.relocatable ? 'relocatable' : 'at a fixed address',
    ...(boot.above4G ? ['above 4 GiB'] : []),
    boot.efiStub ? 'EFI stub' : 'no EFI stub',
  ];
  const unpacked = link === null ? '' : ` of ${link.unpacked}`;
  const general = facts([
    ['kernel', kernel === '' ? 'does not tell its version' : kernel],
    ['boot protocol', `${boot.protocol}, ${abilities.join(', ')}`],
    ['load address', `${boot.loadAddress}, needs ${mib(boot.initSize)}`],
    ['payload', `${compression}, ${payload}${unpacked} bytes`],
    ['checksum', crcGood ? 'right' : 'wrong: changed, signed or appended to since it was made'],
    ...(link === null ? [] : linkFacts(link)),
  ]);
  return link === null ? general : [general, ...linkTables(link)].join('\n\n');
}

function linkFacts(link: LinkedReport): [string, string | undefined][] {
  const { slot, bootRelocations: words, argv, env } = link;
  return [
    ['kit', kitText(link)],
    ['command line', link.cmdline === undefined ? 'the kernel’s own' : JSON.stringify(link.cmdline)],
    ['slot', `${slot.address}, ${link.slotUsed} of ${slot.size} bytes used`],
    ['KASLR moves', `${words.kernel} words of the kernel, ${words.program} of the program`],
    ['options', link.options?.map((option) => `--enable-${option}`).join(' ') || undefined],
    ['arguments', argv && shellLine(argv)],
    ['environment', env === undefined || env.length === 0 ? undefined : shellLine(env)],
  ];
}

function kitText({ kit, kitFolder }: LinkedReport): string {
  if (kit === null) return 'not told';
  return `${kit.slice(0, SHOWN_DIGITS)} ${kitFolder === undefined ? '(not on this machine)' : `(${kitFolder})`}`;
}

function linkTables({ parts, program, rootfs }: LinkedReport): string[] {
  const sizes = table([['part', 'bytes'], ...parts.map(({ name, size }) => [name, size])], { indent: '  ' });
  return [
    sizes,
    program === undefined ? 'no program: the slot is empty' : `program:\n${programText(program)}`,
    ...(rootfs === undefined ? [] : [rootfsText(rootfs)]),
  ];
}

function rootfsText({ size, compression, entries }: RootfsReport): string {
  const packed = compression === 'none' ? '' : `, compressed with ${compression}`;
  const heading = `root file system: ${size} bytes${packed}`;
  return entries === undefined ? heading : `${heading}\n${table(entries.map(entryCells), { indent: '  ' })}`;
}

const TYPE_LETTERS: Readonly<Record<string, string>> = {
  directory: 'd',
  symlink: 'l',
  'character device': 'c',
  'block device': 'b',
  fifo: 'p',
  socket: 's',
};

/** As `ls -l` and `cpio -tv` list it; permission bits in octal. */
function entryCells(entry: RootfsEntryReport): Cell[] {
  const target = entry.target === undefined ? '' : ` -> ${entry.target}`;
  const size = entry.device === undefined ? entry.size : entry.device.join(', ');
  return [
    ...[TYPE_LETTERS[entry.type] ?? '-', entry.mode, entry.uid, entry.gid, size, `${entry.path}${target}`],
  ];
}

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { SHF, readArchive, readElf, type ElfFile } from '../../../src/elf/index.js';
import type { SyscallSite } from '../../../src/rewrite/index.js';
import { rewriteArchive } from '../../../src/rewrite/rewrite-file.js';
import { archives, run, withDirectory } from '../elf/support/corpus.js';

const path = archives.find((archive) => archive.endsWith('/libc.a')) ?? '';

interface Member {
  readonly name: string;
  readonly before: ElfFile;
  readonly after: ElfFile;
  readonly sites: readonly SyscallSite[];
}

/** The members of the machine's libc.a that make system calls. */
const members: Member[] = [];
let rewritten: Uint8Array;

beforeAll(() => {
  const archive = readArchive(readFileSync(path), { file: path });
  const { bytes, sites } = rewriteArchive(archive, { syscalls: 'redirect' });
  rewritten = bytes;
  const after = readArchive(bytes).members;
  for (const { position, member = '', sites: found } of sites) {
    const [old, made] = [archive.members[position], after[position]];
    if (old === undefined || made === undefined) throw new Error(`no member ${position}`);
    members.push({ name: member, before: readElf(old.data), after: readElf(made.data), sites: found });
  }
}, 60_000);

/** Runs a tool on the rewritten archive. */
const runOnRewritten = (tool: string, ...args: string[]): string =>
  withDirectory((directory) => {
    const file = join(directory, 'libc.a');
    writeFileSync(file, rewritten);
    return run(tool, [...args, file]);
  });

describe('the system call sites of libc.a', () => {
  it('are those that objdump finds', () => {
    const expected = run('objdump', ['-d', '--no-show-raw-insn', path]).match(/\tsyscall/g)?.length;
    expect(members.flatMap(({ sites }) => sites)).toHaveLength(expected ?? 0);
  });

  it('are redirected, 97 of 100 and more; the others for reasons that hold', () => {
    const sites = members.flatMap((member) => member.sites);
    const native = sites.filter(({ reason }) => reason !== undefined);
    expect(native.length / sites.length).toBeLessThan(0.03);
    const reasons = new Set(native.map(({ reason }) => reason));
    expect([...reasons].sort()).toEqual(['label', 'short', 'sigreturn']);
  });

  it('change nothing but the code in front of them', () => {
    for (const { name, before, after, sites } of members) {
      for (const section of before.sections) {
        if (!section.has(SHF.ALLOC) || !section.inFile) continue;
        const new_ = after.section(section.index).contents;
        for (let at = 0; at < section.size; at++) {
          if (new_[at] === section.contents[at]) continue;
          // A window is four bytes and one instruction long at most.
          const site = sites.find((s) => s.section === section.name && s.offset > at && s.offset <= at + 19);
          expect(site?.stub, `${name} ${section.name}+${at}`).toBeDefined();
        }
      }
      for (const { section, offset } of sites) {
        const at = after.sectionNamed(section)?.contents.subarray(offset, offset + 2);
        expect([...(at ?? [])]).toEqual([0x0f, 0x05]);
      }
    }
  });

  it('are legal instructions afterwards', () => {
    const text = runOnRewritten('objdump', '-d', '--no-show-raw-insn');
    expect(text).not.toContain('(bad)');
    const redirected = members.flatMap((m) => m.sites).filter(({ stub }) => stub !== undefined);
    expect(text.match(/<ukl_\S+\.syscall>:$/gm)).toHaveLength(redirected.length);
  });

  it('unwind from their stubs as from where they were', { timeout: 60_000 }, () => {
    const frames = readFrames(runOnRewritten('readelf', '-W', '--debug-dump=frames-interp'));
    let compared = 0;
    for (const { name, sites } of members) {
      const fdes = frames.get(name) ?? [];
      for (const { section, offset, stub, function: where } of sites) {
        if (stub === undefined || section !== '.text') continue;
        const original = fdes.find(({ start, end }) => start < offset && offset <= end);
        const own = fdes.find(({ start }) => start === stub);
        expect(own && (own.rows.at(-1)?.rules ?? own.initial), `${name} ${where}+${offset}`).toEqual(
          original && (original.rows.findLast((row) => row.at <= offset)?.rules ?? original.initial),
        );
        if (own !== undefined) compared++;
      }
    }
    expect(compared).toBeGreaterThan(500);
  });
});

interface Frame {
  readonly start: number;
  readonly end: number;
  /** What its CIE says. */
  readonly initial: string;
  readonly rows: { readonly at: number; readonly rules: string }[];
}

/** FDEs and their rows by member, as readelf prints them; a FDE without rows of its own has its CIE's. */
function readFrames(text: string): Map<string, Frame[]> {
  const files = new Map<string, Frame[]>();
  let frames: Frame[] = [];
  let first = '';
  let cie = false;
  let columns: readonly string[] = [];
  for (const line of text.split('\n')) {
    const [, member] = /^File: .*\((.+)\)$/.exec(line) ?? [];
    if (member !== undefined) files.set(member, (frames = []));
    const [, start, end] = / FDE .*pc=([0-9a-f]+)\.\.([0-9a-f]+)/.exec(line) ?? [];
    if (start !== undefined && end !== undefined) {
      cie = false;
      frames.push({ start: parseInt(start, 16), end: parseInt(end, 16), initial: first, rows: [] });
    } else if (line.includes(' CIE ')) {
      cie = true;
    } else if (line.trim().startsWith('LOC')) {
      columns = line.trim().split(/\s+/).slice(1);
    }
    const [, at, cells] = /^([0-9a-f]{16}) (.*)$/.exec(line) ?? [];
    if (at === undefined || cells === undefined || line.includes('=')) continue;
    const values = cells.trim().replaceAll(' (', '(').split(/\s+/);
    // A column that only other rows of the FDE use says "unchanged" (u).
    const rules = columns
      .map((name, i) => `${name} ${values[i]}`)
      .filter((rule) => !rule.endsWith(' u'))
      .join(', ');
    if (cie) first = rules;
    else frames.at(-1)?.rows.push({ at: parseInt(at, 16), rules });
  }
  return files;
}

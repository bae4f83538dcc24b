import type { LinkMap } from '../ld/index.js';
import type { NativeReason, ObjectSites } from '../rewrite/index.js';
import { syscallName } from './syscall-names.js';

/** A system call site of a linked program. */
export interface LinkedSite {
  /** Path of the object or archive, and the archive's member. */
  readonly file: string;
  readonly member?: string;
  /** Where it is in the object: its section and the byte offset there as the object had it. */
  readonly section: string;
  readonly offset: number;
  readonly function?: string;
  /** Link address of the `syscall`, in hexadecimal; KASLR moves it with the kernel. */
  readonly address: string;
  /** `redirected` to the kernel's entry by a jump, or `native`: it executes its instruction. */
  readonly state: 'redirected' | 'native';
  /** Why it is native. */
  readonly reason?: NativeReason;
  /** Number and name of the system call, when the site always makes the same. */
  readonly number?: number;
  readonly name?: string;
}

/** The system call sites of a linked program, in the order of its files, and how many of them are redirected. */
export interface SyscallReport {
  readonly total: number;
  readonly redirected: number;
  readonly sites: readonly LinkedSite[];
}

/** An input file of the link: where it is, where its rewritten form is, and what sites it has. */
export interface SiteSource {
  readonly path: string;
  readonly rewritten: string;
  readonly objects: readonly ObjectSites[];
}

/** What became of the sites that ld linked into the program, by its map. */
export function reportSites(files: readonly SiteSource[], map: LinkMap): SyscallReport {
  const sites = files.flatMap((file) => fileSites(file, map));
  const redirected = sites.filter(({ state }) => state === 'redirected').length;
  return { total: sites.length, redirected, sites };
}

function fileSites({ path, rewritten, objects }: SiteSource, map: LinkMap): LinkedSite[] {
  const found: LinkedSite[] = [];
  for (const { member, sites } of objects) {
    const placed = map.get(member === undefined ? rewritten : `${rewritten}(${member})`);
    for (const { section, offset, stub, reason, number, function: name } of sites) {
      const place = placed?.get(section)?.[0];
      if (place === undefined) continue;
      const call = number === undefined ? undefined : syscallName(number);
      found.push({
        file: path,
        ...(member === undefined ? {} : { member }),
        section,
        offset,
        ...(name === undefined ? {} : { function: name }),
        address: `0x${(place.address + BigInt(offset)).toString(16)}`,
        state: stub === undefined ? 'native' : 'redirected',
        ...(reason === undefined ? {} : { reason }),
        ...(number === undefined ? {} : { number }),
        ...(call === undefined ? {} : { name: call }),
      });
    }
  }
  return found;
}

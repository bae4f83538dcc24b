import { compressionOf, readCpio, type RootfsEntry } from '../image/index.js';
import type { Place } from '../errors/index.js';
import type { RootfsEntryReport, RootfsReport } from './report.js';

/** What a root file system in an image holds. */
export interface RootfsContent {
  readonly report: RootfsReport;
  /** Strings of `etc/ukl/argv` and `etc/ukl/env`, where these files are. */
  readonly argv?: readonly string[];
  readonly env?: readonly string[];
}

/** Compressions that readCpio() unpacks; an archive of the user's may have another, which the kernel unpacks at boot. */
const READABLE: ReadonlySet<string> = new Set(['none', 'gzip']);

/** Lists a root file system. Throws UKL3033 when it is damaged. */
export function rootfsContent(archive: Uint8Array, place: Place): RootfsContent {
  const isCpio = Buffer.from(archive.subarray(0, 4)).toString('latin1') === '0707';
  const compression = (isCpio ? 'none' : compressionOf(archive)) as RootfsReport['compression'];
  if (!READABLE.has(compression)) return { report: { size: archive.length, compression } };
  const entries = readCpio(archive, place);
  const argv = stringsOf(entries, 'etc/ukl/argv');
  const env = stringsOf(entries, 'etc/ukl/env');
  return {
    report: { size: archive.length, compression, entries: entries.map(entryReport) },
    ...(argv === undefined ? {} : { argv }),
    ...(env === undefined ? {} : { env }),
  };
}

function entryReport(entry: RootfsEntry): RootfsEntryReport {
  return {
    path: entry.path,
    type: entry.type,
    mode: (entry.type === 'symlink' ? 0o777 : entry.mode).toString(8).padStart(4, '0'),
    uid: entry.uid ?? 0,
    gid: entry.gid ?? 0,
    size: sizeOf(entry),
    ...(entry.type === 'symlink' ? { target: entry.target } : {}),
    ...('major' in entry ? { device: [entry.major, entry.minor] as const } : {}),
  };
}

function sizeOf(entry: RootfsEntry): number {
  if (entry.type === 'symlink') return Buffer.byteLength(entry.target);
  if (entry.type !== 'file') return 0;
  return entry.data instanceof Uint8Array ? entry.data.length : entry.data.size;
}

/** NUL-terminated strings of a file. */
function stringsOf(entries: readonly RootfsEntry[], path: string): string[] | undefined {
  const entry = entries.find((candidate) => candidate.path === path);
  if (entry?.type !== 'file' || !(entry.data instanceof Uint8Array)) return undefined;
  return Buffer.from(entry.data).toString('utf8').split('\0').slice(0, -1);
}

interface EntryBase {
  /** Relative, without a leading slash; a folder stands before its members. */
  readonly path: string;
  /** Owner; 0 when not given. */
  readonly uid?: number;
  readonly gid?: number;
}

interface ModeBase extends EntryBase {
  /** Permission bits, set-id and sticky bits included (0 … 0o7777). */
  readonly mode: number;
}

/** A file's bytes that are still on the host's disk. */
export interface HostFile {
  readonly file: string;
  /** Bytes; the file must still have as many when it is read. */
  readonly size: number;
}

/** One member of a root file system. */
export type RootfsEntry =
  | (ModeBase & {
      readonly type: 'file';
      readonly data: Uint8Array | HostFile;
      /** Files with the same value are hard links to one file; each entry has its bytes. */
      readonly link?: string;
    })
  | (ModeBase & { readonly type: 'directory' })
  | (EntryBase & { readonly type: 'symlink'; readonly target: string })
  | (ModeBase & {
      readonly type: 'character device' | 'block device';
      readonly major: number;
      readonly minor: number;
    })
  | (ModeBase & { readonly type: 'fifo' | 'socket' });

/** Bytes of an entry's content: of files only. */
export function contentSize(entry: RootfsEntry): number {
  if (entry.type !== 'file') return 0;
  return entry.data instanceof Uint8Array ? entry.data.length : entry.data.size;
}

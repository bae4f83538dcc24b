/** Section of an executable that says what it was linked from: an ar archive whose first member is a LinkRecord as JSON, the others its inputs. */
export const LINK_SECTION = '.ukl.link';

/** Name of the archive's first member. */
export const RECORD_MEMBER = 'record.json';

/** Raised when an older ukl-link would misunderstand the record. */
export const RECORD_FORMAT = 1;

/** How ld made an executable, and what of. */
export interface LinkRecord {
  readonly format: number;
  /** Version of the ukl-link that wrote it. */
  readonly tool: string;
  /** The linker: `ld`, `ld.gold` … */
  readonly linker: string;
  /** The folder it ran in, to which paths are relative. */
  readonly folder: string;
  /** Its arguments, response files expanded. */
  readonly args: readonly string[];
  /** What each input file and `-l` of the arguments was, in order. */
  readonly inputs: readonly RecordedInput[];
  /** Libraries that the shared ones among them need in turn; all `late`. */
  readonly needed: readonly RecordedInput[];
  /** Why the record is not whole, if it is not. */
  readonly incomplete?: string;
}

/** `late`: ld took it as a shared library, whose place among the inputs does not matter. An archive in its stead is searched last. */
interface Late {
  readonly late?: boolean;
}

export type RecordedInput =
  /** An object or archive that the record holds itself. `path` is how ld was given it, or found it. */
  | (Late & {
      readonly kind: 'own';
      readonly path: string;
      /** SHA-256 of its content, hexadecimal. */
      readonly key: string;
      /** Bytes. */
      readonly size: number;
      /** Position in the record's archive. */
      readonly member: number;
    })
  /** A library of the system: `name` is what stands behind `-l`. */
  | (Late & { readonly kind: 'system'; readonly path: string; readonly name: string })
  /** A shared library without an archive beside it. */
  | { readonly kind: 'shared'; readonly path: string }
  /** A linker script, and what it lists. */
  | { readonly kind: 'script'; readonly path: string; readonly inputs: readonly RecordedInput[] }
  /** Takes no part in a link with the kernel: a start-up file, a library that nothing needed … */
  | { readonly kind: 'none'; readonly path: string; readonly why: string };

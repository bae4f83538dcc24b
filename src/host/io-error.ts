import { UklError, hostErrors } from '../errors/index.js';

/** What the program was doing with a file when the system refused. */
export type Access = 'read' | 'write';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'it is a folder',
  EMFILE: 'too many open files',
  EFBIG: 'the file would be too large',
  EIO: 'input/output error',
};

/** The `code` of a system error (`ENOENT` …), or undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/**
 * A system error as a catalogued one that names the file: UKL6003 for a full disk or quota, UKL6004 or UKL6005 otherwise.
 * Anything that is not a system error is returned as it is: it is a bug or already catalogued.
 */
export function asIoError(error: unknown, file: string, access: Access): unknown {
  const code = systemCode(error);
  if (code === undefined || error instanceof UklError) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new UklError(hostErrors.diskFull(file), { cause: error });
  }
  const reason = REASONS[code] ?? code;
  return new UklError(
    access === 'write' ? hostErrors.notWritable(file, reason) : hostErrors.notReadable(file, reason),
    { cause: error },
  );
}

/** For `.catch()`: a file that is not there counts as `value`; every other error stays one. */
export function whenAbsent<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (systemCode(error) === 'ENOENT') return value;
    throw error;
  };
}

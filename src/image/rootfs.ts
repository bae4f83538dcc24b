import type { RootfsEntry } from './rootfs-entry.js';
import { trigger } from './trigger.js';

export type { RootfsEntry };
export { trigger };

/** Strings as /etc/ukl/argv and its like hold them, each with its NUL. */
export function stringList(strings: readonly string[]): Uint8Array {
  return Buffer.from(strings.map((string) => `${string}\0`).join(''));
}

/** What the default root file system is made of. */
export interface DefaultRootfs {
  /** /init, built from guest/init.c. */
  readonly init: Uint8Array;
  /** argv of the program, its name first. */
  readonly argv: readonly string[];
  /** `NAME=value` each. */
  readonly env: readonly string[];
  /** Content of /program; the trigger unless a test puts an ordinary program in its place. */
  readonly program?: Uint8Array;
}

/**
 * The root file system of an image that was linked without one: what /init and a C library look for, nothing more.
 * What a machine needs mounted, and what depends on the machine (/etc/hosts, /etc/resolv.conf), is /init's work.
 */
export function defaultRootfs({ init, argv, env, program = trigger }: DefaultRootfs): RootfsEntry[] {
  const directory = (path: string, mode = 0o755): RootfsEntry => ({ type: 'directory', path, mode });
  const file = (path: string, data: Uint8Array | string, mode = 0o644): RootfsEntry => ({
    type: 'file',
    path,
    mode,
    data: Buffer.from(data),
  });
  return [
    ...['dev', 'etc', 'etc/ukl', 'proc', 'run', 'sys'].map((path) => directory(path)),
    directory('root', 0o700),
    directory('tmp', 0o1777),
    // The kernel opens it for the first process before anything is mounted.
    { type: 'character device', path: 'dev/console', mode: 0o600, major: 5, minor: 1 },
    file('init', init, 0o755),
    file('program', program, 0o755),
    file('etc/ukl/argv', stringList(argv)),
    file('etc/ukl/env', stringList(env)),
    file('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n'),
    file('etc/group', 'root:x:0:\ntty:x:5:\n'),
  ];
}

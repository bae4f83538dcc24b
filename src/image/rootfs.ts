import { join } from 'node:path';
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
  /** The kit's `init`, built from guest/init.c. */
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
 * What a machine needs mounted is /init's work.
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
    file('etc/hosts', '127.0.0.1 localhost\n::1 localhost\n'),
    // Name servers from the ip= parameter or from DHCP (net/ipv4/ipconfig.c).
    { type: 'symlink', path: 'etc/resolv.conf', target: '/proc/net/pnp' },
  ];
}

/** Files below the package's root that `init` is made of; a kit's key depends on them. */
export const guestSources = ['init.c', 'arguments.h', 'ending.h', 'input.h', 'machine.h', 'sys.h'].map(
  (name) => join('guest', name),
);

/** Arguments of gcc that make a kit's `init`: below 10 KB, static, without a C library. */
export function guestInitArguments(packageRoot: string, output: string): string[] {
  return [
    ...['-std=gnu11', '-Os', '-Wall', '-Wextra', '-Werror'],
    ...['-static', '-nostdlib', '-nostartfiles', '-ffreestanding', '-fno-pie', '-no-pie'],
    ...['-fno-stack-protector', '-fno-asynchronous-unwind-tables', '-fcf-protection=none'],
    ...['-s', '-Wl,--build-id=none', '-Wl,-z,noseparate-code', '-Wl,-z,noexecstack'],
    ...['-o', output, join(packageRoot, 'guest', 'init.c')],
  ];
}

import type { PortForward } from '../run/index.js';
import type { LinkSettings, RunSettings } from './settings.js';

/** What the command line says of a link besides settings. */
export interface LinkFlags extends LinkSettings {
  /** The inputs take the place of the file's program (`--with-program`), instead of standing behind it. */
  readonly replacesProgram: boolean;
}

/** A link as the file says it, with the command line's word over it: single values replace, lists go on. */
export function overlayLink(
  { libraries = [], ...file }: LinkSettings,
  { replacesProgram, ...flags }: LinkFlags,
): LinkSettings {
  const typed = flags.program ?? [];
  const enable = new Set(both(file.enable, flags.enable));
  const program = replacesProgram ? typed : [...(file.program ?? []), ...typed];
  return {
    ...file,
    ...flags,
    program: [...program, ...libraries],
    args: both(file.args, flags.args),
    // Of several variables with one name the last one counts (docs/run.md).
    env: both(file.env, flags.env),
    files: both(file.files, flags.files),
    ...(enable.size === 0 ? {} : { enable: [...enable] }),
    noWarn: both(file.noWarn, flags.noWarn),
  };
}

/** The same for a run. A port of the command line takes the place of those that lead to the same port of the guest, a disk that of the one at its folder. */
export function overlayRun(file: RunSettings, flags: RunSettings): RunSettings {
  const target = ({ protocol, guestPort }: PortForward): string => `${guestPort}/${protocol}`;
  const taken = new Set(flags.ports?.map(target));
  const folders = new Set(flags.disks?.map(({ folder }) => folder));
  return {
    ...file,
    ...flags,
    ports: both(
      file.ports?.filter((port) => !taken.has(target(port))),
      flags.ports,
    ),
    disks: both(
      file.disks?.filter(({ folder }) => !folders.has(folder)),
      flags.disks,
    ),
    args: both(file.args, flags.args),
    env: both(file.env, flags.env),
    qemuArguments: both(file.qemuArguments, flags.qemuArguments),
  };
}

const both = <T>(first: readonly T[] = [], second: readonly T[] = []): readonly T[] => [...first, ...second];

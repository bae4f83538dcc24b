import { UklError, imageErrors } from '../errors/index.js';
import { demandReplaceable } from '../host/index.js';
import { checkCmdline } from '../image/cmdline.js';
import type { RootfsEntry } from '../image/rootfs.js';
import { readRootfs } from '../image/user-rootfs.js';
import {
  checkEnvironment,
  checkOutput,
  findToolchain,
  parseProgramArguments,
  resolveInputs,
  type ResolvedInputs,
  type Toolchain,
} from '../inputs/index.js';
import type { Kit } from '../kernel/kit.js';
import { findKit } from '../kernel/store.js';
import { attempt } from './attempt.js';
import type { LinkOptions } from './options.js';

/** What pass 1 finds. */
export interface Resolved {
  /** Whose files are there in full length; their content is compared when they are loaded. */
  readonly kit: Kit;
  readonly inputs: ResolvedInputs;
  readonly toolchain: Toolchain;
  /** The user's root file system. */
  readonly tree: readonly RootfsEntry[] | undefined;
}

/** Everything of pass 1 that can be looked at on its own, so that one run names all that is missing. */
export async function resolveAll(options: LinkOptions): Promise<Resolved> {
  const { rootfs, output, map, debugFile, dependencyFile } = options;
  const others = [map, debugFile, dependencyFile].filter((path) => path !== undefined);
  const [toolchain, kit, program, tree, ...places] = await Promise.all([
    attempt(() => findToolchain()),
    attempt(() => findKit(options.kit)),
    attempt(() => parseProgramArguments(options.program)),
    attempt(() => (rootfs === undefined ? undefined : readRootfs(rootfs))),
    ...[output, ...others].map((path) => attempt(() => demandReplaceable(path))),
  ]);
  const inputs = await attempt(() =>
    program.value === undefined || toolchain.value === undefined
      ? undefined
      : resolveInputs(program.value, toolchain.value, undefined, options),
  );
  const paths = inputs.value?.files.flatMap(({ path, memberPaths = [] }) => [path, ...memberPaths]) ?? [];
  const taken = rootfs === undefined ? paths : [...paths, rootfs];
  const problems = [
    ...[kit, toolchain, program, tree, ...places, inputs].flatMap((tried) => tried.problems),
    ...checkOutput(output, taken),
    ...others.flatMap((path, i) => checkOutput(path, [...taken, output, ...others.slice(0, i)])),
    ...checkEnvironment(options.env),
    ...checkCmdline(options.cmdline ?? ''),
  ];
  const slot = kit.value?.manifest.slot.size ?? Infinity;
  const size = inputs.value?.memorySize ?? 0;
  if (size > slot) problems.push(imageErrors.programTooLarge(size, slot));
  if (!kit.value || !toolchain.value || !inputs.value || problems.length > 0) throw new UklError(problems);
  return { kit: kit.value, toolchain: toolchain.value, inputs: inputs.value, tree: tree.value };
}

import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { existsSync } from 'node:fs';
import { gdbRequirements } from '../gdb/gdb-command.js';
import { cacheRoot, installCommand, missingRequirements, type Requirement } from '../host/index.js';
import { buildRequirements, sourceRequirement, treeRequirements } from '../kernel/requirements.js';
import { listKits, shownKey } from '../kernel/store.js';
import { chooseAccelerator } from '../run/accelerator.js';
import { defaultQemu, diskRequirements, runRequirements } from '../run/index.js';

/** What something on this machine is needed for, and whether it is there. */
export interface Check {
  readonly purpose: string;
  readonly state: 'ok' | 'missing' | 'note';
  readonly detail: string;
}

export interface Diagnosis {
  readonly checks: readonly Check[];
  /** Everything that is missing, once. */
  readonly missing: readonly Requirement[];
  /** Installs it, or undefined when nothing is missing. */
  readonly install?: string;
}

/** A build tree with its objects, and a margin. */
const BUILD_BYTES = 4 * 2 ** 30;

const linkRequirements: readonly Requirement[] = [
  { kind: 'command', name: 'ld', package: 'binutils' },
  { kind: 'command', name: 'gcc', package: 'gcc' },
  { kind: 'file', name: '/usr/lib/x86_64-linux-gnu/libc.a', package: 'libc6-dev' },
];

/** Looks at everything that ukl-link needs of a machine. Changes nothing. */
export async function diagnose(): Promise<Diagnosis> {
  const uses: readonly (readonly [string, readonly Requirement[]])[] = [
    ['link', linkRequirements],
    ['kernel build', [...buildRequirements, sourceRequirement]],
    ['run', runRequirements],
    ['run --disk', diskRequirements],
    ['gdb', gdbRequirements],
    ['kernel tree', treeRequirements],
  ];
  const missing = new Map<string, Requirement>();
  const checks: Check[] = [nodeCheck()];
  for (const [purpose, requirements] of uses) {
    const lacking = missingRequirements(requirements);
    for (const requirement of lacking) missing.set(requirement.name, requirement);
    const names = (lacking.length > 0 ? lacking : requirements).map(({ name }) => name).join(', ');
    checks.push({ purpose, state: lacking.length > 0 ? 'missing' : 'ok', detail: names });
  }
  checks.push(
    await accelerationCheck(runRequirements.some(({ name }) => missing.has(name))),
    await kitCheck(),
    await spaceCheck(),
  );
  const install =
    missing.size === 0 ? {} : { install: installCommand([...missing.values()].map((r) => r.package)) };
  return { checks, missing: [...missing.values()], ...install };
}

function nodeCheck(): Check {
  return { purpose: 'node', state: 'ok', detail: `${process.version}, ${process.arch}` };
}

async function accelerationCheck(withoutQemu: boolean): Promise<Check> {
  const purpose = 'kvm';
  if (withoutQemu) return { purpose, state: 'note', detail: 'cannot be tried without QEMU' };
  const { accelerator, note } = await chooseAccelerator('auto', defaultQemu);
  if (note === undefined) return { purpose, state: 'ok', detail: `a virtual CPU runs (${accelerator})` };
  return { purpose, state: 'note', detail: note.message };
}

async function kitCheck(): Promise<Check> {
  const kits = await listKits();
  const detail = kits.map((entry) => ('kit' in entry ? '' : 'damaged: ') + shownKey(entry)).join(', ');
  if (kits.length === 0)
    return { purpose: 'kits', state: 'note', detail: 'none; ukl-link kernel build makes one' };
  return { purpose: 'kits', state: kits.every((entry) => 'kit' in entry) ? 'ok' : 'note', detail };
}

async function spaceCheck(): Promise<Check> {
  const cache = cacheRoot();
  let folder = cache;
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const detail = `${cache}, ${(free / 2 ** 30).toFixed(1)} GiB free`;
  if (free >= BUILD_BYTES) return { purpose: 'cache', state: 'ok', detail };
  return {
    purpose: 'cache',
    state: 'note',
    detail: `${detail}; a kernel build takes ${BUILD_BYTES / 2 ** 30}`,
  };
}

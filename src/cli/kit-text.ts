import type { Kit } from '../kernel/kit.js';
import { DEFAULT_PROFILE } from '../kernel/series.js';
import { shownKey } from '../kernel/store.js';

/** `1.5 MiB`. */
export function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** Bytes of all files of a kit but the manifest. */
export function kitBytes({ manifest }: Kit): number {
  return Object.values(manifest.files).reduce((sum, { size }) => sum + size, 0);
}

/** One line about a kit. */
export function kitLine(kit: Kit): string {
  const { kernel, slot } = kit.manifest;
  const origin = kernel.series === null ? ', from a developer’s tree' : '';
  const profile = kernel.profile === DEFAULT_PROFILE ? '' : ` (${kernel.profile})`;
  return `${shownKey(kit.manifest)}  Linux ${kernel.release}${profile}, slot ${mib(slot.size)}, ${mib(kitBytes(kit))}${origin}`;
}

import { openKit, readKitFile, verifyKit, type Kit } from '../kernel/kit.js';
import type { Manifest } from '../kernel/manifest.js';
import { readPackedKit, verifyPackedKit } from '../kernel/pack.js';
import type { KitReport } from './report.js';

/** Everything about a kit in a folder. Throws UKL4013, UKL4014. */
export async function kitReport(
  folder: string,
  verify: boolean,
): Promise<KitReport & { readonly folder: string }> {
  const kit = await openKit(folder);
  if (verify) await verifyKit(kit);
  return { folder, ...report(kit.manifest, false, verify, await symbolCount(kit)) };
}

/** Everything about a packed kit. Throws UKL4013, UKL4014, UKL4016. */
export async function packedKitReport(file: string, verify: boolean): Promise<KitReport> {
  const packed = await readPackedKit(file);
  if (verify) verifyPackedKit(file, packed);
  return report(packed.manifest, true, verify, lines(packed.files.get('System.map')));
}

async function symbolCount(kit: Kit): Promise<number> {
  return lines('System.map' in kit.manifest.files ? await readKitFile(kit, 'System.map') : undefined);
}

function report(manifest: Manifest, packed: boolean, verified: boolean, symbols: number): KitReport {
  const { key, tool, kernel, slot } = manifest;
  const files = Object.entries(manifest.files).map(([name, file]) => ({ name, ...file }));
  return {
    kind: 'kit',
    packed,
    key,
    tool,
    kernel,
    slot: { address: slot.start, size: slot.size },
    symbols,
    contents: files.reduce((sum, { size }) => sum + size, 0),
    files,
    verified,
  };
}

/** Each symbol is a line of System.map. */
function lines(systemMap: Uint8Array | undefined): number {
  return systemMap?.reduce((count, byte) => count + (byte === 0x0a ? 1 : 0), 0) ?? 0;
}

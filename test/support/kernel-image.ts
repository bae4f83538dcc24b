import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadBootParts, packImage } from '../../src/image/index.js';
import { findKit } from '../../src/kernel/store.js';

/**
 * A bootable image of the kit's kernel without a program and without a root file system: what tests boot that bring
 * their own as an initrd. `UKL_TEST_KERNEL` names another one, for work on the kernel itself.
 */
export async function kernelImage(dir: string): Promise<string> {
  const named = process.env['UKL_TEST_KERNEL'];
  if (named !== undefined) return named;
  const kit = await findKit();
  const image = join(dir, 'kernel.bzImage');
  await writeFile(image, packImage(await loadBootParts(kit.folder), {}));
  return image;
}

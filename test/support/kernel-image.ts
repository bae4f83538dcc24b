/**
 * A bootable image of the kit's kernel without a program and without a root file system: what tests boot that bring
 * their own as an initrd.
 */
export function kernelImage(): Promise<string> {
  return Promise.resolve(process.env['UKL_TEST_KERNEL'] ?? '/k/shared/pristine-bzImage');
}

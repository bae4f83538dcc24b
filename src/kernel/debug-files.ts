import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCode } from '../host/index.js';

/**
 * Folder of a kit with ELF files of its build, at their places in the tree: `vmlinux` with its symbols, for a debugger, and what the boot
 * stub was linked from. They are no part of the kit: the manifest does not name them, they are not packed, no link reads them.
 */
export const DEBUG_DIR = 'debug';

const BOOT_STUB = 'arch/x86/boot/compressed';

/** Copies these files of a built tree to a kit's folder. */
export async function keepDebugFiles(tree: string, kitFolder: string): Promise<void> {
  const objects = (await filesBelow(join(tree, BOOT_STUB))).filter((name) =>
    /(^|\/)vmlinux$|\.o$/.test(name),
  );
  for (const name of ['vmlinux', ...objects.map((name) => join(BOOT_STUB, name))]) {
    const target = join(kitFolder, DEBUG_DIR, name);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(join(tree, name), target);
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  try {
    return await readdir(folder, { recursive: true });
  } catch (error) {
    // A kernel that is built without a boot stub has nothing to keep of it.
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

import { errorDiagnostic, withTail, type Diagnostic } from './diagnostic.js';

/** errno values of mount(2), in words (include/uapi/asm-generic/errno-base.h). */
const mountFailures: Readonly<Record<number, string>> = {
  5: 'EIO: the disk gives errors',
  6: 'ENXIO: this machine has no such disk',
  13: 'EACCES: the disk cannot be written',
  16: 'EBUSY: it is mounted already',
  19: 'ENODEV: the kernel does not know this file system',
  20: 'ENOTDIR: there is a file at this place',
  22: 'EINVAL: there is no such file system on the disk, or an option is not of it',
  30: 'EROFS: the disk cannot be written, but its file system was not unmounted cleanly',
  117: 'EUCLEAN: the file system is damaged',
};

/** UKL503x: disks of a run. */
export const diskErrors = {
  badDisk: (text: string, why: string): Diagnostic =>
    errorDiagnostic(
      'UKL5030',
      `disk '${text}': ${why}`,
      {},
      'write FILE[:/FOLDER][,size=SIZE][,ro], for example data.img:/data,size=4G',
    ),

  diskUnusable: (file: string, why: string): Diagnostic =>
    errorDiagnostic(
      'UKL5031',
      `cannot be a disk: ${why}; it was left as it is`,
      { file },
      'name a file that is not there yet, or a raw image of an ext4 file system (of a qcow2 image: qemu-img convert -O raw)',
    ),

  diskInUse: (file: string): Diagnostic =>
    errorDiagnostic(
      'UKL5032',
      'another machine has this disk',
      { file },
      'end that machine first, or give this one a disk of its own; two may share one that is read-only for both (,ro)',
    ),

  formatFailed: (file: string, said: string): Diagnostic =>
    errorDiagnostic(
      'UKL5033',
      `mke2fs could not make a file system:\n${said}`,
      { file },
      'the lines above are its own; choose another size or place for the disk',
    ),

  mountFailed: (folder: string, errno: number, tail: readonly string[]): Diagnostic =>
    errorDiagnostic(
      'UKL5034',
      withTail(
        `the program was not started: nothing could be mounted at ${folder}, ${mountFailures[errno] ?? `error ${errno}`}`,
        tail,
      ),
      {},
      `give the machine its disk: ukl-link run --disk FILE:${folder}; a damaged one is mended by: e2fsck FILE`,
    ),
};

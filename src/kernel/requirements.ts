import type { Requirement } from '../host/index.js';

const command = (name: string, debianPackage: string): Requirement => ({
  kind: 'command',
  name,
  package: debianPackage,
});
const header = (name: string, debianPackage: string): Requirement => ({
  kind: 'file',
  name: `/usr/include/${name}`,
  package: debianPackage,
});

/** What a kernel build runs. Documentation/process/changes.rst, less what this configuration never uses. */
export const buildRequirements: readonly Requirement[] = [
  command('gcc', 'gcc'),
  command('ld', 'binutils'),
  command('make', 'make'),
  command('flex', 'flex'),
  command('bison', 'bison'),
  command('bc', 'bc'),
  command('lz4', 'lz4'),
  command('patch', 'patch'),
  command('tar', 'tar'),
  command('xz', 'xz-utils'),
  command('perl', 'perl'),
  header('stdio.h', 'libc6-dev'),
  // objtool, which CONFIG_UNWINDER_ORC needs.
  header('gelf.h', 'libelf-dev'),
];

/** Working on the patches needs git besides. */
export const treeRequirements: readonly Requirement[] = [
  command('git', 'git'),
  command('tar', 'tar'),
  command('xz', 'xz-utils'),
];

/** Debian's package with the kernel source, and where it puts the tarball. */
export const sourceRequirement: Requirement = {
  kind: 'file',
  name: '/usr/src/linux-source-6.1.tar.xz',
  package: 'linux-source-6.1',
};

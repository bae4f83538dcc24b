import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildKit } from '../../src/kernel/build.js';
import type { Kit } from '../../src/kernel/kit.js';
import { packKit } from '../../src/kernel/pack.js';
import { loadSeries, type Series } from '../../src/kernel/series.js';
import type { KitParts } from '../../src/kernel/make-kit.js';

/**
 * A source tree that real tar, patch, git and make treat as a kernel, but which "builds" at once. `allnoconfig` drops every
 * line with UNKNOWN in it; the configuration line CONFIG_FAIL=… makes the build fail in the way it names; every build leaves a
 * mark in the file that BUILDS names.
 */
const MAKEFILE = `VERSION = 6
PATCHLEVEL = 1
SUBLEVEL = 7

allnoconfig:
	@grep -v UNKNOWN '$(KCONFIG_ALLCONFIG)' > .config

bzImage vmlinux:
	@[ -z "$$BUILDS" ] || echo '$@' >> "$$BUILDS"
	@[ -z "$$BUILD_SECONDS" ] || sleep "$$BUILD_SECONDS"
	@echo '  HOSTCC  scripts/basic/fixdep'
	@echo '  CC      init/main.o'
	@! grep -q CONFIG_FAIL=compile .config || { echo "init/main.c:7:3: error: 'jiffies' undeclared" >&2; exit 1; }
	@! grep -q CONFIG_FAIL=space .config || { echo 'as: init/main.o: No space left on device' >&2; exit 1; }
	@mkdir -p include/config
	@echo 6.1.7-fake > include/config/kernel.release
	@if grep -q CONFIG_FAIL=slot .config; then echo > System.map; else { \\
	  echo ffffffff81000000 T _text; \\
	  echo ffffffff81600000 T ukl_entry_SYSCALL_64; \\
	  echo ffffffff82000000 B __ukl_slot_start; \\
	  echo ffffffff86000000 B __ukl_slot_end; } > System.map; fi
	@cat init/main.c .config > vmlinux
	@mkdir -p arch/x86/boot/compressed
	@echo stub > arch/x86/boot/compressed/misc.o
	@echo '  LD      vmlinux'

mrproper:
	@rm -rf .config include/config System.map vmlinux
`;

const MAIN = `int before;
int middle;
int after;
`;

/** The patched main.c is one line longer. */
const PATCH = `From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
From: A Developer <a@localhost>
Date: Mon, 1 Jan 2024 12:00:00 +0000
Subject: [PATCH] init: add a line

Because a test needs it.
---
 init/main.c | 1 +
 1 file changed, 1 insertion(+)

diff --git a/init/main.c b/init/main.c
index 82c46e1fe1b4..14bc0f5c2ff5 100644
--- a/init/main.c
+++ b/init/main.c
@@ -1,3 +1,4 @@
 int before;
 int middle;
+int patched;
 int after;
`;

export interface FakeKernel {
  readonly tree: string;
  readonly tarball: string;
  readonly series: Series;
}

/** Lays out a tree, the same as a tarball, and a series of one patch. */
export function fakeKernel(folder: string, extraConfig: readonly string[] = [], patch = PATCH): FakeKernel {
  const tree = join(folder, 'linux-6.1');
  const tarball = join(folder, 'linux-6.1.tar.xz');
  const patches = join(folder, 'patches');
  mkdirSync(join(tree, 'init'), { recursive: true });
  mkdirSync(patches);
  writeFileSync(join(tree, 'Makefile'), MAKEFILE);
  writeFileSync(join(tree, 'init', 'main.c'), MAIN);
  execFileSync('tar', ['-C', folder, '-cJf', tarball, 'linux-6.1']);
  writeFileSync(join(patches, '0001-init-add-a-line.patch'), patch);
  writeFileSync(join(patches, 'base.config'), ['# a comment', 'CONFIG_SMP=y', ...extraConfig, ''].join('\n'));
  return { tree, tarball, series: loadSeries(undefined, patches) };
}

/** Parts that need no real kernel. */
export const fakeParts: KitParts = {
  boot: (_tree, kitFolder) => {
    writeFileSync(join(kitFolder, 'boot', 'part'), 'boot part');
    return Promise.resolve(['lz4']);
  },
};

/** A kit of the fake kernel, packed, and a store to install it into. */
export async function packedKit(
  folder: string,
): Promise<{ folder: string; kit: Kit; file: string; store: string }> {
  const { tarball, series } = fakeKernel(folder);
  const cache = join(folder, 'cache');
  const { kit } = await buildKit({ source: tarball, series, cache, parts: fakeParts });
  const file = join(folder, 'kit.tar.gz');
  await packKit(kit, file);
  return { folder, kit, file, store: join(folder, 'other') };
}

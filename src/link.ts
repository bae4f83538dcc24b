import { UklError, judgeFindings, type Diagnostic } from './errors/index.js';
import { PassTimer, writeFileAtomic, type PassStats } from './host/index.js';
import { COMPRESSIONS, packImage, type ImageCompression } from './image/index.js';
import type { Kit } from './kernel/kit.js';
import { attempt } from './link/attempt.js';
import { loadImageParts } from './link/image-parts.js';
import type { LinkOptions } from './link/options.js';
import { linkExecutable } from './link/executable.js';
import { linkProgram } from './link/program.js';
import { entriesOfKit } from './link/entries.js';
import { optionBits } from './options/index.js';
import { resolveAll } from './link/resolve.js';
import { makeRootfs } from './link/rootfs.js';
import type { SyscallReport } from './report/index.js';

export type { LinkOptions } from './link/options.js';

export interface LinkResult {
  readonly output: string;
  /** Bytes of the image. */
  readonly size: number;
  readonly compress: ImageCompression;
  readonly kit: Kit;
  readonly warnings: readonly Diagnostic[];
  readonly passes: readonly PassStats[];
  /** The most memory that this process has held, in bytes; ld is a process of its own. */
  readonly peakMemory: number;
  /** What became of the system call sites, if that was asked for. */
  readonly syscalls?: SyscallReport;
}

/**
 * Links a program with the kernel of a kit into one bootable image. Nothing is left behind and an existing output stays as it was when
 * anything fails. Throws one UklError with every problem that could be found.
 */
export async function link(options: LinkOptions): Promise<LinkResult> {
  const timer = new PassTimer();
  const { compress = COMPRESSIONS[0] } = options;

  // 1. Resolve: options, tools, kit, inputs, symbols. What is wrong with any of them is reported together.
  const resolved = await timer.run(
    'resolve',
    () => resolveAll(options),
    ({ files }) => files.reduce((sum, { size }) => sum + size, 0),
  );
  const { kit, source } = resolved;
  // The kit's megabytes are read and compared with their digests while ld runs.
  const loading = attempt(() => loadImageParts(kit, compress));
  const base = BigInt(kit.manifest.slot.start);
  const imports = entriesOfKit(kit, options);

  // 2. – 3. Rewrite the inputs, link them to the slot's address, collect what KASLR moves; or lay out what is linked already.
  const { map, debugFile, dependencyFile } = options;
  const rewriting = { syscalls: options.syscalls ?? 'redirect' };
  const withSites = map !== undefined || options.sites === true;
  const withDebug = debugFile !== undefined;
  const slot = { vaddr: base, size: kit.manifest.slot.size };
  const linked =
    source.kind === 'executable'
      ? await linkExecutable({ executable: source.executable, slot, withSites }, timer)
      : await linkProgram({ ...source, base, imports, rewriting, withSites, withDebug }, timer);
  const { program, warnings: said, syscalls, debug } = linked;
  const warnings = judgeFindings(said, options);
  if (warnings.some(({ severity }) => severity === 'error')) throw new UklError(warnings);
  const { value: loaded, problems } = await loading;
  if (loaded === undefined) throw new UklError(problems);
  const { parts, init } = loaded;

  // 4. The root file system.
  const rootfs = await timer.run(
    'root file system',
    () => makeRootfs(init, options, resolved),
    ({ archive }) => archive.length,
  );

  // 5. Graft and pack.
  const cmdline = [rootfs.cmdline, options.cmdline].filter((part) => part !== undefined).join(' ');
  const image = await timer.run(
    'graft and pack',
    () =>
      packImage(parts, {
        program,
        initramfs: rootfs.archive,
        kit: kit.manifest.key,
        options: optionBits(options.enable ?? []),
        ...(cmdline === '' ? {} : { cmdline }),
      }),
    sizeOf,
  );

  // 6. Write what was asked for, each file whole or not at all. The image last: an old one stays if anything fails.
  if (map !== undefined && syscalls !== undefined) {
    const { formatSyscallMap } = await import('./report/index.js');
    await writeFileAtomic(map, formatSyscallMap(syscalls));
  }
  if (debugFile !== undefined && debug !== undefined) await writeFileAtomic(debugFile, debug);
  if (dependencyFile !== undefined) {
    const { dependenciesOf, formatDependencies } = await import('./link/dependency-file.js');
    const names = dependenciesOf(resolved, options);
    await writeFileAtomic(dependencyFile, formatDependencies(options.output, names));
  }
  await timer.run(
    'write',
    () => writeFileAtomic(options.output, image),
    () => image.length,
  );
  return {
    output: options.output,
    size: image.length,
    compress,
    kit,
    warnings: [...(source.kind === 'executable' ? source : source.inputs).warnings, ...warnings],
    passes: timer.passes,
    // getrusage(2) counts kilobytes.
    peakMemory: process.resourceUsage().maxRSS * 1024,
    ...(syscalls === undefined ? {} : { syscalls }),
  };
}

const sizeOf = ({ length }: Uint8Array): number => length;

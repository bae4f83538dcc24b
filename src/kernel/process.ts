import { execa, type Options } from 'execa';
import { UklError, hostErrors } from '../errors/index.js';
import { saysDiskFull } from './log-lines.js';

/** Kernel builds see these and nothing of what our own caller (often another make) has set for itself. */
const NEUTRAL_ENV = {
  LC_ALL: 'C',
  MAKEFLAGS: undefined,
  MFLAGS: undefined,
  MAKELEVEL: undefined,
  MAKEOVERRIDES: undefined,
  ARCH: undefined,
  CROSS_COMPILE: undefined,
  KBUILD_OUTPUT: undefined,
  KCFLAGS: undefined,
  KCPPFLAGS: undefined,
  KAFLAGS: undefined,
  KCONFIG_CONFIG: undefined,
  LLVM: undefined,
  // A kernel in a git tree calls itself "6.1.192-ukl+" unless this is set, empty will do (scripts/setlocalversion).
  LOCALVERSION: '',
  // What the build writes into the kernel must not depend on when, where and by whom it is built.
  KBUILD_BUILD_TIMESTAMP: 'Thu Jan  1 00:00:00 UTC 1970',
  KBUILD_BUILD_USER: 'ukl',
  KBUILD_BUILD_HOST: 'ukl-link',
  KBUILD_BUILD_VERSION: '1',
} as const;

export interface ToolOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  /** Called for every line of standard output and standard error, as they come. */
  readonly onLine?: (line: string) => void;
}

export interface ToolResult {
  readonly status: string;
  readonly ok: boolean;
  /** Standard output and error, as they came, without the last newline. */
  readonly output: string;
}

/**
 * Runs a tool in the neutral environment. An unsuccessful end is a result, not an exception. When the signal
 * is aborted the tool is ended, SIGTERM first, which make hands on to everything it runs, and the signal's reason is thrown.
 */
export async function runTool(
  file: string,
  args: readonly string[],
  { cwd, env, signal, onLine }: ToolOptions = {},
): Promise<ToolResult> {
  signal?.throwIfAborted();
  const options = {
    all: true,
    reject: false,
    stdin: 'ignore',
    env: { ...NEUTRAL_ENV, ...env },
    forceKillAfterDelay: 10_000,
    maxBuffer: 256 << 20,
    ...(cwd === undefined ? {} : { cwd }),
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  } satisfies Options;
  const child = execa(file, args, options);
  try {
    if (onLine !== undefined) for await (const line of child.iterable({ from: 'all' })) onLine(line);
  } catch (error) {
    child.kill();
    await child;
    throw error;
  }
  const result = await child;
  signal?.throwIfAborted();
  const status =
    result.exitCode === undefined
      ? (result.signal ?? result.shortMessage ?? 'no status')
      : `status ${result.exitCode}`;
  return { status, ok: !result.failed, output: result.all };
}

/**
 * Like `runTool`, for tools whose failure needs no explanation of its own: UKL6007 with the last lines of their output, or UKL6003
 * when they ran out of disk space.
 */
export async function runToolOrThrow(
  file: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<string> {
  const { ok, status, output } = await runTool(file, args, options);
  if (ok) return output;
  if (saysDiskFull(output)) throw new UklError(hostErrors.diskFull(options.cwd ?? args.at(-1) ?? file));
  const last = output.trimEnd().split('\n').slice(-10).join('\n');
  throw new UklError(hostErrors.toolFailed(file, status, last));
}

import { execa, type Options } from 'execa';
import { UklError, hostErrors } from '../errors/index.js';
import { systemCode } from '../host/index.js';
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

/** Milliseconds that a tool may take to end when it is asked to. */
const END_GRACE = 10_000;

/**
 * Runs a tool in the neutral environment. An unsuccessful end is a result, not an exception. When the signal is aborted, the
 * tool and everything it runs are ended and the signal's reason is thrown.
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
    maxBuffer: 256 << 20,
    // A process group of its own: make ends its children, but not what these run, and that would keep the output open.
    detached: true,
    ...(cwd === undefined ? {} : { cwd }),
  } satisfies Options;
  const child = execa(file, args, options);
  const ending = endGroupOn(signal, child.pid);
  try {
    if (onLine !== undefined) for await (const line of child.iterable({ from: 'all' })) onLine(line);
  } catch (error) {
    ending.endNow();
    await child;
    throw error;
  } finally {
    ending.forgetAfter(child);
  }
  const result = await child;
  signal?.throwIfAborted();
  const status =
    result.exitCode === undefined
      ? (result.signal ?? result.shortMessage ?? 'no status')
      : `status ${result.exitCode}`;
  return { status, ok: !result.failed, output: result.all };
}

/** Ends a process group when the signal is aborted or this process ends. */
function endGroupOn(
  signal: AbortSignal | undefined,
  pid: number | undefined,
): { readonly endNow: () => void; readonly forgetAfter: (child: PromiseLike<unknown>) => void } {
  let timer: NodeJS.Timeout | undefined;
  const send = (name: NodeJS.Signals): void => {
    try {
      if (pid !== undefined) process.kill(-pid, name);
    } catch (error) {
      // It has ended by itself.
      if (systemCode(error) !== 'ESRCH') throw error;
    }
  };
  const endNow = (): void => send('SIGKILL');
  const onAbort = (): void => {
    send('SIGTERM');
    timer = setTimeout(endNow, END_GRACE);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  process.once('exit', endNow);
  return {
    endNow,
    forgetAfter: (child) => {
      const forget = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        process.off('exit', endNow);
      };
      void child.then(forget, forget);
    },
  };
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

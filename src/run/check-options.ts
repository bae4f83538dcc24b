import { UklError, runErrors, type Diagnostic } from '../errors/index.js';
import { checkDisks } from './disks.js';
import { cpuRange, memoryRange, type RunOptions } from './options.js';

/** Everything of a kernel command line must fit into COMMAND_LINE_SIZE (arch/x86/include/asm/setup.h). */
const longestAppend = 1500;

function checkNumber(
  option: string,
  value: number | undefined,
  { min, max }: { readonly min: number; readonly max: number },
): Diagnostic[] {
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return [];
  return [runErrors.badOption(option, `${value} is not a whole number from ${min} to ${max}`)];
}

function checkSeconds(option: string, value: number | undefined, least: number): Diagnostic[] {
  if (value === undefined || (Number.isFinite(value) && value >= least)) return [];
  return [runErrors.badOption(option, `${value} is not a number of seconds`)];
}

/** A string that the kernel can hand to a program: NUL ends it. */
function checkStrings(option: string, values: readonly string[] = []): Diagnostic[] {
  return values
    .filter((value) => value.includes('\0'))
    .map((value) => runErrors.badOption(option, `${JSON.stringify(value)} has a NUL character`));
}

/**
 * Refuses options that QEMU or the guest would misunderstand, all of them at once.
 *
 * @throws UklError UKL5004, UKL5016, UKL5030
 */
export function checkOptions(options: RunOptions): void {
  const { env = [], append = '', ports = [], network, hostname } = options;
  const problems = [
    ...checkNumber('--memory', options.memory, memoryRange),
    ...checkNumber('--cpus', options.cpus, cpuRange),
    ...checkNumber('--gdb', options.gdb?.port, { min: 1, max: 65535 }),
    ...checkSeconds('--timeout', options.timeout, 0.001),
    ...checkSeconds('--silence-limit', options.silenceLimit, 0),
    ...checkSeconds('--stop-timeout', options.stopTimeout, 0),
    ...checkDisks(options.disks),
    ...checkStrings('arguments', options.args),
    ...checkStrings('--env', env),
    ...env
      .filter((value) => !/^[^=]+=/.test(value))
      .map((value) => runErrors.badOption('--env', `'${value}' is not NAME=value`)),
  ];
  if (hostname !== undefined && !/^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$/.test(hostname))
    problems.push(
      runErrors.badOption('--hostname', `'${hostname}' is not 1 to 63 letters, digits, dots and hyphens`),
    );
  if (/[\0\n]/.test(append)) problems.push(runErrors.badOption('--append', 'it has a NUL or a newline'));
  if (Buffer.byteLength(append) > longestAppend)
    problems.push(runErrors.badOption('--append', `it is longer than ${longestAppend} bytes`));
  if (network === 'none' && ports.length > 0)
    problems.push(runErrors.badOption('--port', 'a machine without network has no ports'));
  if (problems.length > 0) throw new UklError(problems);
}

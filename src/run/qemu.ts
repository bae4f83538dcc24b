import { UklError, runErrors } from '../errors/index.js';
import { demandRequirements, findTool, type Requirement } from '../host/index.js';

/** Debian's name of QEMU's PC. */
export const defaultQemu = 'qemu-system-x86_64';

const setpriv: Requirement = { kind: 'command', name: 'setpriv', package: 'util-linux' };

/** What a run needs of the machine. */
export const runRequirements: readonly Requirement[] = [
  { kind: 'command', name: defaultQemu, package: 'qemu-system-x86' },
  setpriv,
];

/**
 * The command that starts QEMU such that the kernel kills it when this process ends in any way, SIGKILL included: nobody is left then
 * to ask QEMU to end, and it would run for ever. The signal is PR_SET_PDEATHSIG of prctl(2), for which Node has no call; it outlives
 * execve(), so setpriv can set it and become QEMU.
 *
 * @throws UklError UKL5001 when QEMU is not there, UKL6002 when setpriv is not
 */
export function qemuCommand(qemu: string, args: readonly string[]): [string, ...string[]] {
  const path = findTool(qemu);
  if (path === undefined) throw new UklError(runErrors.qemuMissing(qemu));
  demandRequirements([setpriv]);
  return [setpriv.name, '--pdeathsig', 'KILL', '--', path, ...args];
}

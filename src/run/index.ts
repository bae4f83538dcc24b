export {
  cpuRange,
  defaultMemory,
  defaultSilenceLimit,
  defaultStopTimeout,
  machineFailureExitCode,
  memoryRange,
  type Accelerator,
  type GdbStub,
  type MachineOptions,
  type Outcome,
  type RunInput,
  type RunOptions,
  type RunResult,
} from './options.js';
export { parseDisk, type Disk } from './disks.js';
export { diskRequirements } from './prepare-disk.js';
export { parsePort, type PortForward } from './ports.js';
export { shellLine } from './command.js';
export { defaultQemu, runRequirements } from './qemu.js';
export { runCommand, runImage } from './run.js';

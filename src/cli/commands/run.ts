import { defaultMemory, machineFailureExitCode, parsePort, runCommand, runImage, shellLine } from '../../run/index.js';

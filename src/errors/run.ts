import { errorDiagnostic, withTail, type Diagnostic, type Place } from './diagnostic.js';

/** errno values /init reports for the exec of /program (include/uapi/asm-generic/errno-base.h). */
const startFailures: Readonly<Record<number, readonly [reason: string, hint: string]>> = {
  2: [
    'ENOENT: /program, or the interpreter it names, is not in the root file system',
    'look into the image with: ukl-link inspect IMAGE',
  ],
  8: [
    'ENOEXEC: the slot of the image holds no program',
    'link it with a program: ukl-link --with-program=FILE.o -o IMAGE',
  ],
  12: ['ENOMEM: not enough memory', 'give the machine more memory: --memory'],
  13: [
    'EACCES: /program is not an executable file',
    'leave /program to ukl-link: it adds the file to every root file system',
  ],
};

/** Reasons of panics for which only memory helps: files that do not fit, and nobody left to kill (mm/oom_kill.c). */
const OUT_OF_MEMORY = /unpacking the initramfs in the slot: write error|deadlocked on memory/;

/** UKL5xxx: running an image. */
export const runErrors = {
  qemuMissing: (qemu: string): Diagnostic =>
    errorDiagnostic(
      'UKL5001',
      `${qemu} was not found`,
      {},
      'install it: apt-get install qemu-system-x86 (or name another with --qemu)',
    ),

  imageUnreadable: (file: string, reason: string): Diagnostic =>
    errorDiagnostic(
      'UKL5002',
      `cannot read ${file}: ${reason}`,
      { file },
      'give the image that ukl-link wrote',
    ),

  notBootable: (place: Place, why: string): Diagnostic =>
    errorDiagnostic(
      'UKL5003',
      `not a bootable kernel image: ${why}`,
      place,
      'give the bzImage that ukl-link wrote; link it again if it was copied incompletely',
    ),

  badPort: (text: string, why: string): Diagnostic =>
    errorDiagnostic(
      'UKL5004',
      `port '${text}': ${why}`,
      {},
      'write [HOST_ADDRESS:]HOST_PORT:GUEST_PORT[/tcp|/udp], for example 6379:6379',
    ),

  qemuFailed: (status: string, said: readonly string[]): Diagnostic =>
    errorDiagnostic(
      'UKL5005',
      [`QEMU ended with ${status}`, ...said.map((line) => `  | ${line}`)].join('\n'),
      {},
      'ukl-link run --dry-run prints the command, to try it by hand',
    ),

  portTaken: (rule: string): Diagnostic =>
    errorDiagnostic(
      'UKL5006',
      `cannot listen for the port '${rule}' on this machine`,
      {},
      'another process has it, or it needs privileges: choose another host port (-p OTHER:GUEST_PORT)',
    ),

  kernelPanic: (reason: string, tail: readonly string[]): Diagnostic =>
    errorDiagnostic(
      'UKL5007',
      withTail(`the kernel panicked: ${reason}`, tail),
      {},
      OUT_OF_MEMORY.test(reason)
        ? 'the machine has too little memory for the kernel and the files of the image: give it more (--memory)'
        : 'run it again with --kernel-log for everything the kernel said before',
    ),

  tripleFault: (tail: readonly string[]): Diagnostic =>
    errorDiagnostic(
      'UKL5008',
      withTail('the machine reset itself without a word of the kernel (a triple fault)', tail),
      {},
      'run it again with --kernel-log --append earlyprintk=ttyS0, or with --gdb to see where it stops',
    ),

  silent: (seconds: number): Diagnostic =>
    errorDiagnostic(
      'UKL5009',
      `nothing came from the machine within ${seconds} s: not a byte on its console or its result port`,
      {},
      'run it with --kernel-log --append earlyprintk=ttyS0; on a very slow host raise --silence-limit',
    ),

  timedOut: (seconds: number, tail: readonly string[]): Diagnostic =>
    errorDiagnostic(
      'UKL5010',
      withTail(`the machine was stopped after the time limit of ${seconds} s`, tail),
      {},
      'raise --timeout if the program needs longer',
    ),

  endedWithoutResult: (how: 'powered off' | 'restarted', tail: readonly string[]): Diagnostic =>
    errorDiagnostic(
      'UKL5011',
      withTail(`the machine ${how} without saying how the program ended`, tail),
      {},
      'an /init of your own tells it by writing `exit N` and a newline to /dev/ttyS1, or ends with: exec /.ukl/init',
    ),

  programNotStarted: (errno: number, what: string, tail: readonly string[]): Diagnostic => {
    const [reason, hint] = startFailures[errno] ?? [
      `error ${errno} (${what})`,
      'run it again with --kernel-log for what the kernel says',
    ];
    return errorDiagnostic(
      'UKL5012',
      withTail(`the program could not be started: ${reason}`, tail),
      {},
      hint,
    );
  },

  stopped: (): Diagnostic =>
    errorDiagnostic(
      'UKL5013',
      'the machine was stopped before its program ended',
      {},
      'run it again to have the result',
    ),

  kvmUnusable: (why: string): Diagnostic =>
    errorDiagnostic(
      'UKL5014',
      `KVM cannot be used here: ${why}`,
      {},
      'leave out --accel, or use --accel tcg',
    ),

  /** Severity `note`: the run goes on. */
  emulated: (why: string): Diagnostic => ({
    code: 'UKL5015',
    severity: 'note',
    message: `the machine is emulated (TCG), which is slow: ${why}`,
    hint: 'use a host with KVM for figures that mean something',
  }),

  badOption: (option: string, why: string): Diagnostic =>
    errorDiagnostic('UKL5016', `${option}: ${why}`, {}, 'see ukl-link run --help'),

  notMeasured: (reason: string, tail: readonly string[]): Diagnostic =>
    errorDiagnostic(
      'UKL5020',
      withTail(`the machine measured nothing: ${reason}`, tail),
      {},
      'QEMU must count instructions (-icount); run it by hand to see more: docs/bench.md',
    ),

  badResult: (line: string, tail: readonly string[]): Diagnostic =>
    errorDiagnostic(
      'UKL5017',
      withTail(
        `the machine's result port said something that is not a result: ${JSON.stringify(line)}`,
        tail,
      ),
      {},
      'only `exit N`, `signal N`, `restart` and `error N WHAT` may be written to /dev/ttyS1',
    ),

  stopTimedOut: (seconds: number, tail: readonly string[]): Diagnostic =>
    errorDiagnostic(
      'UKL5021',
      withTail(`the program did not end within ${seconds} s of being asked to; the machine was ended`, tail),
      {},
      'let the program end at SIGTERM, or give it more time: --stop-timeout',
    ),

  symbolsOfAnother: (why: string, place: Place): Diagnostic =>
    errorDiagnostic(
      'UKL5018',
      `these are not the symbols of this image: ${why}`,
      place,
      'link again with --separate-debug-file, or name another file with --symbols',
    ),

  /** Severity `note`: the program can be debugged all the same. */
  kernelWithoutSymbols: (kit: string): Diagnostic => ({
    code: 'UKL5019',
    severity: 'note',
    message: `the kernel's functions have no names: the files for debugging of kit ${kit} are not on this machine`,
    hint: 'they are made by: ukl-link kernel build; an installed kit has none',
  }),
};

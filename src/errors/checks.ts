import {
  errorDiagnostic,
  noteDiagnostic,
  warningDiagnostic,
  type Diagnostic,
  type Place,
} from './diagnostic.js';

const error = errorDiagnostic;
const warning = warningDiagnostic;
const note = noteDiagnostic;

/**
 * UKL21xx: what the checks of src/checks find in objects. Every entry takes the place, and the part of the text that differs from finding to
 * finding. What cannot be linked is an error. Instructions are warnings at most: whether they are ever executed cannot be told from
 * an object, and a program for ring 0 may mean them. What ring 0 does not change much is a note, which a link does not print.
 */
export const checkErrors = {
  dynamicRelocation: (place: Place, type: string): Diagnostic =>
    error(
      'UKL2101',
      `${type} is for the dynamic linker, which a program in the kernel does not have`,
      place,
      'give the object as the compiler made it (gcc -c), not one that was linked with -shared or by hand',
    ),

  writableCode: (place: Place): Diagnostic =>
    warning(
      'UKL2102',
      'a section that is writable and executable: the program has no memory of both kinds, so writing to it or executing it will fault',
      place,
      'put code and data into sections of their own',
    ),

  gsAccess: (place: Place): Diagnostic =>
    warning(
      'UKL2103',
      'memory access through %gs: in ring 0 that is the kernel’s per-CPU data, not a segment of the program',
      place,
      'keep per-thread data in __thread variables, which use %fs',
    ),

  gsBase: (place: Place, instruction: string): Diagnostic =>
    warning(
      'UKL2104',
      `${instruction}: in ring 0 the base of %gs is the kernel’s, which crashes at its next use once it is changed`,
      place,
      'leave %gs alone; %fs and its base (wrfsbase, arch_prctl) are the program’s',
    ),

  privileged: (place: Place, instruction: string): Diagnostic =>
    warning(
      'UKL2105',
      `privileged instruction ${instruction}: ring 0 executes it, on the machine the kernel runs on, where ring 3 gets SIGSEGV`,
      place,
      'make sure that it is meant, or leave the code out; --no-warn=UKL2105 once you are',
    ),

  flagsFromElsewhere: (place: Place, instruction: string): Diagnostic =>
    warning(
      'UKL2106',
      `${instruction} of flags that this function has not saved: in ring 0 it also sets IF, and without that there are no more interrupts`,
      place,
      'restore only flags that pushf has saved, and leave IF as it was',
    ),

  ringChange: (place: Place, instruction: string): Diagnostic =>
    warning(
      'UKL2107',
      `${instruction} goes through a descriptor: in ring 0 the gate’s privilege is not checked, and a segment of ring 3 means leaving ring 0`,
      place,
      'use syscall for system calls; near calls, jumps and returns for everything else',
    ),

  halt: (place: Place): Diagnostic =>
    note(
      'UKL2108',
      'hlt: in ring 0 it waits for the next interrupt and goes on, where ring 3 gets SIGSEGV',
      place,
      'nothing, where it stands behind a call that does not return, as in abort(); else use ud2 (__builtin_trap)',
    ),

  redZone: (place: Place): Diagnostic =>
    note(
      'UKL2109',
      'uses the red zone, the 128 bytes below the stack pointer: safe, unless the kernel serves interrupts on the program’s stack',
      place,
      'nothing today; code for --enable-same-stack must be compiled with -mno-red-zone',
    ),

  dynamicTls: (place: Place, model: string): Diagnostic =>
    note(
      'UKL2110',
      `thread-local variables by the ${model} model: ld makes local-exec accesses of them`,
      place,
      'nothing; -fPIE instead of -fPIC saves the padding',
    ),

  executableStack: (place: Place): Diagnostic =>
    warning(
      'UKL2111',
      'asks for an executable stack, and gets one: whoever overflows a buffer can run code, in ring 0',
      place,
      'pass no pointers to nested functions (gcc makes trampolines on the stack for them); in assembler, declare .note.GNU-stack without "x"',
    ),

  noStackNote: (place: Place): Diagnostic =>
    note(
      'UKL2112',
      'no .note.GNU-stack: ld would take it as asking for an executable stack, which it does not get here',
      place,
      'end the assembler source with: .section .note.GNU-stack,"",@progbits',
    ),

  unknownNote: (place: Place, what: string): Diagnostic =>
    note(
      'UKL2113',
      `a note that neither libc nor the kernel knows (${what}): it is linked and nobody reads it`,
      place,
      'nothing, unless the program itself looks for it',
    ),

  reservedNote: (place: Place, what: string): Diagnostic =>
    warning(
      'UKL2114',
      `a note of the link itself (${what}): the kernel may take it for the options of this program`,
      place,
      'choose another owner for the note',
    ),

  droppedProperty: (place: Place, what: string): Diagnostic =>
    note(
      'UKL2115',
      `.note.gnu.property (${what}) is dropped: the kernel does not enforce it in ring 0`,
      place,
      'nothing; endbr64 and shadow-stack instructions do no harm',
    ),

  codeWithoutSymbols: (place: Place): Diagnostic =>
    note(
      'UKL2116',
      'no symbols say where the program’s functions are: its instructions were not checked',
      place,
      'check it before it is stripped',
    ),
} as const satisfies Readonly<Record<string, (place: Place, detail: string) => Diagnostic>>;

/** The name of a check's finding in the catalogue. */
export type CheckName = keyof typeof checkErrors;

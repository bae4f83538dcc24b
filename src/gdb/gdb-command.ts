import { join } from 'node:path';
import { packageRoot, type Requirement } from '../host/index.js';

/** What debugging needs of the machine. */
export const gdbRequirements: readonly Requirement[] = [{ kind: 'command', name: 'gdb', package: 'gdb' }];

/** What teaches gdb KASLR and the kernel's stack; also to be sourced by hand. */
export const GDB_SCRIPT = join(packageRoot, 'gdb', 'ukl.py');

/** What gdb looks at. */
export type GdbTarget =
  /** A machine that waits at its reset vector, without KASLR; gdb goes on to the program's first instruction, at `entry`. */
  | { readonly kind: 'machine'; readonly port: number; readonly entry: bigint }
  /** A core file of the program. */
  | { readonly kind: 'core'; readonly file: string }
  /** As gdb's `target remote` takes it: gdbserver in a guest, or the stub of a machine. */
  | { readonly kind: 'remote'; readonly address: string };

export interface GdbSymbols {
  /** Path of the program's ELF file. */
  readonly program: string;
  /** What is to be added to its addresses in a kernel that has not been moved. */
  readonly base: bigint;
  readonly vmlinux?: string;
}

/** gdb and its arguments; `more` are the user's own, which come last. */
export function gdbCommand(target: GdbTarget, symbols: GdbSymbols, more: readonly string[]): string[] {
  const commands = commandsFor(target, symbols);
  return ['gdb', '-q', '-x', GDB_SCRIPT, ...commands.flatMap((command) => ['-ex', command]), ...more];
}

function commandsFor(target: GdbTarget, { program, base, vmlinux }: GdbSymbols): string[] {
  const place = base === 0n ? '' : ` --base 0x${base.toString(16)}`;
  const loadProgram = `ukl-symbols ${gdbWord(program)}${place}`;
  const loadBoth = vmlinux === undefined ? loadProgram : `${loadProgram} --kernel ${gdbWord(vmlinux)}`;
  switch (target.kind) {
    case 'machine':
      return [
        `target remote 127.0.0.1:${target.port}`,
        `${loadBoth} --offset 0`,
        // In hardware: under KVM there is no memory yet where gdb would write an instruction.
        `thbreak *0x${target.entry.toString(16)}`,
        'continue',
      ];
    case 'core':
      return [`core-file ${target.file}`, loadProgram];
    case 'remote':
      return [`target remote ${target.address}`, loadBoth];
  }
}

/** A word as gdb's commands take it apart (libiberty's buildargv). */
function gdbWord(text: string): string {
  return text.replace(/[\s'"\\]/g, '\\$&');
}

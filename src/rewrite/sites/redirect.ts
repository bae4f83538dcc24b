import {
  R_X86_64,
  RelocationEdit,
  SHF,
  STB,
  STT,
  type EhFrame,
  type ElfEdit,
  type ElfFile,
} from '../../elf/index.js';
import { GENERAL_ENTRY, entrySymbol } from '../../options/index.js';
import { iced } from '../../x86/index.js';
import { PREFIX } from '../../ld/linker-symbols.js';
import { functionAt, mayMakeSyscalls } from './code-section.js';
import { syscallNumber } from './number.js';
import { ObjectCode, type ProvenCode } from './object-code.js';
import type { NativeReason, SyscallSite } from './site.js';
import { FrameWriter, stubFrame, type StubFrame } from './stub-frame.js';
import { buildStub, windowPatch } from './stub.js';
import { chooseWindow, type Window } from './window.js';

/** What becomes of system call sites: led to the kernel's entry where that is proven right, or left alone. */
export const SYSCALL_MODES = ['redirect', 'native'] as const;
export type SyscallMode = (typeof SYSCALL_MODES)[number];

/** A name that no program can have: with the prefix it is the kernel's entry for system calls that are jumped to. */
export const KERNEL_NAME = GENERAL_ENTRY.slice(PREFIX.length);

/** Stubs begin at multiples of this. */
const STUB_ALIGN = 8;

const INT3 = 0xcc;
const SYS_RT_SIGRETURN = 15;
/** `mov $15,%rax`, by which libgcc knows a signal frame (config/i386/linux-unwind.h). */
const SIGRETURN_BYTES = Buffer.of(0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0);

/**
 * Leads the system call sites of an object to the kernel's entry, all that are proven to allow it: the instructions in front of a `syscall`
 * make room for a jump to a stub at the end of the section, which executes them and jumps to the entry. The `syscall` itself stays: it is where
 * signals and restarts go on. Returns every site with what became of it.
 */
export function redirectSyscalls(edit: ElfEdit, mode: SyscallMode): SyscallSite[] {
  const { elf } = edit;
  if (!mayMakeSyscalls(elf)) return [];
  const object = new ObjectCode(elf);
  const refusal = whyNone(elf, mode);
  const redirector = new Redirector(edit);
  const sites: SyscallSite[] = [];
  for (const code of object.sections.values()) {
    for (const index of syscallsOf(code)) {
      const about = describe(code, index);
      const plan = refusal ?? whyNever(code, about) ?? planSite(object, code, index);
      sites.push(
        typeof plan === 'string'
          ? { ...about, reason: plan }
          : { ...about, stub: redirector.redirect(code, plan, about) },
      );
    }
  }
  redirector.finish();
  return sites;
}

/** Indexes of the `syscall` instructions of a section. */
function syscallsOf({ table }: ProvenCode): number[] {
  const { Code } = iced();
  const found: number[] = [];
  for (let index = 0; index < table.length; index++)
    if (table.opcode(index) === Code.Syscall) found.push(index);
  return found;
}

function describe(code: ProvenCode, index: number): SyscallSite {
  const offset = code.table.offset(index);
  const name = functionAt(code, offset)?.name;
  const number = syscallNumber(code, index);
  return {
    section: code.section.name,
    offset,
    ...(name === undefined ? {} : { function: name }),
    ...(number === undefined ? {} : { number }),
  };
}

/** Why all sites of an object stay. */
function whyNone(elf: ElfFile, mode: SyscallMode): NativeReason | undefined {
  if (mode === 'native') return 'option';
  // Addends in the code itself: x86-64 does not use them, and nothing here reads them.
  return elf.relocationTables().some(({ hasAddends }) => !hasAddends) ? 'relocation' : undefined;
}

/** Why a site must not be touched whatever its code is. */
function whyNever({ section }: ProvenCode, { number, offset }: SyscallSite): NativeReason | undefined {
  if (section.has(SHF.WRITE)) return 'writable';
  // ld joins .init and .fini of all objects to one function each; sections that are C identifiers may be arrays.
  if (/^\.(init|fini)$|^[A-Za-z_]\w*$/.test(section.name)) return 'fragment';
  const before = section.contents.subarray(Math.max(0, offset - SIGRETURN_BYTES.length), offset);
  return number === SYS_RT_SIGRETURN || SIGRETURN_BYTES.equals(before) ? 'sigreturn' : undefined;
}

interface Plan {
  readonly window: Window;
  readonly frame: StubFrame | undefined;
}

function planSite(object: ObjectCode, code: ProvenCode, index: number): Plan | NativeReason {
  const window = chooseWindow(code, index);
  if (typeof window === 'string') return window;
  const frame = stubFrame(object.unwinding, code, window);
  return typeof frame === 'string' ? frame : { window, frame };
}

/** Makes the changes. */
class Redirector {
  readonly #edit: ElfEdit;
  readonly #frames = new Map<EhFrame, FrameWriter>();
  /** Symbol indices of the kernel's entries. */
  readonly #entries = new Map<string, number>();

  constructor(edit: ElfEdit) {
    this.#edit = edit;
  }

  /** Redirects one site; returns where its stub begins. */
  redirect(code: ProvenCode, { window, frame }: Plan, about: SyscallSite): number {
    const section = this.#edit.section(code.section.index);
    const start = section.append(new Uint8Array(0), STUB_ALIGN, INT3);
    const stub = buildStub(code, window, start);
    section.append(stub.bytes);
    section.writable().set(windowPatch(code, window, stub), code.table.offset(window.first));
    for (const { relocation, offset } of stub.moved) {
      new RelocationEdit(this.#edit.section(relocation.table.section.index)).setOffset(
        relocation.index,
        offset,
      );
    }
    this.#edit
      .relocations(section)
      .add({ offset: stub.entryField, type: R_X86_64.PLT32, symbol: this.#entry(about.number), addend: -4 });
    // As compilers name parts of functions: read.cold, read.part.0.
    const symbol = this.#edit.symbols.add({
      name: `${PREFIX}${about.function ?? about.section}.syscall`,
      binding: STB.LOCAL,
      type: STT.FUNC,
      section: section.index,
      value: start,
      size: stub.bytes.length,
    });
    if (frame !== undefined) this.#writer(frame.frame).add(frame, stub, symbol);
    return start;
  }

  finish(): void {
    for (const writer of this.#frames.values()) writer.finish();
  }

  #entry(number: number | undefined): number {
    const name = entrySymbol(number);
    const known = this.#entries.get(name);
    if (known !== undefined) return known;
    const added = this.#edit.symbols.add({ name });
    this.#entries.set(name, added);
    return added;
  }

  #writer(frame: EhFrame): FrameWriter {
    let writer = this.#frames.get(frame);
    if (writer === undefined) this.#frames.set(frame, (writer = new FrameWriter(this.#edit, frame)));
    return writer;
  }
}

/**
 * Why a system call site keeps its `syscall` instruction. Every site does unless it is proven that it need not; the instruction is right
 * everywhere, only slower. The values are stable: they stand in the map file and in JSON.
 */
export const nativeReasons = {
  option: 'redirection was not asked for (--syscalls=native)',
  unreached: 'no path from the start of a function leads here: it may be data',
  overlap: 'its bytes belong to two instructions, one of which begins inside the other',
  short: 'fewer than five bytes can be moved: a call, a jump or a function’s start comes before',
  unmovable: 'an instruction in front of it does what it does only where it stands',
  relocation: 'a relocation in front of it is tied to its place',
  label: 'code may be entered between the instructions in front of it',
  'indirect-jump':
    'its function computes where it jumps: it may enter between the instructions in front of it',
  'landing-pad': 'an exception may land between the instructions in front of it, or be caught for them',
  marked: 'the address behind it has a name: the program may compare the place of a signal with it',
  sigreturn: 'rt_sigreturn: unwinders recognise its instructions',
  fragment:
    'its section is a piece that the linker joins to others, or is bounded by __start_ and __stop_ symbols',
  writable: 'its section can be written, so its code may change',
  unwind: 'its unwind tables are not understood',
  executable: 'it came in a finished executable, of which nothing tells what may be moved',
} as const;

export type NativeReason = keyof typeof nativeReasons;

/** A `syscall` instruction of an object, and what became of it. */
export interface SyscallSite {
  /** Name of its section and, of the instruction, the byte offset there. */
  readonly section: string;
  readonly offset: number;
  /** The function it lies in, as the object names it. */
  readonly function?: string;
  /** The system call it makes, where it is always the same. */
  readonly number?: number;
  /** Where in the section its stub begins; a site without one keeps its instruction. */
  readonly stub?: number;
  /** Why there is none. */
  readonly reason?: NativeReason;
}

/** What `bench guest` measures: the names of guest/bench's subjects, and what they are, in the order of the table. */
export const guestSubjects: ReadonlyMap<string, string> = new Map([
  ['getppid', 'getppid()'],
  ['getppid-native', 'getppid by the instruction, not redirected'],
  ['clock_gettime', 'clock_gettime() by the vDSO'],
  ['clock_gettime-call', 'clock_gettime() by a system call'],
  ['open', 'open() and close() of /dev/null'],
  ['pipe', 'write() and read() of one byte, a pipe'],
  ['fault-mmap', 'first touch of a page, mmap()'],
  ['fault-bss', 'first touch of a page, .bss'],
  ['fault-stack', 'first touch of a page, stack'],
  ['switch-pipe', 'two processes: a byte there and one back, pipes'],
  ['switch-futex', 'two threads: one turn each, futexes'],
  ['thread', 'pthread_create() and pthread_join()'],
  ['fork', 'fork(), _exit(), waitpid()'],
  ['fork-20mb', 'the same with 20 MiB of .bss written'],
  ['exec', 'vfork(), execve(), exit, waitpid()'],
  ['signal', 'raise(), handler and back'],
  ['fault-signal', 'SIGSEGV, handler and back'],
]);

/** The subject that does nothing: what measuring costs a round. */
export const EMPTY = 'nothing';

/** The subject whose cost is known, and this cost. */
export const KNOWN = { name: 'loop', instructions: 1000 } as const;

/** What `bench guest` measures: the names of guest/bench's subjects, and what they are, in the order of the table. */
export const guestSubjects: ReadonlyMap<string, string> = new Map([
  ['getppid', 'getppid()'],
  ['getppid-native', 'getppid by the instruction, not redirected'],
  ['clock_gettime', 'clock_gettime() by the vDSO'],
  ['clock_gettime-call', 'clock_gettime() by a system call'],
  ['open', 'open() and close() of /dev/null'],
  ['pipe', 'write() and read() of one byte, a pipe'],
  ['read-1', 'read() of one byte, /dev/zero'],
  ['read-1-static', 'the same into memory of the program’s .bss'],
  ['write-1', 'write() of one byte, /dev/null'],
  ['read-8k', 'read() of 8 KiB, /dev/zero'],
  ['write-8k', 'write() of 8 KiB, /dev/null'],
  ['send-1', 'send() of one byte, TCP on the loopback, arrival included'],
  ['recv-1', 'recv() of one byte, TCP'],
  ['send-8k', 'send() of 8 KiB, arrival included'],
  ['recv-8k', 'recv() of 8 KiB'],
  ['select-10', 'select() of 10 pipes, the last one ready'],
  ['select-100', 'select() of 100'],
  ['poll-10', 'poll() of 10'],
  ['poll-100', 'poll() of 100'],
  ['epoll-10', 'epoll_wait() of 10'],
  ['epoll-100', 'epoll_wait() of 100'],
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

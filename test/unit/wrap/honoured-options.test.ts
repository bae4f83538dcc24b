/** Options that change what a program does: linked by gcc and by us, to an address of ring 3, it must do the same. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { Workshop } from '../link/corpus.js';

const shop = new Workshop();
afterAll(() => shop.remove());

/** An address that ring 3 may use. */
const USER = 0x40_0000n;

const WRAP = `
#include <stdio.h>
#include <stdlib.h>
void *__real_malloc(size_t); int __real_own(int); int own(int);
static int calls;
void *__wrap_malloc(size_t size) { calls++; return __real_malloc(size); }
int __wrap_own(int n) { return __real_own(n) + 1000; }
int main(void) { char *p = malloc(3), *(*volatile get)(size_t) = (char *(*)(size_t))malloc; char *q = get(4);
  printf("%d %d %d\\n", calls >= 2, own(5), p != 0 && q != 0); return 3; }
`;
const OWN = 'int own(int n) { return 2 * n; }\n';
const DEFSYM = `
#include <stdio.h>
extern int other, behind, *pointer; extern char constant[]; int array[2] = {7, 8}; int *held = &other;
int main(void) { volatile long c = (long)constant; printf("%d %d %lx %d\\n", other, behind, c, held == array); return 0; }
`;
const GC = `
#include <stdio.h>
int missing(void); int unused(void); int unused(void) { return missing(); }
__attribute__((constructor)) static void early(void) { puts("early"); }
__attribute__((section("kept"), used)) static const int a = 1, b = 2; extern const int __start_kept[], __stop_kept[];
int main(void) { printf("%ld %d\\n", (long)(__stop_kept - __start_kept), a + b); return 0; }
`;
const START = `
#include <stdlib.h>
int main(void) { return 1; }
void begin(void) { __asm__ volatile("syscall" : : "a"(231), "D"(9)); __builtin_unreachable(); }
`;
const TWICE = 'int own(int n) { return 5 * n; }\n';
const USES = '#include <stdio.h>\nint own(int); int main(void) { printf("%d\\n", own(1)); return 0; }\n';

it.each([
  ['--wrap', [WRAP, OWN], ['--wrap=malloc', '--wrap', 'own']],
  ['--defsym', [DEFSYM], ['--defsym=other=array', '--defsym', 'behind=array+4', '--defsym=constant=0x1234']],
  ['--gc-sections', [GC], ['--gc-sections']],
  ['-e', [START], ['-e', 'begin']],
  ['-z muldefs', [USES, OWN, TWICE], ['-z', 'muldefs']],
  ['--allow-multiple-definition', [USES, TWICE, OWN], ['--allow-multiple-definition']],
])('%s', async (name, sources, words) => {
  const objects = sources.map((text, i) =>
    shop.compile(`${name.replace(/\W/g, '')}${i}.c`, text, ['-ffunction-sections']),
  );
  const plain = shop.path(`plain${name}`.replace(/ /g, ''));
  const args = words.flatMap((word) => ['-Xlinker', word]);
  execFileSync('gcc', ['-static', ...args, ...objects, '-o', plain], { stdio: 'pipe' });
  const ours = `${plain}.ours`;
  const { elf } = await shop.link([...words, ...objects], USER, 'native');
  writeFileSync(ours, elf);
  chmodSync(ours, 0o755);
  const [expected, got] = [plain, ours].map((path) => spawnSync(path, { encoding: 'utf8' }));
  expect(expected?.signal).toBeNull();
  expect([got?.status, got?.signal, got?.stdout]).toEqual([expected?.status, null, expected?.stdout]);
});

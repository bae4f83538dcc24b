import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckResult } from '../../src/check.js';
import { runCli } from '../support/cli.js';
import { HELLO_C, Workshop } from '../unit/link/corpus.js';

const shop = new Workshop();
afterAll(() => shop.remove());

const CLI_C = 'void masks(void) { __asm__("cli; cli"); } void other(void) { __asm__("cli"); }';
let hello: string;
let masks: string;
beforeAll(() => {
  hello = shop.compile('hello.c', HELLO_C);
  masks = shop.compile('masks.c', CLI_C);
});

/** No kit, nothing cached. */
const env = { UKL_CACHE_DIR: shop.path('cache') };

describe('ukl-link check', () => {
  it('needs no kit, writes no image, and finds only notes in hello', async () => {
    const { status, stdout, stderr } = await runCli(['check', hello], { env });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(
      /^ukl-link: note UKL2108: hlt.*\n(?:.*\n)*.*libc\.a\(abort\.o\), section \.text\S*, symbol abort/m,
    );
    expect(stdout).toMatch(/\n\d+ objects: 0 errors, 0 warnings, \d+ notes\n$/);
    expect(existsSync(join(env.UKL_CACHE_DIR, 'kits'))).toBe(false);
    expect(readdirSync(shop.folder).filter((name) => name.endsWith('.bzImage'))).toEqual([]);
  });

  it('groups what it finds, and lists a function once', async () => {
    const { status, stdout } = await runCli(['check', '--every-member', masks], { env });
    expect(status).toBe(0);
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      expect.stringMatching(/^ukl-link: warning UKL2105: privileged instruction cli/) as string,
      `    in ${masks}, section .text+0x0, symbol masks (2 times)`,
      `    in ${masks}, section .text+0x3, symbol other`,
      expect.stringContaining('--no-warn=UKL2105') as string,
    ]);
    expect(stdout).toContain('\n1 object: 0 errors, 2 warnings, 0 notes\n');
  });

  it('lists the first places only, unless all are asked for', async () => {
    const many = Array.from({ length: 20 }, (_, i) => `void f${i}(void) { __asm__("cli"); }`).join('\n');
    const object = shop.compile('many.c', many);
    const few = await runCli(['check', '--every-member', object], { env });
    expect(few.stdout).toContain('and in 12 more places');
    const all = await runCli(['check', '--every-member', '--all', object], { env });
    expect(all.stdout.match(/symbol f\d+/g)).toHaveLength(20);
    expect(all.stdout).not.toContain('more places');
  });

  it('takes inputs as a link does and ends with 1 when there are errors', async () => {
    const archive = shop.archive('libmasks.a', [masks]);
    const user = shop.compile('user.c', 'void masks(void); int main(void) { masks(); return 0; }');
    const words = ['check', user, '-Wl,--start-group', '-lmasks', '-Wl,--end-group', `-L${shop.folder}`];
    const found = await runCli([...words, '--json'], { env });
    expect(found.status).toBe(0);
    const result = JSON.parse(found.stdout) as CheckResult & { errors: number; warnings: number };
    expect(result).toMatchObject({ errors: 0, warnings: 2 });
    expect(result.findings).toContainEqual(
      expect.objectContaining({ code: 'UKL2105', file: archive, symbol: 'masks', count: 2, offset: 0 }),
    );
    const fatal = await runCli([...words, '--fatal-warnings'], { env });
    expect(fatal.status).toBe(1);
    expect(fatal.stdout).toContain('error UKL2105');
    expect((await runCli([...words, '--fatal-warnings', '--no-warn=UKL2105'], { env })).status).toBe(0);
    const lacking = await runCli(['check', user], { env });
    expect(lacking.status).toBe(1);
    expect(lacking.stdout).toContain('error UKL2011: undefined symbol masks');
  });

  it.each([
    [['check'], 2, 'UKL6001'],
    [['check', '--no-warn=2105', 'x.o'], 2, 'UKL6001'],
    [['check', 'nowhere.o'], 1, 'UKL6005'],
    [['check', '--frobnicate', 'nowhere.o'], 1, 'UKL2002'],
  ])('%j ends with %i and %s', async (words, status, code) => {
    const result = await runCli(words, { env });
    expect(result.status).toBe(status);
    expect(result.stderr).toContain(code);
    expect(result.stdout).toBe('');
  });

  it('has its help', async () => {
    const { status, stdout } = await runCli(['check', '--help']);
    expect(status).toBe(0);
    for (const option of ['--every-member', '--all', '--fatal-warnings', '--no-warn', '--json']) {
      expect(stdout).toContain(option);
    }
    expect((await runCli(['--help'])).stdout).toContain('check');
  });
});

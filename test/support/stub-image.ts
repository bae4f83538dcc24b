import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A machine's whole life, for tests of what stands around it. */
export interface StubLife {
  /** Written to the first serial port. */
  readonly console?: string;
  /** Copy what comes in by the first serial port to it, until ^D comes. */
  readonly echoInput?: boolean;
  /** Written to the second serial port, before the input is echoed. */
  readonly before?: string;
  /** Written to the second serial port at the end. */
  readonly result?: string;
  readonly then: 'power off' | 'reset' | 'triple fault' | 'hang';
}

const endings: Readonly<Record<StubLife['then'], string>> = {
  // ACPI's PM1a control register where QEMU's q35 has it: SLP_EN with S5.
  'power off': 'mov $0x604, %dx; mov $0x2000, %ax; out %ax, %dx',
  reset: 'mov $0xcf9, %dx; mov $0x6, %al; out %al, %dx',
  'triple fault': 'lidt nowhere - code; int3',
  hang: '',
};

const bytes = (text: string): string =>
  ['.byte 0', ...[...Buffer.from(text, 'latin1')].map(String)].slice(1).join(', ');

const say = (label: string, port: number): string =>
  `mov $(${label} - code), %si; mov $(${label}_end - ${label}), %cx; mov $${port}, %bx; call write`;

/** Real-mode code behind the setup header of a bzImage: CS:0 is the file's offset 0x200. */
function assembly(life: StubLife): string {
  const text = (label: string, value = ''): string =>
    `${label}: ${value === '' ? '' : `.byte ${bytes(value)}`}\n${label}_end:`;
  return `
.code16
.org 0x1f1
	.byte 4                 # setup_sects
	.word 0
	.long 1                 # syssize
.org 0x1fe
	.word 0xaa55
code:	jmp start
	.ascii "HdrS"
	.word 0x20c             # boot protocol
.org 0x211
	.byte 1                 # LOADED_HIGH
.org 0x22c
	.long 0x7fffffff        # initrd_addr_max
	.long 0x1000            # kernel_alignment
.org 0x238
	.long 2047              # cmdline_size
.org 0x268
start:	mov %cs, %ax
	mov %ax, %ds
	cld
	${say('console', 0x3f8)}
	${say('before', 0x2f8)}
	${life.echoInput ? 'call echo' : ''}
	${say('result', 0x2f8)}
	${endings[life.then]}
stop:	cli
	hlt
	jmp stop

write:	jcxz 3f                 # %cx bytes at %si to the UART at %bx
	lea 5(%bx), %dx
2:	in %dx, %al
	test $0x20, %al
	jz 2b
	lodsb
	mov %bx, %dx
	out %al, %dx
	dec %cx
	jmp write
3:	ret

echo:	mov $0x3fd, %dx
	in %dx, %al
	test $1, %al
	jz echo
	mov $0x3f8, %dx
	in %dx, %al
	cmp $4, %al
	je 3b
	mov %al, key - code
	mov $(key - code), %si
	mov $1, %cx
	mov $0x3f8, %bx
	call write
	jmp echo

key:	.byte 0
nowhere: .word 0, 0, 0
${text('console', life.console)}
${text('before', life.before)}
${text('result', life.result)}
.org 0xa00
	.fill 16
`;
}

/** Assembles a bzImage of 2.5 KB that lives this life, in less than a second. */
export async function buildStubImage(dir: string, name: string, life: StubLife): Promise<string> {
  const source = join(dir, `${name}.s`);
  const object = join(dir, `${name}.o`);
  const image = join(dir, `${name}.bzImage`);
  await writeFile(source, assembly(life));
  await run('as', ['--32', '-o', object, source]);
  await run('ld', ['-m', 'elf_i386', '-Ttext=0', '--oformat', 'binary', '-e', '0', '-o', image, object]);
  return image;
}

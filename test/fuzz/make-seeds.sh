#!/bin/sh
# Makes the seed files of the fuzzer anew. They are kept in the repository, so that a run with the same number
# gives the same inputs on every machine; run this only to add kinds of files.
set -eu
cd "$(dirname "$0")"
out=$PWD/seeds
scripts=$(cd ../../linker-scripts && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

cat > hello.c <<'C'
#include <stdio.h>
int main(void) { puts("hello"); return 0; }
C
cat > data.c <<'C'
__thread int counter = 3;
int common_block[4];
__attribute__((weak)) int weak(void) { return counter++; }
__attribute__((visibility("hidden"))) const char *const names[] = { "one", "two", "three" };
static int resolved(void) { return common_block[1]; }
static int (*resolve(void))(void) { return resolved; }
int chosen(void) __attribute__((ifunc("resolve")));
double scale(double x) { return x * 1.5 + chosen(); }
C
cat > group.cc <<'C'
template <class T> struct Box { T v; virtual ~Box() {} virtual T get() { if (v == 0) throw 1; return v; } };
inline int shared() { static int n; return ++n; }
int use(int x) { Box<int> b; b.v = x; try { return b.get() + shared(); } catch (int e) { return e; } }
C
cat > start.c <<'C'
static const char text[] = "data";
const char *pointer = text;
int zeros[100];
void _start(void) { for (;;) zeros[1] += *pointer; }
C
cat > versions.c <<'C'
int old_f(void) { return 1; }
int new_f(void) { return 2; }
extern int getpid(void);
int pid(void) { return getpid(); }
__asm__(".symver old_f,f@V1");
__asm__(".symver new_f,f@@V2");
C
printf 'V1 { global: f; pid; local: *; }; V2 { } V1;\n' > versions.map

cat > sites.S <<'S'
# System calls as libraries make them, and as the rewriter must leave them alone.
	.text
	.globl plain, target_on_site, table, twice, first, moved
	.type plain, @function
plain:	.cfi_startproc
	mov $39, %eax
	syscall
	cmp $-4095, %rax
	jae 1f
	ret
1:	mov errno@GOTTPOFF(%rip), %rcx
	mov %eax, %fs:(%rcx)
	ret
	.cfi_endproc
	.size plain, .-plain
	.type target_on_site, @function
target_on_site:
	.cfi_startproc
	push %rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbx, 0
	mov $3, %ebx
2:	mov $24, %eax
3:	syscall
	dec %ebx
	jnz 3b
	jmp 2b
	pop %rbx
	.cfi_adjust_cfa_offset -8
	ret
	.cfi_endproc
	.size target_on_site, .-target_on_site
	.type table, @function
table:	cmp $2, %edi
	ja 6f
	lea 9f(%rip), %rdx
	movslq (%rdx,%rdi,4), %rax
	add %rdx, %rax
	jmp *%rax
4:	mov $1, %eax
5:	syscall
6:	ret
	.size table, .-table
	.type twice, @function
twice:	mov $1, %eax
	syscall
	syscall
	mov message(%rip), %eax
	syscall
	ret
	.size twice, .-twice
	.type first, @function
first:	syscall
	ret
	.size first, .-first
	.section .text.other, "ax", @progbits
	.type moved, @function
moved:	mov $60, %eax
	syscall
	.byte 0x48, 0xb8, 0x0f, 0x05, 0, 0, 0, 0, 0, 0
	ret
	.size moved, .-moved
	.section .rodata, "a", @progbits
	.balign 4
9:	.long 4b-9b, 5b-9b, 6b-9b
message: .quad 0x050f050f
	.section .note.GNU-stack, "", @progbits
S
cat > cleanup.cc <<'C'
struct Guard { ~Guard(); };
static inline long call(long n, long a) { long r; __asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a) : "rcx", "r11", "memory"); return r; }
void may_throw(int);
int guarded(int fd) { Guard g; try { may_throw(fd); return call(3, fd); } catch (int e) { return call(231, e); } }
int chosen(int n) { switch (n) { case 0: return call(39, 0); case 1: return call(24, 1); case 2: return 7; case 3: return call(186, 3); case 4: return 9; default: return 0; } }
C
cat > large.S <<'S'
# .eh_frame with an augmentation, an empty group and sections, an absolute and a common symbol, a merged string.
	.section .empty, "a", @nobits
	.section .group_member, "aG", @progbits, signature, comdat
	.byte 1
	.section .rodata.str2, "aMS", @progbits, 2
	.short 65, 66, 0, 67, 0
	.section .rodata.cst8, "aM", @progbits, 8
	.quad 1, 2
	.comm block, 16, 8
	.set absolute, 4096
	.globl absolute
	.section .text.lsda, "ax", @progbits
	.globl lsda
lsda:	.cfi_startproc
	.cfi_personality 0x9b, personality
	.cfi_lsda 0x1b, table
	.cfi_signal_frame
	mov $15, %eax
	syscall
	.cfi_remember_state
	.cfi_def_cfa rsp, 16
	.cfi_escape 0x0f, 3, 0x77, 8, 6
	ret
	.cfi_restore_state
	ret
	.cfi_endproc
	.section .gcc_except_table, "a", @progbits
table:	.byte 0xff, 0xff, 1, 4, 0, 2, 2, 0
	.data
	.balign 8
personality: .quad lsda+2
	.section .note.odd, "a", @note
	.long 4, 0, 7
	.asciz "odd"
S
gcc -c sites.S -o sites.o
g++ -c -O2 -fPIC cleanup.cc -o cleanup.o
gcc -c large.S -o large.o
gcc -c -O1 hello.c -o hello.o
gcc -c -O1 -ffunction-sections -fdata-sections -fcommon data.c -o data.o
g++ -c -O1 group.cc -o group.o
gcc -c -O0 -g "-ffile-prefix-map=$tmp=." -gz=zlib data.c -fcommon -o debug.o
gcc -c -O1 -fno-asynchronous-unwind-tables start.c -o start.o
small='-nostdlib -Wl,-z,noseparate-code -Wl,-z,max-page-size=64 -Wl,-z,common-page-size=64 -Wl,--build-id'
gcc $small -no-pie -static -Wl,--emit-relocs start.o -o exec
gcc $small -static-pie -fPIE start.c -o pie
# On pages of their own, as the slot takes them.
gcc $small -static-pie -fPIE -Wl,-z,max-page-size=4096 -Wl,-z,common-page-size=4096 start.c -o static-pie
gcc $small -shared -fPIC -Wl,-z,pack-relative-relocs -Wl,--version-script=versions.map versions.c -lc -o lib.so
objcopy --remove-section=.comment hello.o a_rather_long_member_name.o
ar rcD gnu.a hello.o a_rather_long_member_name.o start.o
llvm-ar --format=bsd rcD bsd.a hello.o a_rather_long_member_name.o start.o
ar rcDT thin.a hello.o a_rather_long_member_name.o start.o
ar rcD sites.a sites.o cleanup.o large.o
ld -m elf_x86_64 -static -T "$scripts/program.ld" --defsym=__ukl_link_base=0xffffffff81c00000 -e plain -z norelro \
  -z max-page-size=4096 --eh-frame-hdr --emit-relocs --strip-debug sites.o start.o --defsym=errno=0 -o program
objcopy --compress-debug-sections=zlib-gnu debug.o old-compression.o
SYM64_THRESHOLD=0 llvm-ar rcD sym64.a hello.o start.o
cp sites.o cleanup.o large.o sites.a program old-compression.o hello.o data.o group.o debug.o start.o exec pie static-pie lib.so gnu.a bsd.a thin.a sym64.a "$out"

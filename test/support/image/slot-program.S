/* Says whether each kind of boot relocation was applied, without a C library. Exits with 7. */
	.section .text
	.globl _start
_start:
	lea	target(%rip), %rbx
	cmp	%rbx, word64(%rip)
	jne	bad
	mov	$target, %rax			/* R_X86_64_32S */
	cmp	%rbx, %rax
	jne	bad
	cmpl	$42, target(%rip)
	jne	bad
	cmpq	$0, bss(%rip)
	jne	bad
	lea	good(%rip), %rsi
	mov	$goodlen, %edx
	jmp	1f
bad:	lea	wrong(%rip), %rsi
	mov	$wronglen, %edx
1:	mov	$1, %eax			/* write(1, …) */
	mov	$1, %edi
	syscall
	mov	$60, %eax			/* exit(7) */
	mov	$7, %edi
	syscall

	.section .rodata
good:	.ascii "relocations good\n"
	.set goodlen, . - good
wrong:	.ascii "relocations wrong\n"
	.set wronglen, . - wrong

	.data
	.balign 8
word64:	.quad target
target:	.quad 42

	.bss
	.balign 8
bss:	.skip 20000
	.section .note.GNU-stack,"",@progbits

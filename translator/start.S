/* The resident's first instruction: the stack is as the kernel made it. */
	.text
	.globl _start
	.type _start, @function
_start:
	xor	%ebp, %ebp
	mov	%rsp, %rdi
	and	$-16, %rsp
	call	resident_main
	ud2
	.size _start, . - _start
	.section .note.GNU-stack, "", @progbits

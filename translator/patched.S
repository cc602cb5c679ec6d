/*
 * The patched gate: a site of prepared text (rewriter/) comes here by a jump, not by a trap.
 *
 * State at tr_gate: eax = the call's number, rcx = the address behind the guest's syscall instruction; r11 is free, as the
 * kernel leaves both of these changed; every other register, the flags and the stack are the guest's, and no signal is masked.
 * Up to tr_patched_inside nothing but rcx and r11 is changed, no flag either, so that a signal that finds the pc there goes
 * back to the syscall instruction (patched.c): from there the call traps, which is always right. From tr_patched_inside to
 * tr_patched_left the stack is a slot's, and a signal is kept in the slot's frame. Behind it everything is the guest's again.
 *
 * The slots are a few of their own: a word in the frame says that it is taken. Where all are, the call traps.
 */
#include "translator/frame.h"

#define NR_rt_sigprocmask 14

#define FUNCTION(name) .globl name; .hidden name; .type name, @function; .balign 16; name:
#define END(name) .size name, . - name
#define LABEL(name) .globl name; .hidden name; name:

/* The frame of the first slot that is the patched gate's. */
#define FIRST_FRAME (SLOT_SIZE * (SLOT_PATCHED + 1) - SLOT_FRAME_SIZE)
#if SLOTS_PATCHED != 8
#error "a block of code for each"
#endif

#define REGISTER(n) (FRAME_PATCHED + 40 + 8 * (n))
#define R8 REGISTER(0)
#define R9 REGISTER(1)
#define R10 REGISTER(2)
#define R12 REGISTER(4)
#define R13 REGISTER(5)
#define R14 REGISTER(6)
#define R15 REGISTER(7)
#define RDI REGISTER(8)
#define RSI REGISTER(9)
#define RBP REGISTER(10)
#define RBX REGISTER(11)
#define RDX REGISTER(12)
#define RAX REGISTER(13)
#define RSP REGISTER(15)
#define RIP REGISTER(16)
#define EFL REGISTER(17)

/* Carry, parity, adjust, zero, sign, overflow; the one that is always set, and that of interrupts. */
#define OVERFLOW    0x800
#define PLAIN_FLAGS (0x2d7 + OVERFLOW)

/* From the frame in rcx: the guest's registers but rsp, its flags and the two that are free; r11 = where it goes on. */
	.macro	restore
	mov	R8(%rcx), %r8
	mov	R9(%rcx), %r9
	mov	R10(%rcx), %r10
	mov	R12(%rcx), %r12
	mov	R13(%rcx), %r13
	mov	R14(%rcx), %r14
	mov	R15(%rcx), %r15
	mov	RDI(%rcx), %rdi
	mov	RSI(%rcx), %rsi
	mov	RBP(%rcx), %rbp
	mov	RBX(%rcx), %rbx
	mov	RDX(%rcx), %rdx
	mov	RAX(%rcx), %rax
	mov	RIP(%rcx), %r11
	.endm

/* First in the resident's text, so that its address is the same in every build: RESIDENT_GATE. */
	.section .init, "ax", @progbits
LABEL(tr_gate)
	jmp	tr_patched_entry

	.text

FUNCTION(tr_patched_entry)
	mov	%rcx, %r11
	.balign PATCHED_STEP
/* A block of PATCHED_STEP bytes for each slot; patched.c knows what each instruction of a block means. */
LABEL(tr_patched_scan)
	.irp	i, 0, 1, 2, 3, 4, 5, 6, 7
1:	mov	$1, %ecx
	xchg	%rcx, tr_slots_built_in + FIRST_FRAME + SLOT_SIZE * \i + FRAME_BUSY(%rip)
	jrcxz	2f
	jmp	3f
2:	lea	tr_slots_built_in + FIRST_FRAME + SLOT_SIZE * \i(%rip), %rcx
	jmp	tr_patched_taken
	.balign PATCHED_STEP
3:
	.endr
LABEL(tr_patched_scanned)
	lea	-2(%r11), %rcx
	jmp	*%rcx

LABEL(tr_patched_taken)
	mov	%rsp, RSP(%rcx)
	mov	%rcx, %rsp
LABEL(tr_patched_inside)
	pushfq
	pop	EFL(%rcx)
	mov	%r8, R8(%rcx)
	mov	%r9, R9(%rcx)
	mov	%r10, R10(%rcx)
	mov	%r12, R12(%rcx)
	mov	%r13, R13(%rcx)
	mov	%r14, R14(%rcx)
	mov	%r15, R15(%rcx)
	mov	%rdi, RDI(%rcx)
	mov	%rsi, RSI(%rcx)
	mov	%rbp, RBP(%rcx)
	mov	%rbx, RBX(%rcx)
	mov	%rdx, RDX(%rcx)
	mov	%rax, RAX(%rcx)
	mov	%r11, RIP(%rcx)
	cld
	mov	%rcx, %rbx
	mov	%rcx, %rdi
	call	tr_on_patched
/*
 * From the check on a signal would come too late for it: one that finds the pc in [tr_patched_leave, tr_patched_left) begins
 * here again, with rbx and rsp the frame's address.
 */
LABEL(tr_patched_leave)
	cmpl	$0, FRAME_MASKED(%rbx)
	jne	tr_patched_leave_masked
	mov	%rbx, %rcx
	/* popfq takes as long as all the rest: the flags of arithmetic can be had without it. */
	mov	EFL(%rcx), %eax
	test	$~PLAIN_FLAGS, %eax
	jz	1f
	restore
	push	EFL(%rcx)
	popfq
	jmp	2f
1:	xchg	%al, %ah
	and	$OVERFLOW >> 8, %al
	add	$0x80 - (OVERFLOW >> 8), %al
	sahf
	restore
2:	mov	RSP(%rcx), %rsp
LABEL(tr_patched_left)
	movq	$0, FRAME_BUSY(%rcx)
LABEL(tr_patched_released)
	jmp	*%r11
LABEL(tr_patched_end)

/*
 * Everything is masked: the guest's mask goes back in force when the stack is the guest's again. SIGSEGV and SIGBUS, which are
 * not masked, can come before that, sent by somebody: then this begins again as above. A signal that comes behind it finds the pc in [tr_patched_unmasked, tr_patched_unmasked_end), and the rest is done for this code, from the frame: rbx is its
 * address at the first instruction, rcx behind it. No flag is changed behind popfq.
 */
LABEL(tr_patched_leave_masked)
	mov	%rbx, %rdi
	call	tr_patched_settle
	push	EFL(%rbx)
	popfq
	mov	$2, %edi
	lea	FRAME_MASK(%rbx), %rsi
	mov	$0, %edx
	mov	$8, %r10d
	mov	$NR_rt_sigprocmask, %eax
	mov	RSP(%rbx), %rsp
LABEL(tr_patched_unmask)
	syscall
LABEL(tr_patched_unmasked)
	mov	%rbx, %rcx
	movl	$0, FRAME_MASKED(%rcx)
	restore
LABEL(tr_patched_unmasked_end)
	jmp	tr_patched_left
END(tr_patched_entry)

	.section .note.GNU-stack, "", @progbits

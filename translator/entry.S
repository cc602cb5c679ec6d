/*
 * The few instructions that cannot be C: into the resident, out of it, and the places where a signal may find it.
 *
 * State: at the entries the kernel has saved every guest register in the signal frame, so all of them are free; the
 * direction flag is clear; all signals but SIGSEGV and SIGBUS are masked. Nothing is written to the guest's stack. The
 * stack of a slot is used from its top: the frame (struct tr_frame) first, C below it.
 */
#include "translator/frame.h"

#define NR_rt_sigprocmask 14
#define NR_rt_sigreturn 15
#define NR_getpid 39
#define NR_clone 56
#define NR_exit 60

#define FUNCTION(name) .globl name; .hidden name; .type name, @function; .balign 16; name:
#define END(name) .size name, . - name
#define LABEL(name) .globl name; .hidden name; name:

	.text

/*
 * Takes a free slot: rbp = address of its word in tr_slot_free, r8 = its bit, rax = its number. Uses rcx, r9, r10, r11.
 * The stack is the signal's until there is one; growing is the one thing done on it.
 */
.macro TAKE_SLOT
1:	lea	tr_slot_free(%rip), %rbp
	xor	%r9d, %r9d
2:	mov	(%rbp), %r10
3:	bsf	%r10, %r8
	jz	4f
	lock btr %r8, (%rbp)
	jc	5f
	btr	%r8, %r10
	jmp	3b
4:	add	$8, %rbp
	inc	%r9d
	cmp	$SLOT_CHUNKS, %r9d
	jb	2b
	call	tr_slots_grow
	jmp	1b
5:	mov	%r9d, %eax
	shl	$6, %eax
	add	%r8d, %eax
.endm

/*
 * rsp = rdi = the slot's frame, rax = its number. Slot numbers: chunk * 64 + bit. Once rsp is there, a signal that comes
 * looks at the frame.
 */
.macro USE_SLOT
	mov	%eax, %edi
	mov	%eax, %r11d
	call	tr_slot_frame_fast
	mov	%r11d, FRAME_INDEX(%rax)
	mov	%r14, FRAME_CONTEXT(%rax)
	movl	$0, FRAME_DEFERRED(%rax)
	mov	%rax, %rsp
	mov	%rax, %rdi
.endm

/* tr_slot_frame without a C frame: edi = number, rax = frame. Uses rcx. */
	.type tr_slot_frame_fast, @function
tr_slot_frame_fast:
	cmp	$64, %edi
	jae	1f
	lea	tr_slots_built_in(%rip), %rax
	jmp	2f
1:	sub	$64, %edi
	movabs	$RESIDENT_STACKS_ADDRESS, %rax
2:	inc	%edi
	mov	%rdi, %rcx
	shl	$18, %rcx
	lea	-SLOT_FRAME_SIZE(%rax,%rcx), %rax
	ret

/*
 * Every signal that we handle, SIGSYS (a call of the guest's that the filter sent here) above all. tr_on_signal says
 * whether to return or to enter a handler of the guest's, with the signal, siginfo and context that the slot's frame names:
 * rsp points to the return address in front of the context, which is the guest's restorer. From the unmasking to the jump
 * another signal can arrive, so the stack must already be the guest's: tr_on_signal finds the pc in [tr_tail_begin,
 * tr_tail_end) and finishes the rest itself, from r12 to r15, rbx (the guest's stack), rbp and r8 (the slot, if it is not
 * yet released).
 */
FUNCTION(tr_signal_entry)
	mov	%edi, %r12d
	mov	%rsi, %r13
	mov	%rdx, %r14
	mov	%rsp, %rbx
	TAKE_SLOT
	USE_SLOT
	push	%r8
	push	%rdi
	mov	%rdi, %rcx
	mov	%r12d, %edi
	mov	%r13, %rsi
	mov	%r14, %rdx
	call	tr_on_signal
	pop	%rsi
	pop	%r8
	movl	$0, FRAME_OWNER(%rsi)
	mov	%rax, %r15
	test	%rax, %rax
	jz	1f
	mov	FRAME_SIGNAL(%rsi), %r12d
	mov	FRAME_INFO(%rsi), %r13
	mov	FRAME_CONTEXT(%rsi), %r14
	lea	-8(%r14), %rbx
	mov	%rbx, %rsp
	mov	$2, %edi
	xor	%edx, %edx
	mov	$8, %r10d
	mov	$NR_rt_sigprocmask, %eax
	syscall
LABEL(tr_tail_begin)
	lock bts %r8, (%rbp)
LABEL(tr_tail_released)
	mov	%r12d, %edi
	mov	%r13, %rsi
	mov	%r14, %rdx
	xor	%eax, %eax
	jmp	*%r15
LABEL(tr_tail_end)
1:	mov	%r14, %rsp
	lock bts %r8, (%rbp)
	mov	$NR_rt_sigreturn, %eax
	syscall
	ud2
END(tr_signal_entry)

/* tr_leave_to_frame(sp, frame) */
FUNCTION(tr_leave_to_frame)
	mov	FRAME_INDEX(%rsi), %eax
	lea	tr_slot_free(%rip), %rcx
	mov	%eax, %edx
	shr	$6, %edx
	and	$63, %eax
	movl	$0, FRAME_OWNER(%rsi)
	mov	%rdi, %rsp
	lock bts %rax, (%rcx,%rdx,8)
	mov	$NR_rt_sigreturn, %eax
	syscall
	ud2
END(tr_leave_to_frame)

/*
 * tr_interruptible(nr, arg, mask, frame). A signal between the unmasking and the syscall instruction must not be lost
 * in a wait: its handler finds the pc in [begin, syscall] and moves it to abort, or it came before begin and the check
 * of `deferred` sees it. The kernel puts the pc back on the syscall instruction to restart a call: that is an abort too.
 * Without a mask (NULL) the guest's is in force already, in front and behind.
 */
FUNCTION(tr_interruptible)
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	mov	%rdi, %rbx
	mov	%rsi, %rbp
	mov	%rcx, %r12
	mov	%rdx, %r13
	mov	%rdx, %rsi
	test	%rsi, %rsi
	jz	3f
	mov	$2, %edi
	xor	%edx, %edx
	mov	$8, %r10d
	mov	$NR_rt_sigprocmask, %eax
	syscall
3:	mov	0(%rbp), %rdi
	mov	8(%rbp), %rsi
	mov	16(%rbp), %rdx
	mov	24(%rbp), %r10
	mov	32(%rbp), %r8
	mov	40(%rbp), %r9
LABEL(tr_interruptible_begin)
	cmpl	$0, FRAME_DEFERRED(%r12)
	jne	1f
	mov	%rbx, %rax
LABEL(tr_interruptible_syscall)
	syscall
	jmp	2f
LABEL(tr_interruptible_abort)
1:	mov	$-512, %rax
2:	test	%r13, %r13
	jz	4f
	mov	%rax, %r13
	movabs	$TR_MASK_ALL_VALUE, %rax
	mov	%rax, FRAME_MASK(%r12)
	mov	$2, %edi
	lea	FRAME_MASK(%r12), %rsi
	xor	%edx, %edx
	mov	$8, %r10d
	mov	$NR_rt_sigprocmask, %eax
	syscall
	mov	%r13, %rax
4:	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
END(tr_interruptible)

/* What is copied word by word; what is longer is left to the processor's own way, which takes its time to begin. */
#define WORDS_MAX 256
#define PAGE_MASK 0xfff

/* tr_copy(to, from, n): a fault between begin and end continues at fault. */
FUNCTION(tr_copy)
	mov	%rdx, %rcx
	cmp	$WORDS_MAX, %rdx
	ja	2f
	mov	%edx, %r8d
	shr	$3, %r8d
	jz	2f
	and	$7, %ecx
LABEL(tr_copy_begin)
1:	mov	(%rsi), %rax
	mov	%rax, (%rdi)
	add	$8, %rsi
	add	$8, %rdi
	dec	%r8d
	jnz	1b
	test	%ecx, %ecx
	jz	3f
2:	rep movsb
3:	xor	%eax, %eax
	ret
/*
 * tr_copy_string(to, from, size): eight bytes at a time, but for those that end in another page, which need not be there. With
 * the NUL up to seven bytes behind it may come.
 */
FUNCTION(tr_copy_string)
	xor	%ecx, %ecx
	movabs	$0x0101010101010101, %r9
1:	lea	8(%rcx), %rax
	cmp	%rdx, %rax
	ja	3f
	lea	(%rsi,%rcx), %rax
	and	$PAGE_MASK, %eax
	cmp	$PAGE_MASK - 7, %eax
	ja	3f
	mov	(%rsi,%rcx), %rax
	mov	%rax, (%rdi,%rcx)
	mov	%rax, %r8
	sub	%r9, %r8
	not	%rax
	and	%rax, %r8
	mov	%r9, %rax
	shl	$7, %rax
	and	%rax, %r8
	jnz	2f
	add	$8, %rcx
	jmp	1b
2:	bsf	%r8, %rax
	shr	$3, %eax
	add	%rcx, %rax
	ret
3:	cmp	%rdx, %rcx
	jae	4f
	movzbl	(%rsi,%rcx), %eax
	mov	%al, (%rdi,%rcx)
	test	%al, %al
	jz	4f
	inc	%rcx
	jmp	1b
4:	mov	%rcx, %rax
	ret
/* tr_ticks(): the processor's counter, which prctl(PR_SET_TSC) may have made a fault of. */
FUNCTION(tr_ticks)
	rdtsc
	shl	$32, %rdx
	or	%rdx, %rax
	ret
LABEL(tr_copy_end)
LABEL(tr_copy_fault)
	mov	$-14, %rax
	ret
END(tr_copy)

/* tr_clone_shared(flags, parent_tid, child_tid, tls, child_context, ret_pid) */
FUNCTION(tr_clone_shared)
	push	%rbx
	push	%rbp
	mov	%r8, %rbx
	mov	%r9, %rbp
	mov	%rcx, %r8
	mov	%rdx, %r10
	mov	%rsi, %rdx
	xor	%esi, %esi
	mov	$NR_clone, %eax
	syscall
	test	%rax, %rax
	jz	1f
	pop	%rbp
	pop	%rbx
	ret
	/* The child: shares the parent's memory and this stack, so it only reads registers until it is away. */
1:	mov	$NR_getpid, %eax
	syscall
	mov	%eax, (%rbp)
	mov	%rbx, %rsp
	mov	$NR_rt_sigreturn, %eax
	syscall
	ud2
END(tr_clone_shared)

/* tr_clone_errand(flags, function, argument): the parent's frame is above what the child uses. */
FUNCTION(tr_clone_errand)
	mov	%rdx, %r9
	mov	%rsi, %r8
	xor	%esi, %esi
	xor	%edx, %edx
	xor	%r10d, %r10d
	push	%rbx
	push	%rbp
	mov	%r8, %rbx
	mov	%r9, %rbp
	xor	%r8d, %r8d
	mov	$NR_clone, %eax
	syscall
	test	%rax, %rax
	jz	1f
	pop	%rbp
	pop	%rbx
	ret
1:	mov	%rbp, %rdi
	sub	$8, %rsp
	call	*%rbx
	xor	%edi, %edi
	mov	$NR_exit, %eax
	syscall
	ud2
END(tr_clone_errand)

	.section .note.GNU-stack, "", @progbits

/*
 * A system call changes rax, rcx and r11, and nothing else of the processor's state: no other register and no flag. Made by the
 * libc's getppid(), which is nothing but the call on x86-64.
 *
 * conformance: dynamic
 */
#include "../check.h"

#define CARRY     0x001ul
#define PARITY    0x004ul
#define ADJUST    0x010ul
#define ZERO      0x040ul
#define SIGN      0x080ul
#define DIRECTION 0x400ul
#define OVERFLOW  0x800ul
#define ALL       (CARRY | PARITY | ADJUST | ZERO | SIGN | DIRECTION | OVERFLOW)

/* getppid(2) with these flags: those that it comes back with. */
static unsigned long flags_of_call(unsigned long flags, long *ret)
{
	unsigned long after;
	long result;

	__asm__ volatile("sub	$128, %%rsp\n\t"
			 "push	%[flags]\n\t"
			 "popfq\n\t"
			 "call	*%[call]\n\t"
			 "pushfq\n\t"
			 "pop	%[after]\n\t"
			 "cld\n\t"
			 "lea	128(%%rsp), %%rsp"
			 : [after] "=&r"(after), "=&a"(result)
			 : [flags] "r"(flags), [call] "r"(getppid)
			 : "rcx", "r11", "memory", "cc");
	*ret = result;
	return after;
}

/* getppid(2) with a number in each register: the sum of what they differ afterwards. */
static unsigned long registers_of_call(void)
{
	unsigned long differ;

	__asm__ volatile("sub	$128, %%rsp\n\t"
			 "mov	$1, %%r8d\n\t"
			 "mov	$2, %%r9d\n\t"
			 "mov	$3, %%r10d\n\t"
			 "mov	$4, %%r12d\n\t"
			 "mov	$5, %%r13d\n\t"
			 "mov	$6, %%r14d\n\t"
			 "mov	$7, %%r15d\n\t"
			 "mov	$8, %%edx\n\t"
			 "mov	$9, %%ebx\n\t"
			 "mov	$10, %%esi\n\t"
			 "mov	$11, %%edi\n\t"
			 "call	*%[call]\n\t"
			 "xor	$1, %%r8\n\t"
			 "xor	$2, %%r9\n\t"
			 "xor	$3, %%r10\n\t"
			 "xor	$4, %%r12\n\t"
			 "xor	$5, %%r13\n\t"
			 "xor	$6, %%r14\n\t"
			 "xor	$7, %%r15\n\t"
			 "xor	$8, %%rdx\n\t"
			 "xor	$9, %%rbx\n\t"
			 "xor	$10, %%rsi\n\t"
			 "xor	$11, %%rdi\n\t"
			 "or	%%r9, %%r8\n\t"
			 "or	%%r10, %%r8\n\t"
			 "or	%%r12, %%r8\n\t"
			 "or	%%r13, %%r8\n\t"
			 "or	%%r14, %%r8\n\t"
			 "or	%%r15, %%r8\n\t"
			 "or	%%rdx, %%r8\n\t"
			 "or	%%rbx, %%r8\n\t"
			 "or	%%rsi, %%r8\n\t"
			 "or	%%rdi, %%r8\n\t"
			 "mov	%%r8, %%rax\n\t"
			 "lea	128(%%rsp), %%rsp"
			 : "=&a"(differ)
			 : [call] "0"(getppid)
			 : "rcx", "r11", "r8", "r9", "r10", "r12", "r13", "r14", "r15", "rdx", "rbx", "rsi", "rdi",
			   "memory", "cc");
	return differ;
}

int main(int argc, char **argv)
{
	static const unsigned long bits[] = {CARRY, PARITY, ADJUST, ZERO, SIGN, DIRECTION, OVERFLOW};
	unsigned long bad = 0, differ = 0;

	check_begin(argc, argv);
	for (unsigned round = 0; round < 5; round++)
		for (unsigned set = 0; set < 1u << 7; set++) {
			unsigned long flags = 0x202, after;
			long r;

			for (unsigned i = 0; i < 7; i++)
				if ((set >> i & 1) != 0)
					flags |= bits[i];
			after = flags_of_call(flags, &r);
			if ((after & ALL) != (flags & ALL) || r != getppid())
				bad++;
			differ |= registers_of_call();
		}
	CHECK_EQUAL(bad, 0, "all flags are as they were");
	CHECK_EQUAL(differ, 0, "and all registers");
	return check_end();
}

#include "loader/loader.h"

/*
 * The entry goes through the word below sp, so that no register has to hold it: a program finds them all 0, as the
 * kernel leaves them. popfq comes first because clearing with mov leaves the flags alone.
 */
void ldr_jump(uint64_t entry, uint64_t sp)
{
	__asm__ volatile("pushq $0x202\n\t"
			 "popfq\n\t"
			 "movq %[entry], -8(%[sp])\n\t"
			 "leaq -8(%[sp]), %%rsp\n\t"
			 "movl $0, %%eax\n\t"
			 "movl $0, %%ebx\n\t"
			 "movl $0, %%ecx\n\t"
			 "movl $0, %%edx\n\t"
			 "movl $0, %%esi\n\t"
			 "movl $0, %%edi\n\t"
			 "movl $0, %%ebp\n\t"
			 "movl $0, %%r8d\n\t"
			 "movl $0, %%r9d\n\t"
			 "movl $0, %%r10d\n\t"
			 "movl $0, %%r11d\n\t"
			 "movl $0, %%r12d\n\t"
			 "movl $0, %%r13d\n\t"
			 "movl $0, %%r14d\n\t"
			 "movl $0, %%r15d\n\t"
			 "ret"
			 :
			 : [entry] "r"(entry), [sp] "r"(sp)
			 : "memory");
	__builtin_unreachable();
}

/*
 * A call that came back with EINTR because of a signal that has no handler in the guest's eyes. Linux would have made it
 * again. Its number is gone from the registers, but most often it stands in front of the syscall instruction.
 */
#include <errno.h>
#include <ucontext.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/frame.h"
#include "translator/ptrace/tracee.h"

/* mov $nr,%eax; syscall */
#define PATTERN_SIZE 7

static bool number_in_code(uint64_t ip, uint32_t *ret)
{
	uint8_t code[PATTERN_SIZE];

	if (tr_copy(code, (const void *)(uintptr_t)(ip - PATTERN_SIZE), sizeof(code)) < 0)
		return false;
	if (code[0] != 0xb8 || code[5] != 0x0f || code[6] != 0x05)
		return false;
	memcpy(ret, code + 1, sizeof(*ret));
	return true;
}

/* Calls that have done nothing when they answer EINTR, and that have no limit in time, of which they would have used some. */
static bool can_be_made_again(uint32_t nr, const greg_t *r)
{
	switch (nr) {
	case SYS_pause:
	case SYS_rt_sigsuspend:
	case SYS_wait4:
	case SYS_waitid:
	case SYS_read:
	case SYS_readv:
	case SYS_write:
	case SYS_writev:
	case SYS_recvfrom:
	case SYS_recvmsg:
	case SYS_sendto:
	case SYS_sendmsg:
	case SYS_accept:
	case SYS_accept4:
	case SYS_flock:
		return true;
	case SYS_futex:
		return r[REG_R10] == 0;
	case SYS_poll:
		return (int)r[REG_RDX] < 0;
	case SYS_epoll_wait:
	case SYS_epoll_pwait:
		return (int)r[REG_R10] < 0;
	case SYS_ppoll:
		return r[REG_RDX] == 0;
	case SYS_select:
	case SYS_pselect6:
		return r[REG_R8] == 0;
	default:
		return false;
	}
}

void make_call_again(ucontext_t *uc)
{
	greg_t *r = uc->uc_mcontext.gregs;
	uint32_t nr;

	if (r[REG_RAX] != -EINTR || !number_in_code((uint64_t)r[REG_RIP], &nr) || !can_be_made_again(nr, r))
		return;
	r[REG_RIP] -= SYSCALL_SIZE;
	r[REG_RAX] = (greg_t)nr;
}

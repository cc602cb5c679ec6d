/*
 * Preloaded into user-mode-linux, which keeps 2,696 bytes of a process's floating-point state, what processors had before AMX. The
 * host takes the state of all that the processor can hold or nothing: PTRACE_SETREGSET fails with EFAULT, and the VM's first program
 * cannot start. So what is missing is added here. It is the state in which those registers have never been used, which is the truth:
 * a process gets AMX only by asking the host's kernel (arch_prctl(2), ARCH_REQ_XCOMP_PERM), and user-mode-linux passes no such
 * request on.
 *
 * Later kernels (6.13) ask how large it is. This does nothing for them, nor on other processors.
 */
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "base/attr.h"

/* What the host's kernel has of such states is 11,008 bytes now. */
#define STATE_MAX 65536

typedef long (*ptrace_function)(enum __ptrace_request request, pid_t pid, void *address, void *data);

/* user-mode-linux has one thread that traces. */
static unsigned char state[STATE_MAX];

/* How large the host's is; 0 if it cannot be known. */
static size_t state_size(ptrace_function real, pid_t pid)
{
	static size_t size;
	struct iovec all = {.iov_base = state, .iov_len = sizeof(state)};

	if (size == 0 && real(PTRACE_GETREGSET, pid, (void *)NT_X86_XSTATE, &all) == 0 && all.iov_len < sizeof(state))
		size = all.iov_len;
	return size;
}

__attribute__((visibility("default"))) long ptrace(enum __ptrace_request request, ...)
{
	static ptrace_function real;
	const struct iovec *given;
	struct iovec all = {.iov_base = state};
	void *address, *data;
	va_list ap;
	pid_t pid;

	va_start(ap, request);
	pid = va_arg(ap, pid_t);
	address = va_arg(ap, void *);
	data = va_arg(ap, void *);
	va_end(ap);
	if (real == NULL) {
		/* As dlsym(3) says: a pointer to a function through one to an object. */
		*(void **)&real = dlsym(RTLD_NEXT, "ptrace");
		if (real == NULL)
			abort();
	}
	if (request != PTRACE_SETREGSET || address != (void *)NT_X86_XSTATE)
		return real(request, pid, address, data);
	given = data;
	all.iov_len = state_size(real, pid);
	if (given->iov_len >= all.iov_len)
		return real(request, pid, address, data);
	memcpy(state, given->iov_base, given->iov_len);
	memset(state + given->iov_len, 0, all.iov_len - given->iov_len);
	return real(request, pid, address, &all);
}

/* The requests that everything else here is made of, and what the host's /proc knows. */
#include <errno.h>

#include "base/host.h"
#include "base/layout.h"
#include "base/str.h"
#include "translator/ptrace/tracee.h"

/* asm-generic/siginfo.h; glibc's headers do not have it. */
#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1
#endif

/* How many waiting signals are looked through. Synchronous ones are few. */
#define PENDING_MAX 8

bool is_inside(uint64_t ip)
{
	return ip >= RESIDENT_BASE && ip < RESIDENT_TEXT_END;
}

bool is_trap(const siginfo_t *info)
{
	return info->si_signo == SIGSYS && info->si_code == SYS_SECCOMP && info->si_errno == TRAP_MARK;
}

long tracee_request(const struct tracee *t, long request, uint64_t addr, void *data)
{
	return host_call(SYS_ptrace, request, t->tid, addr, data);
}

int tracee_read(const struct tracee *t, void *to, uint64_t from, size_t words)
{
	uint64_t *out = to;

	for (size_t i = 0; i < words; i++) {
		long r = tracee_request(t, PTRACE_PEEKDATA, from + 8 * i, &out[i]);

		if (r < 0)
			return (int)r;
	}
	return 0;
}

int tracee_write(const struct tracee *t, uint64_t to, const void *from, size_t words)
{
	const uint64_t *in = from;

	for (size_t i = 0; i < words; i++) {
		long r = host_call(SYS_ptrace, PTRACE_POKEDATA, t->tid, to + 8 * i, in[i]);

		if (r < 0)
			return (int)r;
	}
	return 0;
}

bool tracee_has_pending(const struct tracee *t, int sig)
{
	struct __ptrace_peeksiginfo_args from = {.nr = PENDING_MAX};
	siginfo_t info[PENDING_MAX];
	long n = tracee_request(t, PTRACE_PEEKSIGINFO, (uint64_t)(uintptr_t)&from, info);

	for (long i = 0; i < n; i++)
		if (info[i].si_signo == sig && (sig != SIGSYS || is_trap(&info[i])))
			return true;
	return false;
}

static unsigned digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : ~0u;
}

int host_status(pid_t tid, const char *key, unsigned base, uint64_t *ret)
{
	int fd CLEANUP(host_close_at) = -1;
	char path[32], text[2048];
	uint64_t value = 0;
	ssize_t n;

	(void)str_format(path, sizeof(path), "/proc/%d/status", tid);
	fd = host_open(path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	n = host_pread_full(fd, text, sizeof(text) - 1, 0);
	if (n < 0)
		return (int)n;
	text[n] = '\0';
	for (const char *s = text; s != NULL; s = strchr(s, '\n')) {
		s += *s == '\n';
		if (!str_starts(s, key))
			continue;
		for (s += strlen(key); digit(*s) < base; s++)
			value = value * base + digit(*s);
		*ret = value;
		return 0;
	}
	return -ENOENT;
}

bool tracee_catches(const struct tracee *t, int sig)
{
	uint64_t caught;

	return host_status(t->tid, "SigCgt:\t", 16, &caught) == 0 && (caught & TR_SIGNAL_BIT(sig)) != 0;
}

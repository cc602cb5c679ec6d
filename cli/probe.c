#include "cli/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/probe_internal.h"

const struct probe probes_of_host[] = {
	{"seccomp", "seccomp filters", probe_seccomp},
	{"seccomp-flags", "flags of seccomp filters", probe_seccomp_flags},
	{"listener", "seccomp user notification", probe_listener},
	{"openat2", "openat2(2)", probe_openat2},
	{"calls", "other system calls", probe_refused_calls},
	{"ptrace", "ptrace(2)", probe_ptrace},
	{"yama", "Yama", probe_yama},
	{"runtime", "runtime directory", probe_runtime},
	{"hidepid", "/proc", probe_hidepid},
	{"security-modules", "SELinux and AppArmor", probe_security_modules},
	{"ports", "ports below 1024", probe_ports},
	{0},
};

const struct probe probes_of_store[] = {
	{"mount-flags", "its mount options", probe_mount_flags},
	{"attributes", "its user attributes", probe_attributes},
	{"space", "its free space", probe_space},
	{0},
};

const char *probe_state_name(enum probe_state state)
{
	static const char *const names[] = {
		[PROBE_OK] = "ok", [PROBE_LIMITED] = "limited", [PROBE_MISSING] = "missing"};

	return names[state];
}

void probe_say(struct probe_result *r, enum probe_state state, const char *means, const char *cure)
{
	r->state = state;
	snprintf(r->means, sizeof(r->means), "%s", means != NULL ? means : "");
	snprintf(r->cure, sizeof(r->cure), "%s", cure != NULL ? cure : "");
}

void probe_found(struct probe_result *r, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(r->found, sizeof(r->found), format, ap);
	va_end(ap);
}

int probe_in_child(int (*attempt)(void))
{
	int status, result = -ECHILD, pair[2];
	pid_t child;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return -errno;
	child = fork();
	if (child < 0) {
		result = -errno;
	} else if (child == 0) {
		result = attempt();
		_exit(write(pair[1], &result, sizeof(result)) == sizeof(result) ? 0 : 1);
	}
	close(pair[1]);
	if (child > 0) {
		if (read(pair[0], &result, sizeof(result)) != sizeof(result))
			result = -ECHILD;
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(pair[0]);
	return result;
}

bool probe_read_line(const char *path, char *ret, size_t size)
{
	FILE *f = fopen(path, "re");
	bool read;

	if (f == NULL)
		return false;
	read = fgets(ret, (int)size, f) != NULL;
	fclose(f);
	if (read)
		ret[strcspn(ret, "\n")] = '\0';
	return read;
}

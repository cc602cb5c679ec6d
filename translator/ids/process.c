#include "translator/ids/process.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>

#include "base/host.h"
#include "base/str.h"

#define PID_LIMIT 0x400000 /* PID_MAX_LIMIT of the kernel */

/* The whole of a small file of /proc as a string, cut where it does not fit. */
static int read_text(const char *path, char *buf, size_t size)
{
	int fd CLEANUP(host_close_at) = -1;
	ssize_t n;

	fd = host_open(path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	n = host_pread_full(fd, buf, size - 1, 0);
	if (n < 0)
		return (int)n;
	buf[n] = '\0';
	return 0;
}

/* What follows the first "<name>:\t" at the beginning of a line, or NULL. Names of programs cannot forge one: /proc
 * escapes a newline in them. */
static const char *field(const char *text, const char *name)
{
	const size_t n = strlen(name);

	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		if (*line == '\n')
			line++;
		if (strncmp(line, name, n) == 0 && line[n] == ':' && line[n + 1] == '\t')
			return line + n + 2;
	}
	return NULL;
}

/* A decimal number that ends where the digits end; -1 where there are none. */
static pid_t number(const char *s)
{
	pid_t v = 0;

	if (s == NULL || *s < '0' || *s > '9')
		return -1;
	for (; *s >= '0' && *s <= '9' && v <= PID_LIMIT; s++)
		v = v * 10 + (*s - '0');
	return v;
}

int ids_process_read(pid_t pid, struct ids_process *ret)
{
	char path[32], text[512];
	struct ids_process p;
	const char *state;
	int r;

	(void)str_format(path, sizeof(path), "/proc/%d/status", pid);
	r = read_text(path, text, sizeof(text));
	if (r < 0)
		return -ESRCH;
	state = field(text, "State");
	p.tgid = number(field(text, "Tgid"));
	p.ppid = number(field(text, "PPid"));
	if (state == NULL || p.tgid < 0 || p.ppid < 0)
		return -ESRCH;
	p.state = *state;
	*ret = p;
	return 0;
}

static int each_number(const char *path, int (*visit)(void *arg, pid_t pid), void *arg)
{
	int fd CLEANUP(host_close_at) = -1;
	/* Aligned for struct dirent64. */
	uint64_t buf[512];

	fd = host_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	for (;;) {
		long n = host_call(SYS_getdents64, fd, buf, sizeof(buf));

		if (n <= 0)
			return (int)n;
		for (long at = 0; at < n;) {
			const struct dirent64 *e = (const struct dirent64 *)(const void *)((const char *)buf + at);
			pid_t pid = number(e->d_name);
			int r = pid > 0 ? visit(arg, pid) : 0;

			if (r != 0)
				return r;
			at += e->d_reclen;
		}
	}
}

int ids_process_each(int (*visit)(void *arg, pid_t pid), void *arg)
{
	return each_number("/proc", visit, arg);
}

int ids_thread_each(pid_t pid, int (*visit)(void *arg, pid_t tid), void *arg)
{
	char path[32];

	(void)str_format(path, sizeof(path), "/proc/%d/task", pid);
	return each_number(path, visit, arg);
}

pid_t ids_process_of_pidfd(int fd)
{
	char path[48], text[512];
	pid_t pid;
	ssize_t n;

	(void)str_format(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	if (read_text(path, text, sizeof(text)) < 0)
		return -EBADF;
	pid = number(field(text, "Pid"));
	if (pid > 0)
		return pid;
	(void)str_format(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = host_readlinkat(AT_FDCWD, path, text, sizeof(text));
	if (n < 0 || !str_starts(text, "/proc/"))
		return -EBADF;
	pid = number(text + strlen("/proc/"));
	return pid > 0 ? pid : -EBADF;
}

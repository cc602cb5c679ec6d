/* Copies of the program itself, to be executed. */
#ifndef LX_TESTS_CONFORMANCE_COPY_COMMON_H
#define LX_TESTS_CONFORMANCE_COPY_COMMON_H

#include "../check.h"

static char self[PATH_MAX];

CHECK_UNUSED static void copy_begin(void)
{
	NEED(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
}

CHECK_UNUSED static void copy_self(const char *to, mode_t mode)
{
	char buf[65536];
	int from = open(self, O_RDONLY), fd = open(to, O_WRONLY | O_CREAT | O_EXCL, 0755);
	ssize_t n;

	NEED(from >= 0 && fd >= 0);
	while ((n = read(from, buf, sizeof(buf))) > 0)
		NEED(write(fd, buf, (size_t)n) == n);
	close(from);
	close(fd);
	NEED(chmod(to, mode) == 0);
}

/* Exit status 7 is the program, called with --here. */
CHECK_UNUSED static int run(const char *path)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execl(path, path, "--here", (char *)NULL);
		_exit(errno);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	return WEXITSTATUS(status);
}

#endif

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/compat/compat.h"
#include "cli/libexec.h"
#include "cli/report.h"

#define WORDS_MAX 40

bool side_raise_loopback(void)
{
	struct ifreq r = {.ifr_name = "lo"};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool raised = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &r) == 0;

	r.ifr_flags |= IFF_UP;
	raised = raised && ioctl(fd, SIOCSIFFLAGS, &r) == 0;
	if (fd >= 0)
		(void)close(fd);
	return raised;
}

static NORETURN void become(const struct side *s, int input, int output, const char **words)
{
	int nothing = input >= 0 ? input : open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0)
		report_fatal("cannot start a suite: %s", strerror(errno));
	if (s->holder > 0)
		native_enter(s);
	/* Some tests change the network. Who may not make one may not change one either. */
	else if (s->alone && unshare(CLONE_NEWNET) == 0)
		(void)side_raise_loopback();
	execvp(words[0], (char **)(uintptr_t)words);
	report_fatal("cannot execute '%s': %s", words[0], strerror(errno));
}

static int ended(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_OWN_FAILURE;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int side_run(struct side *s, int input, line_function line, void *context, const char *command, ...)
{
	const char *words[WORDS_MAX];
	size_t n = 0, size = 0;
	char *text = NULL;
	ssize_t length;
	va_list more;
	int ends[2];
	FILE *f;
	pid_t pid;

	for (size_t i = 0; s->words[i] != NULL; i++)
		words[n++] = s->words[i];
	words[n++] = "sh";
	words[n++] = "-c";
	words[n++] = command;
	words[n++] = "sh";
	va_start(more, command);
	do
		words[n] = va_arg(more, const char *);
	while (words[n] != NULL && ++n < WORDS_MAX - 1);
	va_end(more);
	words[n] = NULL;
	if (pipe2(ends, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		report_fatal("cannot start a suite: %s", strerror(errno));
	if (pid == 0)
		become(s, input, ends[1], words);
	(void)close(ends[1]);
	f = fdopen(ends[0], "r");
	if (f == NULL)
		report_fatal("cannot read from a suite: %s", strerror(errno));
	while ((length = getline(&text, &size, f)) > 0) {
		if (text[length - 1] == '\n')
			text[length - 1] = '\0';
		if (line != NULL)
			line(text, context);
	}
	free(text);
	(void)fclose(f);
	return ended(pid);
}

static void keep_first(char *line, void *context)
{
	char *to = context;

	if (to[0] == '\0')
		(void)snprintf(to, sizeof(((struct side *)NULL)->dir), "%s", line);
}

/* The file of the host's becomes one of the side's. */
static bool put(struct side *s, const char *from, const char *name, const char *command)
{
	int fd = open(from, O_RDONLY | O_CLOEXEC), status;

	if (fd < 0)
		report_fatal("cannot open '%s', a part of lxrun: %s", from, strerror(errno));
	status = side_run(s, fd, NULL, NULL, command, s->dir, name, NULL);
	(void)close(fd);
	return status == 0;
}

bool side_open(struct side *s, const char *suite)
{
	char script[PATH_MAX], data[PATH_MAX], tools[PATH_MAX];
	size_t n = strlen(suite);
	struct stat st;

	libexec_find("lxrun-tools", tools, sizeof(tools));
	(void)snprintf(script, sizeof(script), "%s", suite);
	(void)snprintf(data, sizeof(data), "%.*s.tar", (int)(n > 3 ? n - 3 : n), suite);
	s->dir[0] = '\0';
	if (side_run(s, -1, keep_first, s->dir,
		     "umask 022; d=$(mktemp -d /tmp/lxrun-compat.XXXXXX) && chmod 755 \"$d\" && mkdir -m 777 "
		     "\"$d/run\" && echo \"$d\"",
		     NULL) != 0)
		return false;
	return put(s, tools, "lxtry", "cd \"$1\" && cat >\"$2\" && chmod 755 \"$2\"") &&
	       put(s, script, "suite.sh", "cd \"$1\" && cat >\"$2\" && chmod 755 \"$2\"") &&
	       (stat(data, &st) < 0 || put(s, data, "data", "cd \"$1\" && mkdir \"$2\" && tar -C \"$2\" -xf -"));
}

void side_close(struct side *s)
{
	if (s->dir[0] != '\0' && side_run(s, -1, NULL, NULL, "rm -rf \"$1\"", s->dir, NULL) != 0)
		report("'%s' could not be removed", s->dir);
	s->dir[0] = '\0';
}

#include "guest-tools/systemctl/execute.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

const char *execute_status_name(int status)
{
	switch (status) {
	case 0:
		return "SUCCESS";
	case 1:
		return "FAILURE";
	case 2:
		return "INVALIDARGUMENT";
	case EXECUTE_CHDIR:
		return "CHDIR";
	case EXECUTE_EXEC:
		return "EXEC";
	case EXECUTE_STDIN:
		return "STDIN";
	case EXECUTE_STDOUT:
		return "STDOUT";
	case EXECUTE_GROUP:
		return "GROUP";
	case EXECUTE_USER:
		return "USER";
	default:
		return "";
	}
}

/* The rest of this file up to execute() runs in the child. */

static NORETURN void give_up(int pipe, int status)
{
	int error = errno;

	(void)!write(pipe, &error, sizeof(error));
	_exit(status);
}

static void reset_signals(struct unit *u)
{
	sigset_t none;

	for (int i = 1; i <= SIGRTMAX; i++)
		(void)signal(i, SIG_DFL);
	if (unit_truth(u, "Service", "IgnoreSIGPIPE", true))
		(void)signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int open_as(int to, const char *path, int flags)
{
	int fd = open(path, flags | O_NOCTTY, 0644);

	if (fd < 0)
		return -1;
	if (fd != to) {
		if (dup2(fd, to) < 0)
			return -1;
		close(fd);
	}
	return 0;
}

static int set_output(struct service *s, int fd, const char *key, const char *otherwise)
{
	const char *where = unit_get(s->u, "Service", key, otherwise);

	if (strcmp(where, "null") == 0)
		return open_as(fd, "/dev/null", O_WRONLY);
	if (strncmp(where, "file:", 5) == 0)
		return open_as(fd, where + 5, O_WRONLY | O_CREAT);
	if (strncmp(where, "append:", 7) == 0)
		return open_as(fd, where + 7, O_WRONLY | O_CREAT | O_APPEND);
	if (strncmp(where, "truncate:", 9) == 0)
		return open_as(fd, where + 9, O_WRONLY | O_CREAT | O_TRUNC);
	if (fd == STDERR_FILENO && strcmp(where, "inherit") == 0)
		return dup2(STDOUT_FILENO, fd) < 0 ? -1 : 0;
	if (s->log_fd < 0)
		return open_as(fd, "/dev/null", O_WRONLY);
	return dup2(s->log_fd, fd) < 0 ? -1 : 0;
}

static void set_streams(struct service *s, int pipe)
{
	const char *input = unit_get(s->u, "Service", "StandardInput", "null");

	if (open_as(STDIN_FILENO, strncmp(input, "file:", 5) == 0 ? input + 5 : "/dev/null", O_RDONLY) < 0)
		give_up(pipe, EXECUTE_STDIN);
	if (set_output(s, STDOUT_FILENO, "StandardOutput", "journal") < 0 ||
	    set_output(s, STDERR_FILENO, "StandardError", "inherit") < 0)
		give_up(pipe, EXECUTE_STDOUT);
}

static void set_identity(struct service *s, int pipe)
{
	if (setgroups(s->group_count, s->groups) < 0 || setgid(s->user.gid) < 0)
		give_up(pipe, EXECUTE_GROUP);
	if (setuid(s->user.uid) < 0)
		give_up(pipe, EXECUTE_USER);
}

static void enter_directory(struct service *s, int pipe)
{
	const char *path = unit_get(s->u, "Service", "WorkingDirectory", "/");
	bool may_lack = path[0] == '-';

	path += may_lack;
	if (strcmp(path, "~") == 0)
		path = s->user.home;
	if (chdir(path) < 0 && !(may_lack && chdir("/") == 0))
		give_up(pipe, EXECUTE_CHDIR);
}

static void set_root(struct service *s, int pipe)
{
	const char *root = unit_get(s->u, "Service", "RootDirectory", NULL);

	if (root != NULL && (chroot(root) < 0 || chdir("/") < 0))
		give_up(pipe, EXECUTE_CHDIR);
}

static void exec_in_path(const char *name, char *const *argv, char *const *environment)
{
	struct pool pool = {NULL};
	struct list directories = {NULL};

	if (strchr(name, '/') != NULL) {
		execve(name, argv, environment);
		return;
	}
	list_split(&pool, &directories, SERVICE_PATH, ":");
	for (size_t i = 0; i < directories.count; i++)
		execve(pool_format(&pool, "%s/%s", directories.items[i], name), argv, environment);
}

/* The sockets that it is given become descriptors 3, 4 ... */
static int pass_sockets(struct service *s, int pipe)
{
	size_t n = s->sockets.count;
	int first = 3 + (int)n;

	if (n == 0)
		return pipe;
	/* Out of the way first. */
	pipe = fcntl(pipe, F_DUPFD_CLOEXEC, first);
	for (size_t i = 0; i < n; i++)
		s->socket_fds[i] = fcntl(s->socket_fds[i], F_DUPFD_CLOEXEC, first);
	for (size_t i = 0; i < n; i++)
		(void)dup2(s->socket_fds[i], 3 + (int)i);
	return pipe;
}

static NORETURN void become(struct service *s, const struct command *c, struct list *environment, int pipe)
{
	struct list arguments = {NULL};
	unsigned long mask = strtoul(unit_get(s->u, "Service", "UMask", "0022"), NULL, 8);

	(void)setsid();
	reset_signals(s->u);
	umask((mode_t)mask & 0777);
	pipe = pass_sockets(s, pipe);
	set_streams(s, pipe);
	limits_apply(s->u);
	set_root(s, pipe);
	if (s->has_user && !c->privileged)
		set_identity(s, pipe);
	enter_directory(s, pipe);
	if (unit_truth(s->u, "Service", "NoNewPrivileges", false))
		(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (s->sockets.count > 0)
		list_set_variable(s->pool, environment, pool_format(s->pool, "LISTEN_PID=%d", (int)getpid()));
	command_arguments(s->pool, c, environment, &arguments);
	exec_in_path(c->path, list_vector(s->pool, &arguments), list_vector(s->pool, environment));
	give_up(pipe, EXECUTE_EXEC);
}

int execute(struct service *s, const struct command *c, const struct list *more, int *ret_error)
{
	struct list environment = {NULL};
	int pipes[2], error = 0;
	pid_t pid;

	for (size_t i = 0; i < s->environment.count; i++)
		list_add(s->pool, &environment, s->environment.items[i]);
	for (size_t i = 0; more != NULL && i < more->count; i++)
		list_set_variable(s->pool, &environment, more->items[i]);
	if (s->sockets.count > 0) {
		list_set_variable(s->pool, &environment, pool_format(s->pool, "LISTEN_FDS=%zu", s->sockets.count));
		list_set_variable(s->pool, &environment,
				  pool_format(s->pool, "LISTEN_FDNAMES=%s", list_join(s->pool, &s->sockets, ":")));
	}
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		become(s, c, &environment, pipes[1]);
	if (pid < 0)
		error = -errno;
	close(pipes[1]);
	if (pid > 0 && read(pipes[0], &error, sizeof(error)) == (ssize_t)sizeof(error)) {
		service_log(s, "cannot run %s: %s", c->path, strerror(error));
		error = -error;
	}
	close(pipes[0]);
	*ret_error = error;
	return pid < 0 ? error : pid;
}

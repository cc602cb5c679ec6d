/* Identities of children that share memory with their parent until exec: vfork, posix_spawn, system. */
#include "ids.h"

#include <spawn.h>

extern char **environ;
static char self[PATH_MAX];

static int tell(const char *want)
{
	char text[64];

	snprintf(text, sizeof(text), "%d %d %d %d", getuid(), geteuid(), getgid(), getegid());
	return strcmp(text, want) == 0 ? 0 : 1;
}

static int status_of_child(pid_t pid)
{
	int status;

	NEED(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

/* The child changes its ids in the parent's memory, before exec. */
static void in_vfork(void)
{
	pid_t pid;

	fflush(stdout);
	pid = vfork();
	NEED(pid >= 0);
	if (pid == 0) {
		if (syscall(SYS_setresgid, 1001, 1001, 1001) != 0 || syscall(SYS_setresuid, 1000, 1000, 1000) != 0 ||
		    getuid() != 1000)
			_exit(2);
		execl(self, self, "1000 1000 1001 1001", (char *)NULL);
		_exit(3);
	}
	CHECK_EQUAL(status_of_child(pid), 0, "a vfork child's ids go into its program");
	check_uids(0, 0, 0, 0, "the parent keeps its own");
	check_gids(0, 0, 0, 0, "group ids too");
}

static void reset_ids(void *arg)
{
	posix_spawnattr_t attr;
	char *words[] = {self, "1000 1000 1001 1001", NULL};
	pid_t pid;

	(void)arg;
	NEED(syscall(SYS_setresgid, 1001, 0, 0) == 0 && syscall(SYS_setresuid, 1000, 0, 0) == 0);
	NEED(posix_spawnattr_init(&attr) == 0 && posix_spawnattr_setflags(&attr, POSIX_SPAWN_RESETIDS) == 0);
	CHECK_EQUAL(posix_spawn(&pid, self, NULL, &attr, words, environ), 0, "posix_spawn with POSIX_SPAWN_RESETIDS");
	CHECK_EQUAL(status_of_child(pid), 0, "makes the real ids the effective ones");
	check_uids(1000, 0, 0, 0, "in the child only");
}

static void plain_spawn(void *arg)
{
	char *words[] = {self, "1000 1002 1003 1004", NULL};
	pid_t pid;

	(void)arg;
	NEED(syscall(SYS_setresgid, 1003, 1004, 0) == 0 && syscall(SYS_setresuid, 1000, 1002, 0) == 0);
	CHECK_EQUAL(posix_spawn(&pid, self, NULL, NULL, words, environ), 0, "posix_spawn");
	CHECK_EQUAL(status_of_child(pid), 0, "hands ids on");
	/* Others see the child's own identity while it runs. */
	pid = vfork();
	if (pid == 0)
		_exit(geteuid() == 1002 && kill(getppid(), 0) == 0 ? 0 : 1);
	CHECK_EQUAL(status_of_child(pid), 0, "and a vfork child may signal its parent");
}

int main(int argc, char **argv)
{
	if (argc == 2 && strchr(argv[1], ' ') != NULL)
		return tell(argv[1]);
	NEED(realpath("/proc/self/exe", self) != NULL);
	check_begin(argc, argv);
	in_vfork();
	check_in_child(reset_ids, NULL);
	check_in_child(plain_spawn, NULL);
	return check_end();
}

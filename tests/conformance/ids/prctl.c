/* prctl(2): what a process says of itself. */
#include "ids.h"

static void names(void)
{
	char name[17] = "";

	CHECK_OK(prctl(PR_SET_NAME, "a name of more than 15"), "a name");
	CHECK_OK(prctl(PR_GET_NAME, name), "the name");
	CHECK_STRING(name, "a name of more ", "is cut");
	status_line("self", "Name", name, sizeof(name));
	CHECK_STRING(name, "a name of more ", "in /proc too");
}

static void dumpable(void *arg)
{
	(void)arg;
	CHECK_EQUAL(prctl(PR_GET_DUMPABLE), 1, "a process is dumpable");
	CHECK_ERRNO(prctl(PR_SET_DUMPABLE, 2), EINVAL, "suidsafe cannot be chosen");
	CHECK_ERRNO(prctl(PR_SET_DUMPABLE, -1L), EINVAL, "nor anything else");
	CHECK_OK(prctl(PR_SET_DUMPABLE, 0), "not dumpable");
	CHECK_EQUAL(prctl(PR_GET_DUMPABLE), 0, "is what it is");
	CHECK_OK(prctl(PR_SET_DUMPABLE, 1), "and again");
	NEED(syscall(SYS_setresuid, 0, 0, 0) == 0);
	CHECK_EQUAL(prctl(PR_GET_DUMPABLE), 1, "no change of ids changes nothing");
	NEED(syscall(SYS_setresgid, -1, 5, -1) == 0);
	CHECK(prctl(PR_GET_DUMPABLE) != 1, "another effective group ends it");
	NEED(prctl(PR_SET_DUMPABLE, 1) == 0 && syscall(SYS_setfsuid, 7) == 0);
	CHECK(prctl(PR_GET_DUMPABLE) != 1, "another id for files too");
	NEED(prctl(PR_SET_DUMPABLE, 1) == 0 && syscall(SYS_setresuid, 7, -1, 7) == 0);
	CHECK(prctl(PR_GET_DUMPABLE) != 1, "also when it is set back by another call");
}

static void parent_death(void *arg)
{
	int sig = -1;

	(void)arg;
	CHECK_OK(prctl(PR_SET_PDEATHSIG, SIGUSR1), "a parent-death signal");
	CHECK_OK(prctl(PR_GET_PDEATHSIG, &sig), "is kept");
	CHECK_EQUAL(sig, SIGUSR1, "as set");
	CHECK_ERRNO(prctl(PR_SET_PDEATHSIG, 65), EINVAL, "no such signal");
	NEED(syscall(SYS_setresuid, -1, 7, -1) == 0);
	CHECK_OK(prctl(PR_GET_PDEATHSIG, &sig), "a new effective id");
	CHECK_EQUAL(sig, 0, "takes it away");
}

static void no_new_privs(void *arg)
{
	char text[16];

	(void)arg;
	CHECK_EQUAL(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0, "new privileges are possible");
	CHECK_ERRNO(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL, "they cannot be asked for");
	CHECK_ERRNO(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0), EINVAL, "an argument too many");
	CHECK_OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no more");
	CHECK_EQUAL(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1, "from now on");
	CHECK_ERRNO(prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0), EINVAL, "an argument too many for asking");
	status_line("self", "NoNewPrivs", text, sizeof(text));
	CHECK_STRING(text, "1", "in /proc");
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_EQUAL(WEXITSTATUS(status), 1, "for children as well");
}

int main(int argc, char **argv)
{
	char text[16];

	check_begin(argc, argv);
	names();
	check_in_child(dumpable, NULL);
	check_in_child(parent_death, NULL);
	check_in_child(no_new_privs, NULL);
	CHECK_EQUAL(prctl(PR_GET_SECCOMP), 0, "no filter");
	status_line("self", "Seccomp", text, sizeof(text));
	CHECK_STRING(text, "0", "in /proc either");
	CHECK_ERRNO(prctl(PR_SET_SECCOMP, 3, 0), EINVAL, "no such mode");
	CHECK_ERRNO(prctl(PR_SET_MM, PR_SET_MM_START_BRK, 0, 1, 0), EINVAL, "an argument too many");
	CHECK_ERRNO(prctl(0x7fffffff), EINVAL, "no such operation");
	CHECK_OK(prctl(PR_SET_CHILD_SUBREAPER, 1), "takes in orphans");
	int on = 0;
	CHECK_OK(prctl(PR_GET_CHILD_SUBREAPER, &on), "says so");
	CHECK_EQUAL(on, 1, "rightly");
	CHECK_OK(prctl(PR_SET_TIMERSLACK, 70000), "timer slack");
	CHECK_EQUAL(prctl(PR_GET_TIMERSLACK), 70000, "is kept");
	return check_end();
}

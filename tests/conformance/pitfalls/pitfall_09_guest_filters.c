/*
 * A program's own filter sees its own calls and nobody else's: what a translator calls in place of them is not its business.
 * Calls that one may make for another are forbidden in turn; all others must go on as before.
 */
#include "../seccomp/filters.h"

static const struct {
	long nr;
	const char *name;
} forbidden[] = {
	{SYS_openat, "openat"},     {SYS_openat2, "openat2"},       {SYS_newfstatat, "newfstatat"},
	{SYS_fstat, "fstat"},       {SYS_statx, "statx"},           {SYS_readlinkat, "readlinkat"},
	{SYS_fcntl, "fcntl"},       {SYS_close, "close"},           {SYS_mkdirat, "mkdirat"},
	{SYS_unlinkat, "unlinkat"}, {SYS_fgetxattr, "fgetxattr"},   {SYS_fchdir, "fchdir"},
	{SYS_getpid, "getpid"},     {SYS_gettid, "gettid"},         {SYS_rt_sigprocmask, "rt_sigprocmask"},
	{SYS_mmap, "mmap"},         {SYS_execveat, "execveat"},     {SYS_getdents64, "getdents64"},
	{SYS_fchmodat, "fchmodat"}, {SYS_faccessat2, "faccessat2"},
};

#define COUNT (sizeof(forbidden) / sizeof(forbidden[0]))

/* Everyday calls in their old forms, which nobody forbids; how many went wrong. */
static int everyday(void)
{
	struct stat st;
	char buf[64];
	int fd, wrong = 0;

	wrong += syscall(SYS_stat, "/etc/passwd", &st) != 0;
	wrong += syscall(SYS_lstat, "/proc/self", &st) != 0 || !S_ISLNK(st.st_mode);
	wrong += syscall(SYS_access, "/etc/../etc/passwd", R_OK) != 0;
	fd = (int)syscall(SYS_open, "/etc/passwd", O_RDONLY, 0);
	wrong += fd < 0 || read(fd, buf, sizeof(buf)) <= 0;
	wrong += syscall(SYS_readlink, "/proc/self/exe", buf, sizeof(buf)) <= 0;
	wrong += syscall(SYS_mkdir, "made", 0755) != 0 || syscall(SYS_chmod, "made", 0700) != 0;
	wrong += syscall(SYS_chdir, "made") != 0 || syscall(SYS_getcwd, buf, sizeof(buf)) <= 0 ||
		 syscall(SYS_chdir, "..") != 0;
	wrong += syscall(SYS_rmdir, "made") != 0;
	wrong += syscall(SYS_getuid) != 0 || syscall(SYS_getppid) <= 0;
	return wrong;
}

static long number;

static void try_one(void)
{
	FORBID(number, FAIL(EXDEV));
	_exit(syscall(number, -1, 0, 0, 0, 0, 0) == -1 && errno == EXDEV ? everyday() : 100);
}

static void try_killing(void)
{
	FORBID(number, SECCOMP_RET_KILL_PROCESS);
	_exit(everyday());
}

static void exec_later(void)
{
	FORBID(SYS_openat2, FAIL(EXDEV));
	FORBID(SYS_readlinkat, SECCOMP_RET_KILL_PROCESS);
	execl("/bin/sh", "sh", "-c", "exit 5", NULL);
	_exit(101);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	NEED(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK_EQUAL(everyday(), 0, "without a filter");
	for (unsigned i = 0; i < COUNT; i++) {
		int status;

		number = forbidden[i].nr;
		status = status_of(try_one);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s fails and nothing else does",
		      forbidden[i].name);
		status = status_of(try_killing);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s would be the end and is not made",
		      forbidden[i].name);
	}
	CHECK_EQUAL(WEXITSTATUS(status_of(exec_later)), 5, "a program that is executed under such a filter");
	return check_end();
}

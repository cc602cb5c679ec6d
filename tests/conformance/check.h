/*
 * What every conformance program needs, and nothing more.
 *
 * A program checks one system call against what Linux does. It is plain C with a libc, knows nothing of lxrun, and is
 * run on the plain kernel first. It prints one line per check, "ok - what" or "not ok - what: details", the same lines
 * in the same order each time, and exits with 0 only if all held. It works in a directory of its own, made below
 * argv[1] or the current directory and removed again at the end:
 *
 *	int main(int argc, char **argv)
 *	{
 *		check_begin(argc, argv);
 *		CHECK_OK(mkdir("d", 0755), "makes a directory");
 *		CHECK_ERRNO(mkdir("d", 0755), EEXIST, "a name that is taken");
 *		return check_end();
 *	}
 *
 * The user is 0 with all capabilities, believed or real, unless the file's name ends in _user.c. A test that needs
 * another user uses check_as_user(). What the kernel or its file system lacks is a line "ok - what # SKIP why".
 */
#ifndef LX_TESTS_CONFORMANCE_CHECK_H
#define LX_TESTS_CONFORMANCE_CHECK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK_UNUSED __attribute__((unused))

/* Numbers that older libcs do not know. */
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_setxattrat
#define SYS_setxattrat    463
#define SYS_getxattrat    464
#define SYS_listxattrat   465
#define SYS_removexattrat 466
#endif
#ifndef SYS_file_getattr
#define SYS_file_getattr 468
#define SYS_file_setattr 469
#endif

static int check_failures;
static char check_directory[PATH_MAX];

/* One line. details may be empty. */
CHECK_UNUSED static void check_report(bool ok, const char *what, const char *details)
{
	if (ok)
		printf("ok - %s\n", what);
	else
		printf("not ok - %s%s%s\n", what, details[0] != '\0' ? ": " : "", details);
	check_failures += !ok;
}

__attribute__((format(printf, 4, 5))) CHECK_UNUSED static void check_that(bool ok, const char *condition, int line,
									  const char *format, ...)
{
	char what[512], details[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	snprintf(details, sizeof(details), "line %d: %s", line, condition);
	check_report(ok, what, details);
}

/* A call that must succeed (anything but -1); its result. */
CHECK_UNUSED static long check_ok(long r, int line, const char *what)
{
	char details[256];
	int e = errno;

	snprintf(details, sizeof(details), "line %d: %s", line, r == -1 ? strerror(e) : "");
	check_report(r != -1, what, details);
	errno = e;
	return r;
}

CHECK_UNUSED static void check_errno(long r, int want, int line, const char *what)
{
	char details[256];
	int e = errno;

	if (r != -1)
		snprintf(details, sizeof(details), "line %d: returned %ld, not %s", line, r, strerror(want));
	else
		snprintf(details, sizeof(details), "line %d: %s, not %s", line, strerror(e), strerror(want));
	check_report(r == -1 && e == want, what, details);
}

CHECK_UNUSED static void check_equal(long long got, long long want, int line, const char *what)
{
	char details[256];

	snprintf(details, sizeof(details), "line %d: %lld (%#llx), not %lld (%#llx)", line, got, got, want, want);
	check_report(got == want, what, details);
}

CHECK_UNUSED static void check_string(const char *got, const char *want, int line, const char *what)
{
	char details[512];

	snprintf(details, sizeof(details), "line %d: \"%.200s\", not \"%.200s\"", line, got, want);
	check_report(strcmp(got, want) == 0, what, details);
}

/* CHECK(condition, "what %d", ..): the condition holds. */
#define CHECK(condition, ...) check_that(condition, #condition, __LINE__, __VA_ARGS__)
/* The call did not fail. Its value is the call's. */
#define CHECK_OK(call, what) check_ok((long)(call), __LINE__, what)
/* The call failed with this errno. */
#define CHECK_ERRNO(call, error, what) check_errno((long)(call), error, __LINE__, what)
#define CHECK_EQUAL(got, want, what)   check_equal((long long)(got), (long long)(want), __LINE__, what)
#define CHECK_STRING(got, want, what)  check_string(got, want, __LINE__, what)

CHECK_UNUSED static void check_skip(const char *what, const char *why)
{
	printf("ok - %s # SKIP %s\n", what, why);
}

/* Something that the checks stand on failed: there is no sense in going on. */
#define NEED(condition)                                                                                    \
	do {                                                                                               \
		if (!(condition)) {                                                                        \
			printf("not ok - line %d: needs %s: %s\n", __LINE__, #condition, strerror(errno)); \
			exit(1);                                                                           \
		}                                                                                          \
	} while (0)

static int check_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path), 0;
}

static pid_t check_owner;

static void check_remove_all(void)
{
	if (getpid() != check_owner)
		return;
	if (chdir("/") == 0)
		nftw(check_directory, check_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Goes into a new directory of the program's own; the umask is 022. */
CHECK_UNUSED static void check_begin(int argc, char **argv)
{
	char *base = realpath(argc > 1 ? argv[1] : ".", NULL);

	setvbuf(stdout, NULL, _IOLBF, 0);
	umask(022);
	NEED(base != NULL);
	snprintf(check_directory, sizeof(check_directory), "%.3000s/check.XXXXXX", base);
	free(base);
	NEED(mkdtemp(check_directory) != NULL);
	NEED(chmod(check_directory, 0755) == 0);
	check_owner = getpid();
	atexit(check_remove_all);
	NEED(chdir(check_directory) == 0);
}

/* The program's exit status. */
CHECK_UNUSED static int check_end(void)
{
	return check_failures == 0 ? 0 : 1;
}

/*
 * Runs body(arg) in a child; what it checks counts. For what a process cannot undo: chroot, ids, the current
 * directory, limits.
 */
CHECK_UNUSED static void check_in_child(void (*body)(void *arg), void *arg)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		check_failures = 0;
		body(arg);
		fflush(stdout);
		_exit(check_failures == 0 ? 0 : 1);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	if (!WIFEXITED(status))
		CHECK(false, "a child ended by signal %d", WTERMSIG(status));
	else
		check_failures += WEXITSTATUS(status) != 0;
}

/* The calling process, which must be root, becomes an ordinary user without any capability. */
#define CHECK_USER 1000
CHECK_UNUSED static void check_become_user(void)
{
	NEED(syscall(SYS_setgroups, 0, NULL) == 0);
	NEED(syscall(SYS_setresgid, CHECK_USER, CHECK_USER, CHECK_USER) == 0);
	NEED(syscall(SYS_setresuid, CHECK_USER, CHECK_USER, CHECK_USER) == 0);
}

/* As check_in_child(), as that user. */
struct check_body {
	void (*body)(void *arg);
	void *arg;
};

static void check_user_body(void *arg)
{
	struct check_body *b = arg;

	check_become_user();
	b->body(b->arg);
}

CHECK_UNUSED static void check_as_user(void (*body)(void *arg), void *arg)
{
	struct check_body b = {body, arg};

	check_in_child(check_user_body, &b);
}

/* A file with this content. */
CHECK_UNUSED static void check_write_file(const char *path, const char *content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	NEED(fd >= 0);
	NEED(write(fd, content, strlen(content)) == (ssize_t)strlen(content));
	close(fd);
}

/* True if both descriptors or paths name the same object. */
CHECK_UNUSED static bool check_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

#endif

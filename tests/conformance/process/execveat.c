/* execveat(2): by descriptors, by names below them, and what /proc says of it afterwards. */
#include "../check.h"

extern char **environ;

/* Linux 6.14 */
#ifndef AT_EXECVE_CHECK
#define AT_EXECVE_CHECK 0x10000
#endif

/* Exit status of execveat in a child; 100 + errno if it failed. */
static int run(int dir, const char *path, int flags)
{
	char *const argv[] = {(char *)"name", (char *)"-c", (char *)"exit 7", NULL};
	int status;
	pid_t pid = fork();

	NEED(pid >= 0);
	if (pid == 0) {
		syscall(SYS_execveat, dir, path, argv, environ, flags);
		_exit(100 + errno);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static long may(int dir, const char *path, int flags)
{
	char *const argv[] = {(char *)"name", NULL};

	return syscall(SYS_execveat, dir, path, argv, environ, flags | AT_EXECVE_CHECK);
}

/* Whether it could be executed is asked, nothing is. */
static void asking(int bin, int sh)
{
	if (may(bin, "sh", 0) < 0 && errno == EINVAL) {
		check_skip("asking", "the kernel is older than 6.14");
		return;
	}
	CHECK_OK(may(bin, "sh", 0), "asking: a program");
	CHECK_OK(may(sh, "", AT_EMPTY_PATH), "asking: a descriptor");
	CHECK_OK(may(AT_FDCWD, "script", 0), "asking: a script");
	CHECK_OK(may(AT_FDCWD, "damaged", 0), "asking: what it is does not matter");
	CHECK_ERRNO(may(AT_FDCWD, "/etc/passwd", 0), EACCES, "asking: a file without x");
	CHECK_ERRNO(may(AT_FDCWD, "/etc", 0), EACCES, "asking: a directory");
	CHECK_ERRNO(may(AT_FDCWD, "nothing", 0), ENOENT, "asking: what is not there");
	CHECK_ERRNO(may(AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW), ELOOP, "asking: a link");
	CHECK_ERRNO(may(4000, "", AT_EMPTY_PATH), EBADF, "asking: a descriptor that is not open");
}

int main(int argc, char **argv)
{
	int bin, sh, script, closing, here;

	check_begin(argc, argv);
	bin = open("/bin", O_PATH | O_DIRECTORY);
	sh = open("/bin/sh", O_RDONLY);
	here = open(".", O_RDONLY | O_DIRECTORY);
	NEED(bin >= 0 && sh >= 0 && here >= 0);

	CHECK_EQUAL(run(bin, "sh", 0), 7, "a name below a directory");
	CHECK_EQUAL(run(AT_FDCWD, "/bin/sh", 0), 7, "an absolute path");
	CHECK_EQUAL(run(4000, "/bin/sh", 0), 7, "an absolute path and any descriptor");
	CHECK_EQUAL(run(sh, "", AT_EMPTY_PATH), 7, "a descriptor itself");
	CHECK_EQUAL(run(open("/bin/sh", O_PATH), "", AT_EMPTY_PATH), 7, "one of O_PATH");
	CHECK_EQUAL(run(open("/bin/sh", O_PATH | O_CLOEXEC), "", AT_EMPTY_PATH), 7, "one that exec closes");

	CHECK_EQUAL(run(sh, "", 0), 100 + ENOENT, "an empty path without the flag");
	CHECK_EQUAL(run(bin, "nothing", 0), 100 + ENOENT, "what is not there");
	CHECK_EQUAL(run(bin, "", AT_EMPTY_PATH), 100 + EACCES, "a directory itself");
	CHECK_EQUAL(run(sh, "sh", 0), 100 + ENOTDIR, "below a file");
	CHECK_EQUAL(run(4000, "sh", 0), 100 + EBADF, "below a descriptor that is not open");
	CHECK_EQUAL(run(4000, "", AT_EMPTY_PATH), 100 + EBADF, "itself");
	CHECK_EQUAL(run(bin, "sh", 0x20000), 100 + EINVAL, "an unknown flag");
	CHECK_EQUAL(run(open("/etc/passwd", O_RDONLY), "", AT_EMPTY_PATH), 100 + EACCES, "a file that is no program");

	NEED(symlink("/bin/sh", "link") == 0);
	CHECK_EQUAL(run(here, "link", 0), 7, "a link");
	CHECK_EQUAL(run(here, "link", AT_SYMLINK_NOFOLLOW), 100 + ELOOP, "a link that is not followed");

	check_write_file("script", "#!/bin/sh\ncase $0 in /dev/fd/*) exit 9;; *) exit 10;; esac\n");
	check_write_file("cwd", "#!/bin/sh\ncase $0 in ./cwd) exit 11;; *) exit 12;; esac\n");
	NEED(chmod("script", 0755) == 0 && chmod("cwd", 0755) == 0);
	script = open("script", O_RDONLY);
	closing = open("script", O_RDONLY | O_CLOEXEC);
	NEED(script >= 0 && closing >= 0);
	CHECK_EQUAL(run(script, "", AT_EMPTY_PATH), 9, "a script by its descriptor has its name there");
	CHECK_EQUAL(run(here, "script", 0), 9, "below a directory too");
	CHECK_EQUAL(run(closing, "", AT_EMPTY_PATH), 100 + ENOENT, "which must stay open");
	CHECK_EQUAL(run(AT_FDCWD, "./cwd", 0), 11, "from the current directory it keeps its own");
	check_write_file("damaged", "\177ELF");
	NEED(chmod("damaged", 0755) == 0);
	asking(bin, sh);
	return check_end();
}

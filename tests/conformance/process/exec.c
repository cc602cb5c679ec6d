/* fork and exec: what is inherited, what is reset, how a program sees itself. */
#include "../check.h"

#include <pthread.h>
#include <sys/auxv.h>
#include <sys/prctl.h>

static int run(char *const words[])
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execv(words[0], words);
		_exit(100 + (errno == ENOENT    ? 1
			     : errno == EACCES  ? 2
			     : errno == ENOEXEC ? 3
			     : errno == ELOOP   ? 4
						: 5));
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#define RUN(...) run((char *const[]){__VA_ARGS__, NULL})

static void write_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (write(fd, text, strlen(text)) < 0)
		abort();
	close(fd);
	chmod(name, mode);
}

static void *exec_in_thread(void *arg)
{
	(void)arg;
	execl("/bin/sh", "sh", "-c", "exit 21", (char *)NULL);
	return NULL;
}

int main(int argc, char **argv)
{
	char text[PATH_MAX] = "", self[PATH_MAX], big[300];
	int status, fd;
	pthread_t t;
	pid_t pid;

	check_begin(argc, argv);
	CHECK_EQUAL(RUN("/bin/sh", "-c", "exit 5"), 5, "a program");
	CHECK_EQUAL(RUN("/nothing"), 101, "one that is not there");
	CHECK_EQUAL(RUN("/etc"), 102, "a directory");
	CHECK_EQUAL(RUN("/etc/passwd"), 102, "a file without x");

	write_file("script", "#!/bin/sh -e\nexit $#\n", 0755);
	CHECK_EQUAL(RUN("./script", "a", "b"), 2, "a script with two arguments");
	write_file("script2", "#!./script\n", 0755);
	CHECK_EQUAL(RUN("./script2"), 1, "a script of a script");
	write_file("loop", "#!./loop\n", 0755);
	CHECK_EQUAL(RUN("./loop"), 104, "a script of itself");
	write_file("bad", "#!/nothing\n", 0755);
	CHECK_EQUAL(RUN("./bad"), 101, "an interpreter that is not there");
	write_file("plain", "exit 3\n", 0755);
	CHECK_EQUAL(RUN("./plain"), 103, "a text without #!");
	write_file("damaged", "\177ELF\2\1\1\0", 0755);
	CHECK_EQUAL(RUN("./damaged"), 103, "a damaged ELF header");
	write_file("empty", "", 0755);
	CHECK_EQUAL(RUN("./empty"), 103, "an empty file");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	memcpy(big, "#!/bin/", 7);
	write_file("long", big, 0755);
	CHECK_EQUAL(RUN("./long"), 103, "a #! line without an end");

	CHECK(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0, "/proc/self/exe can be read");
	CHECK(access("/proc/self/exe", X_OK) == 0, "and followed");
	fd = open("/proc/self/exe", O_RDONLY);
	CHECK(fd >= 0 && read(fd, text, 4) == 4 && memcmp(text, "\177ELF", 4) == 0, "and opened");
	CHECK(fstat(fd, &(struct stat){0}) == 0, "as a file");
	close(fd);
	CHECK_EQUAL(RUN("/bin/sh", "-c", "test \"$(tr '\\0' ' ' </proc/$$/cmdline)\" = \"sh x \" || exit 9", "x"), 9,
		    "a command line is as it was given");
	CHECK_EQUAL(RUN("/bin/sh", "-c", "test \"$(cat /proc/$$/comm)\" = sh"), 0, "so is comm");
	CHECK(getauxval(AT_EXECFN) != 0 &&
		      strcmp(basename((const char *)getauxval(AT_EXECFN)), program_invocation_short_name) == 0,
	      "AT_EXECFN is the path that was executed");
	CHECK(getauxval(AT_UID) == getuid() && getauxval(AT_SECURE) == 0, "the auxiliary vector tells the ids");

	fd = open("/bin/sh", O_RDONLY | O_CLOEXEC);
	pid = fork();
	if (pid == 0) {
		char *words[] = {(char *)"sh", (char *)"-c", (char *)"exit 6", NULL};

		fexecve(fd, words, environ);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	CHECK_EQUAL(WEXITSTATUS(status), 6, "fexecve");
	close(fd);

	pid = fork();
	if (pid == 0) {
		pthread_create(&t, NULL, exec_in_thread, NULL);
		pause();
	}
	waitpid(pid, &status, 0);
	CHECK_EQUAL(WEXITSTATUS(status), 21, "exec in a thread that is not the first");

	fd = open("busy", O_RDWR | O_CREAT | O_TRUNC, 0755);
	if (write(fd, "#!/bin/sh\n", 10) != 10)
		abort();
	pid = fork();
	if (pid == 0) {
		execl("./busy", "busy", (char *)NULL);
		_exit(errno == ETXTBSY ? 30 : 31);
	}
	waitpid(pid, &status, 0);
	CHECK_EQUAL(WEXITSTATUS(status), 30, "a file that is open for writing");
	close(fd);
	return check_end();
}

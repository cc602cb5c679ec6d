/*
 * Pitfall 6: descriptors over execve. What is open is inherited, what is marked is closed, and there are no others: not
 * those that loading a program takes, also where there is no room for any.
 */
#include "../check.h"

#include <dirent.h>
#include <poll.h>
#include <sys/resource.h>

static char self[PATH_MAX];
extern char **environ;

/* The open descriptors below 1100 as ranges, by fcntl; those that close at exec with a star. */
static const char *by_fcntl(void)
{
	static char text[8192];
	char *p = text;

	*p = '\0';
	for (int fd = 0; fd < 1100; fd++) {
		int r = fcntl(fd, F_GETFD);

		if (r >= 0)
			p += sprintf(p, "%d%s ", fd, (r & FD_CLOEXEC) != 0 ? "*" : "");
	}
	return text;
}

static const char *by_listing(const char *path)
{
	static char text[8192];
	bool there[1100] = {0};
	DIR *d = opendir(path);
	struct dirent *e;
	char *p = text;

	if (d == NULL)
		return "no directory";
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && atoi(e->d_name) != dirfd(d) && atoi(e->d_name) < 1100)
			there[atoi(e->d_name)] = true;
	closedir(d);
	*p = '\0';
	for (int fd = 0; fd < 1100; fd++)
		if (there[fd])
			p += sprintf(p, "%d ", fd);
	return text;
}

static const char *by_poll(void)
{
	static char text[8192];
	char *p = text;

	*p = '\0';
	for (int fd = 0; fd < 1000; fd++) {
		struct pollfd one = {.fd = fd};

		if (poll(&one, 1, 0) == 0 || (one.revents & POLLNVAL) == 0)
			p += sprintf(p, "%d ", fd);
	}
	return text;
}

/* What the file that another program left open has in it, and where the next one goes. */
static int live(char **argv)
{
	/* Standard output may be closed: what is found goes to the descriptor that is named. */
	FILE *f = fdopen(atoi(argv[2]), "w");

	fprintf(f, "ok -   %s: fcntl: %s\n", argv[1], by_fcntl());
	fprintf(f, "ok -   %s: poll: %s\n", argv[1], by_poll());
	fprintf(f, "ok -   %s: next: %d\n", argv[1], open("/etc/passwd", O_RDONLY));
	fprintf(f, "ok -   %s: listing: %s\n", argv[1], by_listing("/proc/self/fd"));
	fclose(f);
	return 0;
}

static void run(const char *what, const char *out)
{
	char *words[] = {(char *)"x", (char *)what, (char *)out, NULL};

	execve(self, words, environ);
	_exit(70 + (errno == EMFILE));
}

static void child(const char *what, void (*prepare)(void))
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		NEED(dup2(1, 50) == 50);
		prepare();
		run(what, "50");
	}
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_EQUAL(status, 0, what);
}

static void nothing(void)
{
}

static void closed_standard(void)
{
	close(0);
	close(1);
	close(2);
}

static void marked(void)
{
	for (int fd = 100; fd < 300; fd += 20)
		NEED(dup3(0, fd, fd % 40 == 0 ? O_CLOEXEC : 0) == fd);
}

static void limit(rlim_t n)
{
	NEED(setrlimit(RLIMIT_NOFILE, &(struct rlimit){n, n}) == 0);
}

static void limit_256(void)
{
	limit(256);
}

static void limit_64(void)
{
	limit(64);
}

/* Few numbers left: execve itself needs some here, the listing of the next program one, or some directory by directory. */
static void full(void)
{
	limit(64);
	while (dup(0) >= 0)
		;
	close(58);
	close(59);
	close(60);
	close(61);
}

static void full_without_room(void *arg)
{
	struct stat st;
	int dir;

	(void)arg;
	limit(32);
	dir = open("/etc", O_RDONLY | O_DIRECTORY);
	while (dup(0) >= 0)
		;
	CHECK_ERRNO(open("/etc/passwd", O_RDONLY), EMFILE, "open without a free number");
	CHECK_OK(stat("/etc/passwd", &st), "stat without a free number");
	CHECK_OK(lstat("/bin", &st), "lstat");
	CHECK_OK(access("/etc/../etc/passwd", R_OK), "access through dots");
	CHECK_OK(chdir("/etc"), "chdir");
	CHECK_OK(access("passwd", F_OK), "which is where it is then");
	CHECK_OK(fstatat(dir, "passwd", &st, 0), "fstatat");
	CHECK_ERRNO(fstatat(dir, "nothing", &st, 0), ENOENT, "of what is not there");
	CHECK_OK(fchdir(dir), "fchdir");
	CHECK_OK(chdir(check_directory), "chdir to its own directory");
	CHECK_OK(mkdir("d", 0700), "mkdir");
	CHECK_ERRNO(mkdir("d", 0700), EEXIST, "mkdir of what is there");
	CHECK_OK(symlink("d", "l"), "symlink");
	CHECK_OK(rename("d", "e"), "rename");
	CHECK_OK(chmod("e", 0750), "chmod");
	CHECK_OK(chown("e", 7, 8), "chown");
	CHECK(stat("e", &st) == 0 && st.st_uid == 7 && st.st_gid == 8 && (st.st_mode & 07777) == 0750,
	      "stat tells them");
	CHECK_OK(mknod("f", S_IFREG | 0600, 0), "mknod");
	CHECK_OK(truncate("f", 100), "truncate");
	CHECK_OK(link("f", "g"), "link");
	CHECK_OK(utimensat(AT_FDCWD, "f", NULL, 0), "utimensat");
	CHECK_OK(unlink("f") == 0 && unlink("g") == 0 && unlink("l") == 0 ? 0 : -1, "unlink");
	CHECK_OK(rmdir("e"), "rmdir");
	CHECK_OK(readlink("/proc/self/exe", (char[64]){0}, 63), "readlink");
}

int main(int argc, char **argv)
{
	if (argc > 2)
		return live(argv);
	check_begin(argc, argv);
	NEED(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	for (int fd = 3; fd < 1100; fd++)
		close(fd);
	printf("ok - here: fcntl: %s\n", by_fcntl());
	printf("ok - here: poll: %s\n", by_poll());
	printf("ok - here: listing: %s\n", by_listing("/proc/self/fd"));
	child("as it is", nothing);
	child("without the standard ones", closed_standard);
	child("some marked to be closed", marked);
	child("a limit of 256", limit_256);
	child("a limit of 64", limit_64);
	child("every number taken", full);
	check_in_child(full_without_room, NULL);
	return check_end();
}

/*
 * Mount namespaces: what is mounted in one is seen in it and in its children's, who is in which, and how they end.
 *
 * conformance: calls unshare, clone, setns, mount
 */
#include "mounts.h"

#include <sched.h>

static ino_t namespace_of(const char *pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%s/ns/mnt", pid);
	return stat(path, &st) == 0 ? st.st_ino : 0;
}

static bool has(const char *path)
{
	return access(path, F_OK) == 0;
}

/* A child that does something and then waits until it is told to end; the parent goes on when it has done it. */
struct child {
	pid_t pid;
	int done, end;
};

static struct child start(void (*body)(void))
{
	int done[2], end[2];
	struct child c;
	char byte;

	NEED(pipe(done) == 0 && pipe(end) == 0);
	fflush(stdout);
	c.pid = fork();
	NEED(c.pid >= 0);
	if (c.pid == 0) {
		check_failures = 0;
		close(end[1]);
		body();
		fflush(stdout);
		NEED(write(done[1], "", 1) == 1);
		(void)!read(end[0], &byte, 1);
		_exit(check_failures == 0 ? 0 : 1);
	}
	close(done[1]);
	close(end[0]);
	c.done = done[0];
	c.end = end[1];
	(void)!read(c.done, &byte, 1);
	return c;
}

static void stop(struct child *c)
{
	int status;

	close(c->end);
	NEED(waitpid(c->pid, &status, 0) == c->pid);
	close(c->done);
	check_failures += status != 0;
}

static void private_mount(void)
{
	ino_t before = namespace_of("self");

	CHECK_OK(unshare(CLONE_NEWNS), "a mount namespace");
	CHECK(namespace_of("self") != before && namespace_of("self") != 0, "another than before");
	CHECK_OK(do_mount(NULL, "/proc", NULL, MS_REC | MS_PRIVATE, NULL), "nothing propagates");
	CHECK_OK(do_mount("none", "d", "tmpfs", 0, NULL), "a tmpfs in it");
	check_write_file("d/inside", "x");
	CHECK(has("d/inside"), "with a file");
	CHECK_OK(do_mount("from", "bound", NULL, MS_BIND, NULL), "a bind mount");
	CHECK(has("bound/here"), "shows its source");
	CHECK(times_mounted("d") == 1 && times_mounted("bound") == 1, "both are listed");
}

static void grandchild(void *arg)
{
	ino_t *mine = arg;

	CHECK(namespace_of("self") == *mine, "a child is in the same");
	CHECK(has("d/inside") && has("bound/here"), "and sees its mounts");
	CHECK_OK(do_umount("bound", 0), "unmounts for all in it");
}

static void with_children(void)
{
	ino_t mine;

	private_mount();
	mine = namespace_of("self");
	check_in_child(grandchild, &mine);
	CHECK(!has("bound/here") && times_mounted("bound") == 0, "so it is gone");
}

/* Files of another process are of its namespace. */
static void seen_from_outside(void)
{
	struct child c = start(with_children);
	char path[64], line[2048], text[64], pid[16];
	bool found = false;
	FILE *f;

	snprintf(pid, sizeof(pid), "%d", c.pid);
	CHECK(!has("d/inside") && !has("bound/here"), "nothing of it is seen outside");
	CHECK(times_mounted("d") == 0, "nor listed");
	CHECK(namespace_of(pid) != namespace_of("self") && namespace_of(pid) != 0, "the child's is another");
	snprintf(path, sizeof(path), "/proc/%s/ns/mnt", pid);
	memset(text, 0, sizeof(text));
	CHECK(readlink(path, text, sizeof(text) - 1) > 5 && strncmp(text, "mnt:[", 5) == 0 &&
		      strtoul(text + 5, NULL, 10) == namespace_of(pid),
	      "as its name says");
	snprintf(path, sizeof(path), "/proc/%s/mountinfo", pid);
	f = fopen(path, "r");
	NEED(f != NULL);
	while (fgets(line, sizeof(line), f) != NULL)
		found |= strstr(line, check_directory) != NULL && strstr(line, "/d ") != NULL;
	fclose(f);
	CHECK(found, "its mountinfo is the child's");
	stop(&c);
}

/* setns(2) has left the root that the program was started in. */
static bool go_below(int root)
{
	return fchdir(root) == 0 && chroot(".") == 0 && chdir(check_directory) == 0;
}

static void joining(void)
{
	struct child c = start(private_mount);
	ino_t mine = namespace_of("self"), theirs;
	char path[64];
	int fd, own = open("/proc/self/ns/mnt", O_RDONLY), root, own_root = open("/", O_PATH);

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", c.pid);
	fd = open(path, O_RDONLY);
	CHECK(fd >= 0 && own >= 0, "both can be opened");
	snprintf(path, sizeof(path), "/proc/%d/root", c.pid);
	root = open(path, O_PATH);
	NEED(root >= 0 && own_root >= 0);
	snprintf(path, sizeof(path), "%d", c.pid);
	theirs = namespace_of(path);
	fflush(stdout);
	if (fork() == 0) {
		check_failures = 0;
		CHECK_ERRNO(setns(fd, CLONE_NEWUTS), EINVAL, "of another kind");
		CHECK_OK(setns(fd, CLONE_NEWNS), "joined");
		CHECK(go_below(root) && has("d/inside"), "with its mounts");
		CHECK(namespace_of("self") == theirs, "it is that one");
		CHECK_OK(setns(own, 0), "and back");
		CHECK(go_below(own_root) && namespace_of("self") == mine && !has("d/inside"), "without them");
		fflush(stdout);
		_exit(check_failures != 0);
	}
	int status;

	NEED(wait(&status) > 0);
	check_failures += status != 0;
	stop(&c);
	fflush(stdout);
	/* It lives as long as somebody has it open. */
	if (fork() == 0) {
		check_failures = 0;
		CHECK_OK(setns(fd, CLONE_NEWNS), "joined when its last process is gone");
		CHECK(go_below(root) && has("d/inside"), "all is there");
		fflush(stdout);
		_exit(check_failures != 0);
	}
	NEED(wait(&status) > 0);
	check_failures += status != 0;
	close(fd);
	close(own);
}

static void cloned(void)
{
	ino_t mine = namespace_of("self");
	int status;
	long pid;

	fflush(stdout);
	pid = syscall(SYS_clone, CLONE_NEWNS | SIGCHLD, 0, NULL, NULL, 0);
	NEED(pid >= 0);
	if (pid == 0) {
		check_failures = 0;
		CHECK(namespace_of("self") != mine, "a child in a new one");
		CHECK_OK(do_mount(NULL, "/proc", NULL, MS_REC | MS_SLAVE, NULL), "which gets what others mount");
		CHECK_OK(do_mount("none", "d", "tmpfs", 0, NULL), "mounts");
		fflush(stdout);
		_exit(check_failures != 0 || getpid() == 1);
	}
	NEED(waitpid((pid_t)pid, &status, 0) == pid);
	CHECK(status == 0, "and ends well");
	CHECK(namespace_of("self") == mine && times_mounted("d") == 0, "the parent is where it was");
	CHECK_ERRNO(syscall(SYS_clone, CLONE_NEWNS | CLONE_FS | SIGCHLD, 0, NULL, NULL, 0), EINVAL,
		    "no directory is shared between two");
}

static void as_user(void *arg)
{
	int fd = open("/proc/self/ns/mnt", O_RDONLY);

	(void)arg;
	CHECK_ERRNO(unshare(CLONE_NEWNS), EPERM, "not for a user");
	CHECK_ERRNO(syscall(SYS_clone, CLONE_NEWNS | SIGCHLD, 0, NULL, NULL, 0), EPERM, "nor a child of his");
	CHECK_ERRNO(setns(fd, CLONE_NEWNS), EPERM, "who joins none");
	close(fd);
}

/* What came with the system is a mount like all others there. */
static void system_mounts(void *arg)
{
	(void)arg;
	NEED(unshare(CLONE_NEWNS) == 0 && do_mount(NULL, "/proc", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK_OK(do_umount("/proc", MNT_DETACH), "/proc can be unmounted there");
	CHECK(!has("/proc/self"), "so it is gone");
	CHECK_OK(do_mount("proc", "/proc", "proc", 0, NULL), "and mounted");
	CHECK(has("/proc/self/ns/mnt"), "again");
	CHECK_OK(unshare(CLONE_NEWNS), "a namespace of a namespace");
	CHECK(has("/proc/self"), "has the same");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	NEED(mkdir("d", 0755) == 0 && mkdir("from", 0755) == 0 && mkdir("bound", 0755) == 0);
	check_write_file("from/here", "x");
	seen_from_outside();
	joining();
	cloned();
	check_in_child(system_mounts, NULL);
	CHECK(has("/proc/self"), "and nobody else noticed");
	check_as_user(as_user, NULL);
	/* Many, one after the other: what ended makes room. */
	for (int i = 0; i < 40; i++) {
		int status;
		pid_t pid = fork();

		NEED(pid >= 0);
		if (pid == 0)
			_exit(unshare(CLONE_NEWNS) != 0 ||
			      do_mount(NULL, "/proc", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
			      do_mount("none", "d", "tmpfs", 0, NULL) != 0);
		NEED(waitpid(pid, &status, 0) == pid);
		if (status != 0)
			CHECK(false, "number %d", i);
	}
	return check_end();
}

/*
 * Whose pseudo-terminals are: who opens /dev/ptmx owns the other end, until root gives it away; others go by its mode.
 */
#include "../check.h"

#include <grp.h>
#include <sys/socket.h>

#define ANOTHER 1001

static char name[64];

/* Both ends: the master, and the name of the other in `name`. */
static int new_terminal(void)
{
	int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);

	NEED(fd >= 0);
	NEED(unlockpt(fd) == 0);
	NEED(ptsname_r(fd, name, sizeof(name)) == 0);
	return fd;
}

static long try_open(int flags)
{
	int fd = open(name, flags | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

static uid_t owner(void)
{
	struct stat st;
	struct statx x;

	NEED(stat(name, &st) == 0 && statx(AT_FDCWD, name, 0, STATX_UID, &x) == 0);
	return x.stx_uid == st.st_uid ? st.st_uid : (uid_t)-1;
}

static void of_a_user(void *arg)
{
	int *sockets = arg, master = new_terminal();
	char go;

	CHECK_EQUAL(owner(), CHECK_USER, "a user's new terminal is his");
	CHECK_OK(try_open(O_RDWR), "he opens it");
	CHECK_OK(chmod(name, 0600), "he changes its mode");
	NEED(write(sockets[1], name, sizeof(name)) == sizeof(name));
	NEED(read(sockets[1], &go, 1) == 1);
	CHECK_EQUAL(owner(), ANOTHER, "he sees that root gave it to another");
	CHECK_ERRNO(try_open(O_RDWR), EACCES, "it is closed to him now");
	CHECK_ERRNO(chmod(name, 0666), EPERM, "nor does he change its mode");
	close(master);
}

static void another(void *arg)
{
	NEED(setgroups(0, NULL) == 0 && setresgid(ANOTHER, ANOTHER, ANOTHER) == 0 &&
	     setresuid(ANOTHER, ANOTHER, ANOTHER) == 0);
	if (arg == NULL) {
		CHECK_ERRNO(try_open(O_RDWR), EACCES, "another does not open it");
		CHECK_ERRNO(chmod(name, 0666), EPERM, "nor changes its mode");
		CHECK_ERRNO(chown(name, ANOTHER, -1), EPERM, "nor takes it");
		return;
	}
	CHECK_OK(try_open(O_RDWR), "the new owner opens it");
	CHECK_OK(chmod(name, 0620), "and changes its mode");
}

static void given_away(void)
{
	struct stat st;
	int sockets[2], status, slave;
	pid_t pid;

	NEED(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
	fflush(stdout);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		check_failures = 0;
		check_become_user();
		of_a_user(sockets);
		fflush(stdout);
		_exit(check_failures);
	}
	NEED(read(sockets[0], name, sizeof(name)) == sizeof(name));
	CHECK_EQUAL(owner(), CHECK_USER, "root sees whose it is");
	check_in_child(another, NULL);
	slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	CHECK_OK(slave, "root opens it");
	CHECK_OK(fchown(slave, ANOTHER, 5), "and gives it away");
	NEED(fstat(slave, &st) == 0);
	CHECK(st.st_uid == ANOTHER && st.st_gid == 5, "as its descriptor says");
	CHECK_EQUAL(st.st_mode, S_IFCHR | 0600, "its mode is what its first owner set");
	check_in_child(another, "");
	NEED(stat(name, &st) == 0);
	CHECK(st.st_mode == (S_IFCHR | 0620) && st.st_uid == ANOTHER && st.st_gid == 5, "as root sees");
	NEED(write(sockets[0], "", 1) == 1);
	NEED(waitpid(pid, &status, 0) == pid);
	check_failures += status != 0;
	close(slave);
}

/* The number comes back, the owner does not. */
static void used_again(void)
{
	int master = new_terminal();

	NEED(chown(name, ANOTHER, -1) == 0);
	close(master);
	master = new_terminal();
	CHECK_EQUAL(owner(), 0, "a later terminal is its own opener's");
	close(master);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	given_away();
	used_again();
	return check_end();
}

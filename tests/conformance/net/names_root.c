/* Names of sockets and chroot(2): a name is the text that was given, whoever asks. */
#include "unix.h"

static int listener;

static void inside(void *arg)
{
	int client = new_socket(SOCK_STREAM), got;
	struct name a = {.size = sizeof(a.bytes)};

	(void)arg;
	NEED(chroot("root") == 0 && chdir("/") == 0);
	listener = server(SOCK_STREAM, "/in/s");
	CHECK(own_name_is(listener, "/in/s"), "bound inside");
	NEED(do_bind(client, "/c") == 0);
	CHECK_OK(do_connect(client, "/in/s"), "connected inside");
	CHECK(peer_name_is(client, "/in/s"), "to that name");
	CHECK_OK(got = accept(listener, &a.any, &a.size), "accepted inside");
	CHECK(name_is(&a, "/c"), "from that name");
	CHECK_ERRNO(do_connect(new_socket(SOCK_STREAM), below("root/in/s")), ENOENT, "nothing of outside");
	NEED(symlink("/in", "/way") == 0);
	CHECK_OK(do_connect(new_socket(SOCK_STREAM), "/way/s"), "an absolute link inside");
	CHECK_OK(do_connect(new_socket(SOCK_STREAM), "/../../in/s"), "no way above the root");
	NEED(unlink("/in/s") == 0 && unlink("/c") == 0);
}

static int passed;

static void sees_outside(void *arg)
{
	(void)arg;
	NEED(chroot("root") == 0 && chdir("/") == 0);
	CHECK(own_name_is(passed, below("outer")), "a socket of outside, seen from inside");
}

int main(int argc, char **argv)
{
	int fd, status;
	pid_t pid;

	check_begin(argc, argv);
	NEED(mkdir("root", 0755) == 0 && mkdir("root/in", 0755) == 0);
	check_in_child(inside, NULL);
	passed = server(SOCK_STREAM, below("outer"));
	check_in_child(sees_outside, NULL);

	/* A server inside, its client outside. */
	fflush(stdout);
	NEED((pid = fork()) >= 0);
	if (pid == 0) {
		NEED(chroot("root") == 0 && chdir("/") == 0);
		fd = server(SOCK_STREAM, "/server");
		_exit(accept(fd, NULL, NULL) >= 0 ? 0 : 1);
	}
	do
		fd = new_socket(SOCK_STREAM);
	while (do_connect(fd, below("root/server")) < 0 && usleep(10000) == 0);
	CHECK(peer_name_is(fd, "/server"), "a server's name is its own");
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_EQUAL(status, 0, "it was reached from outside");
	return check_end();
}

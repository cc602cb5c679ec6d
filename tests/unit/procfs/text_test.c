/* Descriptors of text views: what they are, what may be done with them; and the names of sockets. */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct guest g;

static void set_up(void)
{
	guest_start(&g);
}

static void tear_down(void)
{
	guest_end(&g);
}

TestSuite(open_text, .init = set_up, .fini = tear_down);
TestSuite(net_unix, .init = set_up, .fini = tear_down);

static int open_view(const char *rest, int flags)
{
	struct procfs_entry e = guest_lookup(&g, rest, PROCFS_TEXT);

	return procfs_open_text(&g.ns, &e, flags);
}

Test(open_text, is_read_only_from_its_beginning)
{
	int fd = open_view("self/status", O_RDONLY | O_CLOEXEC);
	char byte;

	cr_assert_geq(fd, 0);
	cr_expect_eq(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	cr_expect_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	cr_expect_eq(lseek(fd, 0, SEEK_CUR), 0);
	cr_expect_eq(read(fd, &byte, 1), 1);
	cr_expect_eq(byte, 'N');
	cr_expect_eq(write(fd, "x", 1), -1);
	cr_expect_eq(errno, EBADF);

	struct stat st;

	cr_assert_eq(fstat(fd, &st), 0);
	cr_expect_eq(st.st_mode, S_IFREG | 0444);
	close(fd);
	fd = open_view("self/status", O_RDONLY | O_NONBLOCK);
	cr_expect_eq(fcntl(fd, F_GETFD), 0);
	cr_expect_neq(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	close(fd);
}

Test(open_text, cannot_be_opened_again_for_writing)
{
	int fd;
	char path[64];

	drop_capabilities();
	fd = open_view("self/status", O_RDONLY | O_CLOEXEC);
	cr_assert_geq(fd, 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	cr_expect_eq(open(path, O_RDWR), -1);
	cr_expect_eq(errno, EACCES);
	close(fd);
}

Test(open_text, leaves_no_descriptor_behind)
{
	int before = dup(0), fd, after;

	for (int i = 0; i < 8; i++) {
		fd = open_view("self/mountinfo", O_RDONLY);
		cr_assert_geq(fd, 0);
		close(fd);
		cr_expect_eq(open_view("self/maps", O_RDWR), -EACCES);
	}
	after = dup(0);
	cr_expect_eq(after, before + 1);
	close(before);
	close(after);
}

Test(open_text, refusals)
{
	cr_expect_eq(open_view("self/maps", O_WRONLY), -EACCES);
	cr_expect_eq(open_view("self/maps", O_RDONLY | O_TRUNC), -EACCES);
	cr_expect_eq(open_view("self/maps", O_RDONLY | O_DIRECTORY), -ENOTDIR);
	cr_expect_eq(open_view("self/maps", O_RDONLY | O_CREAT | O_EXCL), -EEXIST);
	cr_expect_eq(open_view("sys/kernel/hostname", O_WRONLY), -EPERM);
	cr_expect_eq(open_view("self/uid_map", O_RDWR), -EPERM);
}

Test(open_text, a_path_descriptor_is_the_hosts_object)
{
	int fd = open_view("self/maps", O_PATH | O_CLOEXEC);
	char path[64], text[64] = "";

	cr_assert_geq(fd, 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	cr_assert_gt(readlink(path, text, sizeof(text) - 1), 0);
	cr_expect_str_eq(text, with_pid("/proc/%d/maps", getpid()));
	close(fd);
}

Test(open_text, a_login_can_set_its_audit_id)
{
	int fd;

	if (access("/proc/self/loginuid", F_OK) != 0)
		cr_skip("the host has no audit");
	fd = open_view("self/loginuid", O_RDWR);
	cr_assert_geq(fd, 0);
	cr_expect_eq(write(fd, "1000", 4), 4);
	close(fd);
	cr_expect_str_eq(guest_text(&g, "self/loginuid"), "4294967295");
}

Test(open_text, of_a_process_that_ended)
{
	pid_t pid = start_guest();
	struct procfs_entry e = guest_lookup(&g, with_pid("%d/status", pid), PROCFS_TEXT);

	end_child(pid);
	cr_expect_eq(procfs_open_text(&g.ns, &e, O_RDONLY), -ENOENT);
}

static int bind_name(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", name);
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0, "%s: %m", name);
	cr_assert_eq(listen(fd, 1), 0);
	return fd;
}

Test(net_unix, names_of_the_guests)
{
	char name[108];
	int in_guest, in_dir, outside;
	const char *text;

	snprintf(name, sizeof(name), "%s/r/s", g.runtime);
	in_guest = bind_name(name);
	snprintf(name, sizeof(name), "%s/jail", g.root);
	cr_assert_eq(mkdir(name, 0755), 0);
	snprintf(name, sizeof(name), "%s/r/jail/two words", g.runtime);
	in_dir = bind_name(name);
	snprintf(name, sizeof(name), "%s/outside", g.dir);
	outside = bind_name(name);

	text = guest_text(&g, "self/net/unix");
	cr_expect_eq(strncmp(text, "Num       RefCount Protocol Flags    Type St Inode Path\n", 56), 0);
	cr_expect_not_null(strstr(text, " /s\n"));
	cr_expect_not_null(strstr(text, " /jail/two words\n"));
	cr_expect_null(strstr(text, g.runtime));
	snprintf(name, sizeof(name), " %s/outside\n", g.dir);
	cr_expect_not_null(strstr(text, name));
	cr_expect_eq(count_lines(text), count_lines(host_text("/proc/self/net/unix")));

	g.ns.root_path = "/jail";
	text = guest_text(&g, "self/net/unix");
	cr_expect_not_null(strstr(text, " /two words\n"));
	snprintf(name, sizeof(name), " %s/r/s\n", g.runtime);
	cr_expect_not_null(strstr(text, name), "what cannot be named from its root is the host's");
	close(in_guest);
	close(in_dir);
	close(outside);
}

Test(net_unix, names_that_are_kept_in_records)
{
	char path[200];
	const char *text;
	int fd, lost;

	snprintf(path, sizeof(path), "%s/s", g.runtime);
	cr_assert_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/s/0123456789abcdef", g.runtime);
	cr_assert_eq(symlink(g.root, path), 0);
	snprintf(path, sizeof(path), "%s/s/0123456789abcdef/x.sock", g.runtime);
	fd = bind_name(path);
	snprintf(path, sizeof(path), "%s/s/0123456789abcdef.name", g.runtime);
	cr_assert_eq(symlink("../a/relative/name of any length/x.sock", path), 0);
	snprintf(path, sizeof(path), "%s/s/short", g.runtime);
	lost = bind_name(path);

	text = guest_text(&g, "self/net/unix");
	cr_expect_not_null(strstr(text, " ../a/relative/name of any length/x.sock\n"));
	cr_expect_null(strstr(text, "0123456789abcdef"));
	cr_expect_not_null(strstr(text, "/s/short\n"));
	close(fd);
	close(lost);
}

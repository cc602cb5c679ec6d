/* What paths below /proc name, what is hidden, and what links say. */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/host.h"

static struct guest g;

static void set_up(void)
{
	guest_start(&g);
}

static void tear_down(void)
{
	guest_end(&g);
}

TestSuite(lookup, .init = set_up, .fini = tear_down);
TestSuite(guests, .init = set_up, .fini = tear_down);
TestSuite(links, .init = set_up, .fini = tear_down);

static int looked_up(const char *rest)
{
	struct procfs_entry e;

	return procfs_lookup(&g.ns, rest, &e);
}

Test(lookup, the_directory_itself)
{
	struct procfs_entry e = guest_lookup(&g, "", PROCFS_HOST);

	cr_expect_str_eq(e.host, "/proc");
	cr_expect_eq(e.used, 0);
	cr_expect_eq(e.pid, 0);
}

Test(lookup, what_is_in_no_row_is_the_hosts)
{
	struct procfs_entry e = guest_lookup(&g, "sys/vm/overcommit_memory", PROCFS_HOST);

	cr_expect_str_eq(e.host, "/proc/sys/vm/overcommit_memory");
	cr_expect_eq(e.used, strlen("sys/vm/overcommit_memory"));
	cr_expect(e.read_only, "a caller who is root could write it");
	e = guest_lookup(&g, "self/coredump_filter", PROCFS_HOST);
	cr_expect_str_eq(e.host, with_pid("/proc/%d/coredump_filter", getpid()));
	cr_expect_not(e.read_only);
	e = guest_lookup(&g, "absent", PROCFS_HOST);
	cr_expect_str_eq(e.host, "/proc/absent");
}

Test(lookup, self_is_a_link_at_the_end_and_walked_in_the_middle)
{
	struct procfs_entry e = guest_lookup(&g, "self", PROCFS_LINK);

	cr_expect_eq(e.used, 4);
	e = guest_lookup(&g, "self/task", PROCFS_HOST);
	cr_expect_str_eq(e.host, with_pid("/proc/%d/task", getpid()));
	cr_expect_eq(e.used, strlen("self/task"));
	cr_expect_eq(e.pid, getpid());
	e = guest_lookup(&g, "thread-self/status", PROCFS_TEXT);
	cr_expect_eq(e.pid, getpid());
	cr_expect_eq(e.tid, g.ns.tid);
	cr_expect_str_eq(guest_link(&g, "self"), with_pid("%d", getpid()));
}

Test(lookup, self_is_the_callers_even_for_a_supervisor)
{
	pid_t pid = start_guest();

	g.ns.pid = g.ns.tid = pid;
	cr_expect_str_eq(guest_link(&g, "self"), with_pid("%d", pid));
	cr_expect_str_eq(guest_lookup(&g, "self/limits", PROCFS_HOST).host, with_pid("/proc/%d/limits", pid));
	end_child(pid);
}

Test(lookup, names_that_only_begin_like_others)
{
	cr_expect_str_eq(guest_lookup(&g, "selfish", PROCFS_HOST).host, "/proc/selfish");
	cr_expect_str_eq(guest_lookup(&g, "netx/unix", PROCFS_HOST).host, "/proc/netx/unix");
	cr_expect_str_eq(guest_lookup(&g, "0123/status", PROCFS_HOST).host, "/proc/0123/status");
	cr_expect_str_eq(guest_lookup(&g, "1x/status", PROCFS_HOST).host, "/proc/1x/status");
	cr_expect_str_eq(guest_lookup(&g, "self/mapsx", PROCFS_HOST).host, with_pid("/proc/%d/mapsx", getpid()));
}

Test(lookup, links_in_the_middle_stop_there)
{
	struct procfs_entry e = guest_lookup(&g, "self/root/etc/passwd", PROCFS_LINK);

	cr_expect_eq(e.used, strlen("self/root"));
	cr_expect_str_eq(e.host, with_pid("/proc/%d/root", getpid()));
	e = guest_lookup(&g, "self/cwd/x", PROCFS_LINK);
	cr_expect_eq(e.used, strlen("self/cwd"));
	e = guest_lookup(&g, "self/fd/3/x/y", PROCFS_MAGIC);
	cr_expect_eq(e.used, strlen("self/fd/3"));
	cr_expect_str_eq(e.host, with_pid("/proc/%d/fd/3", getpid()));
	e = guest_lookup(&g, "self/ns/mnt", PROCFS_MAGIC);
	e = guest_lookup(&g, "net/tcp", PROCFS_LINK);
	cr_expect_eq(e.used, 3);
	cr_expect_str_eq(guest_link(&g, "net/tcp"), "self/net");
	cr_expect_str_eq(guest_link(&g, "mounts"), "self/mounts");
}

Test(lookup, every_host_link_of_a_task_has_a_row)
{
	/* A link that the kernel would follow by itself may not pass as an ordinary part of a path. */
	static const char *const names[] = {"exe", "cwd", "root", "fd/0", "ns/net", "ns/pid_for_children"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct procfs_entry e;
		char rest[64];

		snprintf(rest, sizeof(rest), "%d/task/%d/%s/etc/passwd", getpid(), g.ns.tid, names[i]);
		cr_assert_eq(procfs_lookup(&g.ns, rest, &e), 0);
		cr_expect_neq(e.kind, PROCFS_HOST, "%s", rest);
		cr_expect_lt(e.used, strlen(rest));
	}
}

Test(lookup, a_text_view_is_no_directory)
{
	struct procfs_entry e = guest_lookup(&g, "self/maps/x", PROCFS_HOST);
	struct stat st;

	cr_expect_eq(host_fstatat(AT_FDCWD, e.host, &st, 0), -ENOTDIR);
}

Test(lookup, threads)
{
	char rest[64];
	struct procfs_entry e;

	snprintf(rest, sizeof(rest), "%d/task/%d/maps", getpid(), g.ns.tid);
	e = guest_lookup(&g, rest, PROCFS_TEXT);
	cr_expect_eq(e.pid, getpid());
	cr_expect_eq(e.tid, g.ns.tid);
	cr_expect_eq(e.used, strlen(rest));
	/* A thread of another process is not one of this: the host says so. */
	snprintf(rest, sizeof(rest), "self/task/%d/status", getppid());
	e = guest_lookup(&g, rest, PROCFS_TEXT);
	cr_expect_eq(procfs_open_text(&g.ns, &e, O_RDONLY), -ENOENT);
}

Test(lookup, the_reserved_descriptor_does_not_exist)
{
	cr_expect_eq(looked_up("self/fd/241"), -ENOENT);
	cr_expect_eq(looked_up("self/fd/241/etc"), -ENOENT);
	cr_expect_eq(looked_up("thread-self/fdinfo/241"), -ENOENT);
	cr_expect_eq(looked_up("self/fd/240"), 0);
	cr_expect_eq(looked_up("self/fd/2410"), 0);
	cr_expect(procfs_hides(&g.ns, "self/fd", "241"));
	cr_expect(procfs_hides(&g.ns, "thread-self/fdinfo", "241"));
	cr_expect(procfs_hides(&g.ns, with_pid("%d/fd", getpid()), "241"));
	cr_expect_not(procfs_hides(&g.ns, "self/fd", "24"));
	cr_expect_not(procfs_hides(&g.ns, "self/task", "241"));
	cr_expect_not(procfs_hides(&g.ns, "sys/fs", "241"));
}

Test(lookup, mappings_of_the_resident_do_not_exist)
{
	cr_expect_eq(looked_up("self/map_files/550000000000-550000001000"), -ENOENT);
	cr_expect(procfs_hides(&g.ns, "self/map_files", "550020000000-550022000000"));
	cr_expect_not(procfs_hides(&g.ns, "self/map_files", "555555554000-555555555000"));
	guest_lookup(&g, "self/map_files/555555554000-555555555000", PROCFS_MAGIC);
}

Test(lookup, names_of_any_length)
{
	char rest[1024];

	memset(rest, 'x', sizeof(rest));
	rest[sizeof(rest) - 1] = '\0';
	cr_expect_eq(looked_up(rest), -ENOENT);
	memcpy(rest, "self/fd/", 8);
	cr_expect_eq(looked_up(rest), -ENOENT);
	memcpy(rest, "self/root/", 10);
	cr_expect_eq(guest_lookup(&g, rest, PROCFS_LINK).used, strlen("self/root"));
	memset(rest, '9', 100);
	cr_expect_eq(looked_up(rest), -ENOENT);
}

Test(guests, own_children_and_others)
{
	pid_t guest = start_guest(), host = start_host();

	cr_expect(procfs_is_guest(&g.ns, getpid()));
	cr_expect(procfs_is_guest(&g.ns, guest));
	cr_expect_not(procfs_is_guest(&g.ns, host));
	cr_expect_not(procfs_is_guest(&g.ns, 1));
	cr_expect_not(procfs_is_guest(&g.ns, 0));
	cr_expect_not(procfs_is_guest(&g.ns, -1));

	cr_expect_eq(looked_up(with_pid("%d", guest)), 0);
	cr_expect_eq(looked_up(with_pid("%d/status", guest)), 0);
	cr_expect_eq(looked_up(with_pid("%d", host)), -ENOENT);
	cr_expect_eq(looked_up(with_pid("%d/task", host)), -ENOENT);
	cr_expect_eq(looked_up("1/status"), -ENOENT);
	cr_expect_not(procfs_hides(&g.ns, "", with_pid("%d", guest)));
	cr_expect(procfs_hides(&g.ns, "", with_pid("%d", host)));
	cr_expect(procfs_hides(&g.ns, "", "1"));
	cr_expect_not(procfs_hides(&g.ns, "", "cpuinfo"));
	cr_expect_not(procfs_hides(&g.ns, "", "self"));
	end_child(guest);
	end_child(host);
}

Test(guests, a_dead_processs_slot_does_not_make_a_guest)
{
	pid_t host = start_host();

	cr_assert_not_null(instance_claim_slot(g.in, host));
	cr_expect_not(procfs_is_guest(&g.ns, host));
	end_child(host);
	cr_expect_not(procfs_is_guest(&g.ns, host));
}

/* Ends the child but does not wait for it. */
static void make_zombie(pid_t pid)
{
	siginfo_t info;

	kill(pid, SIGKILL);
	cr_assert_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

Test(guests, zombies)
{
	pid_t with_slot = start_guest(), without = start_guest();
	pid_t middle, other = start_grandchild(&middle);

	cr_assert_not_null(instance_claim_slot(g.in, with_slot));
	make_zombie(with_slot);
	make_zombie(without);
	cr_expect(procfs_is_guest(&g.ns, with_slot));
	cr_expect(procfs_is_guest(&g.ns, without));
	cr_expect_eq(waitpid(with_slot, NULL, 0), with_slot);
	cr_expect_not(procfs_is_guest(&g.ns, with_slot), "it is gone");
	end_child(without);

	/* A zombie of the host's: its parent is no guest either. */
	struct stat st;

	cr_assert_eq(stat("/bin/sleep", &st), 0);
	g.in->exe_inode = st.st_ino + 1;
	kill(other, SIGKILL);
	for (int i = 0; i < 500 && strstr(field(host_text(with_pid("/proc/%d/status", other)), "State"), "Z") == NULL;
	     i++)
		usleep(10000);
	cr_expect_not(procfs_is_guest(&g.ns, other));
	end_child(middle);
}

Test(guests, not_dumpable)
{
	pid_t pid;
	int ends[2];
	char byte;

	drop_capabilities();
	cr_assert_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_DUMPABLE, 0);
		if (write(ends[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	cr_assert_eq(read(ends[0], &byte, 1), 1);
	struct stat st;
	char exe[32];

	snprintf(exe, sizeof(exe), "/proc/%d/exe", pid);
	cr_assert_eq(stat(exe, &st), -1);
	cr_expect(procfs_is_guest(&g.ns, pid), "its parent is one");
	cr_assert_not_null(instance_claim_slot(g.in, pid));
	cr_expect(procfs_is_guest(&g.ns, pid));
	end_child(pid);
}

Test(links, programs)
{
	pid_t pid = start_guest(), fresh = start_guest();
	struct process_slot *s;

	cr_expect_str_eq(guest_link(&g, "self/exe"), "/usr/bin/this");
	cr_expect_str_eq(guest_link(&g, "thread-self/exe"), "/usr/bin/this");
	s = guest_slot(&g, pid);
	cr_assert_not_null(s);
	strcpy(s->exe, "/bin/other");
	cr_expect_str_eq(guest_link(&g, with_pid("%d/exe", pid)), "/bin/other");

	/* A child without a slot runs its parent's program. */
	s = guest_slot(&g, getpid());
	cr_assert_not_null(s);
	strcpy(s->exe, "/usr/bin/this");
	cr_expect_str_eq(guest_link(&g, with_pid("%d/exe", fresh)), "/usr/bin/this");
	end_child(pid);
	end_child(fresh);
}

Test(links, hostile_slots)
{
	pid_t pid = start_guest();
	struct process_slot *s = guest_slot(&g, pid);
	struct procfs_entry e;
	char text[PATH_MAX];

	cr_assert_not_null(s);
	memset(s->exe, 'A', sizeof(s->exe));
	e = guest_lookup(&g, with_pid("%d/exe", pid), PROCFS_LINK);
	cr_expect_eq(procfs_readlink(&g.ns, &e, text, sizeof(text)), -ENOENT, "not absolute");
	s->exe[0] = '/';
	s->sequence = 1; /* its owner died while it wrote */
	cr_expect_eq(procfs_readlink(&g.ns, &e, text, sizeof(text)), PATH_MAX - 1, "not terminated");
	memset(s->root, 'B', sizeof(s->root));
	e = guest_lookup(&g, with_pid("%d/root", pid), PROCFS_LINK);
	cr_expect_eq(procfs_readlink(&g.ns, &e, text, sizeof(text)), -ENOENT);
	end_child(pid);
}

Test(links, roots)
{
	pid_t pid = start_guest();
	struct process_slot *s = guest_slot(&g, pid);

	cr_assert_not_null(s);
	strcpy(s->exe, "/bin/sh");
	cr_expect_str_eq(guest_link(&g, "self/root"), "/");
	cr_expect_str_eq(guest_link(&g, with_pid("%d/root", pid)), "/");
	strcpy(s->root, "/srv/jail");
	cr_expect_str_eq(guest_link(&g, with_pid("%d/root", pid)), "/srv/jail");
	cr_expect_str_eq(guest_link(&g, with_pid("%d/exe", pid)), "/srv/jail/bin/sh");
	/* Seen from the same root, and from another. */
	g.ns.root_path = "/srv/jail";
	cr_expect_str_eq(guest_link(&g, "self/root"), "/");
	cr_expect_str_eq(guest_link(&g, with_pid("%d/root", pid)), "/");
	cr_expect_str_eq(guest_link(&g, with_pid("%d/exe", pid)), "/bin/sh");
	g.ns.root_path = "/srv/jailhouse";
	cr_expect_str_eq(guest_link(&g, with_pid("%d/root", pid)), "/srv/jail");
	s->root[0] = '\0';
	cr_expect_str_eq(guest_link(&g, with_pid("%d/root", pid)), "/");
	end_child(pid);
}

Test(links, truncated_like_readlink)
{
	struct procfs_entry e = guest_lookup(&g, "self/exe", PROCFS_LINK);
	char text[4] = "####";

	cr_expect_eq(procfs_readlink(&g.ns, &e, text, 3), 3);
	cr_expect_eq(memcmp(text, "/us#", 4), 0);
}

static char *in_root(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", g.root, name);
	return path;
}

Test(links, working_directory)
{
	cr_assert_eq(mkdir(in_root("home"), 0755), 0);
	cr_assert_eq(chdir(g.root), 0);
	cr_expect_str_eq(guest_link(&g, "self/cwd"), "/");
	cr_assert_eq(chdir("home"), 0);
	cr_expect_str_eq(guest_link(&g, "self/cwd"), "/home");
	cr_assert_eq(rmdir("../home"), 0);
	cr_expect_str_eq(guest_link(&g, "self/cwd"), "/home (deleted)");
	/* Outside: the kernel's own text. */
	cr_assert_eq(chdir("/usr"), 0);
	cr_expect_str_eq(guest_link(&g, "self/cwd"), "/usr");
}

Test(links, descriptors)
{
	int file = open(in_root("file"), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), proc = open("/proc/self/fd", O_RDONLY | O_CLOEXEC);
	int memory = memfd_create("mine", MFD_CLOEXEC), ends[2];
	char want[64];

	cr_assert(file >= 0 && null >= 0 && proc >= 0 && memory >= 0 && pipe2(ends, O_CLOEXEC) == 0);
	cr_expect_str_eq(guest_link(&g, with_pid("self/fd/%d", file)), "/file");
	cr_expect_str_eq(guest_link(&g, with_pid("self/fd/%d", null)), "/dev/null");
	cr_expect_str_eq(guest_link(&g, with_pid("self/fd/%d", proc)), with_pid("/proc/%d/fd", getpid()));
	cr_expect_str_eq(guest_link(&g, with_pid("self/fd/%d", memory)), "/memfd:mine (deleted)");
	snprintf(want, sizeof(want), "/proc/self/fd/%d", ends[0]);
	char host[64] = "";

	cr_assert_gt(readlink(want, host, sizeof(host) - 1), 0);
	cr_expect_str_eq(guest_link(&g, with_pid("self/fd/%d", ends[0])), host);

	cr_assert_eq(unlink(in_root("file")), 0);
	cr_expect_str_eq(guest_link(&g, with_pid("self/fd/%d", file)), "/file (deleted)");
	struct procfs_entry e = guest_lookup(&g, "self/fd/999", PROCFS_MAGIC);
	char text[16];

	cr_expect_eq(procfs_readlink(&g.ns, &e, text, sizeof(text)), -ENOENT);
}

Test(links, a_views_descriptor_shows_the_views_path)
{
	struct procfs_entry e = guest_lookup(&g, "self/status", PROCFS_TEXT);
	int fd = procfs_open_text(&g.ns, &e, O_RDONLY | O_CLOEXEC);
	char want[64];

	cr_assert_geq(fd, 0);
	snprintf(want, sizeof(want), "/proc/%d/status", getpid());
	cr_expect_str_eq(guest_link(&g, with_pid("self/fd/%d", fd)), want);
}

Test(links, namespaces_are_the_hosts)
{
	char host[64] = "";

	cr_assert_gt(readlink("/proc/self/ns/net", host, sizeof(host) - 1), 0);
	cr_expect_str_eq(guest_link(&g, "self/ns/net"), host);
}

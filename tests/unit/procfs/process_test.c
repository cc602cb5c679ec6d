/* status, stat and the small files of a process: the guest's identity in the host's text. */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
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

TestSuite(status, .init = set_up, .fini = tear_down);
TestSuite(process_stat, .init = set_up, .fini = tear_down);
TestSuite(owner, .init = set_up, .fini = tear_down);
TestSuite(small, .init = set_up, .fini = tear_down);

/* A guest with a slot of its own. */
static struct process_slot *slot_for(pid_t pid)
{
	struct process_slot *s = guest_slot(&g, pid);

	s->creds = (struct creds){.ruid = 1,
				  .euid = 2,
				  .suid = 3,
				  .fsuid = 4,
				  .rgid = 5,
				  .egid = 6,
				  .sgid = 7,
				  .fsgid = 4294967294u,
				  .cap_effective = 1,
				  .cap_permitted = 0x1ffffffffff,
				  .cap_inheritable = 0x10,
				  .cap_bounding = 0xff,
				  .cap_ambient = 0x20,
				  .group_count = 3,
				  .groups = {0, 27, 100000}};
	s->dumpable = 1;
	return s;
}

Test(status, own_identity)
{
	const char *text;

	g.creds.ruid = 10;
	g.creds.euid = 20;
	g.creds.suid = 30;
	g.creds.fsuid = 40;
	text = guest_text(&g, "self/status");
	cr_expect_str_eq(field(text, "Uid"), "10\t20\t30\t40");
	cr_expect_str_eq(field(text, "Gid"), "0\t0\t0\t0");
	cr_expect_str_eq(field(text, "Groups"), " ");
	cr_expect_str_eq(field(text, "CapEff"), "000001ffffffffff");
	cr_expect_str_eq(field(text, "CapInh"), "0000000000000000");
	cr_expect_str_eq(field(text, "NoNewPrivs"), "0");
	cr_expect_str_eq(field(text, "Seccomp"), "0");
	cr_expect_str_eq(field(text, "Seccomp_filters"), "0");
}

Test(status, another_ones_identity)
{
	pid_t pid = start_guest();
	struct process_slot *s = slot_for(pid);
	const char *text = guest_text(&g, with_pid("%d/status", pid));

	cr_expect_str_eq(field(text, "Uid"), "1\t2\t3\t4");
	cr_expect_str_eq(field(text, "Gid"), "5\t6\t7\t4294967294");
	cr_expect_str_eq(field(text, "Groups"), "0 27 100000 ");
	cr_expect_str_eq(field(text, "CapInh"), "0000000000000010");
	cr_expect_str_eq(field(text, "CapPrm"), "000001ffffffffff");
	cr_expect_str_eq(field(text, "CapEff"), "0000000000000001");
	cr_expect_str_eq(field(text, "CapBnd"), "00000000000000ff");
	cr_expect_str_eq(field(text, "CapAmb"), "0000000000000020");

	s->flags = PROCESS_NO_NEW_PRIVS;
	s->seccomp_mode = 2;
	text = guest_text(&g, with_pid("%d/status", pid));
	cr_expect_str_eq(field(text, "NoNewPrivs"), "1");
	cr_expect_str_eq(field(text, "Seccomp"), "2");
	cr_expect_str_eq(field(text, "Seccomp_filters"), "1");
	end_child(pid);
}

Test(status, everything_else_is_the_hosts_in_its_order)
{
	static const char *const changed[] = {
		"PPid:",   "TracerPid:", "Uid:",    "Gid:",        "Groups:",  "CapInh:",         "CapPrm:",
		"CapEff:", "CapBnd:",    "CapAmb:", "NoNewPrivs:", "Seccomp:", "Seccomp_filters:"};
	pid_t pid = start_guest();
	char *guest, *host, *guest_rest, *host_rest;

	/* Counters of a waiting process stand still once it waits. */
	usleep(50000);
	guest = guest_text(&g, with_pid("%d/status", pid));
	host = host_text(with_pid("/proc/%d/status", pid));
	cr_assert_eq(count_lines(guest), count_lines(host));
	for (;;) {
		char *a = strtok_r(guest, "\n", &guest_rest), *b = strtok_r(host, "\n", &host_rest);
		bool same = true;

		guest = host = NULL;
		if (a == NULL || b == NULL)
			break;
		for (size_t i = 0; i < ARRAY_SIZE(changed); i++)
			if (strncmp(b, changed[i], strlen(changed[i])) == 0) {
				cr_expect_eq(strncmp(a, changed[i], strlen(changed[i])), 0);
				same = false;
			}
		if (same)
			cr_expect_str_eq(a, b);
	}
	end_child(pid);
}

Test(status, a_child_without_a_slot_is_like_its_parent)
{
	pid_t middle, pid;
	struct stat st;

	/* sleep is the guest here; its parent, the middle one, has a slot. */
	cr_assert_eq(stat("/bin/sleep", &st), 0);
	pid = start_grandchild(&middle);
	g.in->exe_device = st.st_dev;
	g.in->exe_inode = st.st_ino;
	slot_for(middle);
	cr_expect_str_eq(field(guest_text(&g, with_pid("%d/status", pid)), "Uid"), "1\t2\t3\t4");
	end_child(middle);
}

Test(status, parents)
{
	pid_t middle, pid = start_grandchild(&middle), own = start_guest();
	struct stat st;
	char want[16];

	snprintf(want, sizeof(want), "%d", getpid());
	cr_expect_str_eq(field(guest_text(&g, with_pid("%d/status", own)), "PPid"), want);
	/* A guest whose parent is a host's process: sleep below this test's executable. */
	cr_assert_eq(stat("/bin/sleep", &st), 0);
	g.in->exe_device = st.st_dev;
	g.in->exe_inode = st.st_ino;
	cr_expect_str_eq(field(guest_text(&g, with_pid("%d/status", pid)), "PPid"), "1");
	end_child(middle);
	end_child(own);
}

Test(status, tracers)
{
	pid_t own = start_guest();
	const char *text = guest_text(&g, with_pid("%d/status", own));

	cr_expect_str_eq(field(text, "TracerPid"), "0");
	end_child(own);
}

Test(status, hostile_slots)
{
	pid_t pid = start_guest();
	struct process_slot *s = slot_for(pid);

	s->creds.group_count = 0xffffffff;
	s->sequence = 7;
	cr_expect_str_eq(field(guest_text(&g, with_pid("%d/status", pid)), "Groups"), " ");
	end_child(pid);
}

Test(status, names_with_lines_of_their_own)
{
	/* The kernel escapes a newline here, so that a name cannot pass for a field. */
	cr_assert_eq(prctl(PR_SET_NAME, "a\nUid:\t9"), 0);
	cr_expect_str_eq(field(guest_text(&g, "self/status"), "Uid"), "0\t0\t0\t0");
}

/* The first field behind the name is number 3, as in proc(5). */
static const char *stat_field(const char *text, int number)
{
	static char value[64];
	const char *p = strrchr(text, ')') + 2;

	for (int i = 3; i < number; i++)
		p = strchr(p, ' ') + 1;
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(p, " \n"), p);
	return value;
}

Test(process_stat, only_the_parent_changes)
{
	pid_t middle, pid = start_grandchild(&middle);
	char guest[4096], host[4096], *g4, *h4;
	struct stat st;

	cr_assert_eq(stat("/bin/sleep", &st), 0);
	g.in->exe_device = st.st_dev;
	g.in->exe_inode = st.st_ino;
	usleep(50000);
	snprintf(guest, sizeof(guest), "%s", guest_text(&g, with_pid("%d/stat", pid)));
	snprintf(host, sizeof(host), "%s", host_text(with_pid("/proc/%d/stat", pid)));
	cr_expect_str_eq(stat_field(guest, 4), "1");
	cr_expect_str_eq(stat_field(host, 4), with_pid("%d", middle));

	g4 = strrchr(guest, ')') + 4;
	h4 = strrchr(host, ')') + 4;
	cr_expect_str_eq(strchr(g4, ' '), strchr(h4, ' '));
	*g4 = *h4 = '\0';
	cr_expect_str_eq(guest, host);
	end_child(middle);
}

Test(process_stat, names_with_brackets_and_lines)
{
	const char *text;
	char want[64];

	cr_assert_eq(prctl(PR_SET_NAME, "x) Z 1 (\n)"), 0);
	text = guest_text(&g, "thread-self/stat");
	snprintf(want, sizeof(want), "%d (x) Z 1 (\n)) ", g.ns.tid);
	cr_expect_eq(strncmp(text, want, strlen(want)), 0, "%s", text);
	cr_expect_str_eq(stat_field(text, 4), with_pid("%d", getppid()));
}

Test(owner, effective_ids)
{
	pid_t pid = start_guest();
	struct process_slot *s = slot_for(pid);
	struct procfs_entry e = guest_lookup(&g, with_pid("%d/limits", pid), PROCFS_HOST);
	uid_t uid = 77;
	gid_t gid = 77;

	procfs_owner(&g.ns, &e, &uid, &gid);
	cr_expect_eq(uid, 2);
	cr_expect_eq(gid, 6);
	s->dumpable = 0;
	procfs_owner(&g.ns, &e, &uid, &gid);
	cr_expect_eq(uid, 0);
	cr_expect_eq(gid, 0);
	/* Its directory, and those below that everybody may list, stay its own. */
	e = guest_lookup(&g, with_pid("%d/task", pid), PROCFS_HOST);
	procfs_owner(&g.ns, &e, &uid, &gid);
	cr_expect_eq(uid, 2);
	e = guest_lookup(&g, with_pid("%d/ns", pid), PROCFS_HOST);
	procfs_owner(&g.ns, &e, &uid, &gid);
	cr_expect_eq(uid, 0);
	g.creds.euid = 1000;
	e = guest_lookup(&g, "self/limits", PROCFS_HOST);
	procfs_owner(&g.ns, &e, &uid, &gid);
	cr_expect_eq(uid, 1000);
	e = guest_lookup(&g, "meminfo", PROCFS_HOST);
	procfs_owner(&g.ns, &e, &uid, &gid);
	cr_expect_eq(uid, 0);
	end_child(pid);
}

Test(small, constants)
{
	cr_expect_str_eq(guest_text(&g, "self/cgroup"), "0::/\n");
	cr_expect_str_eq(guest_text(&g, "self/uid_map"), "         0          0 4294967295\n");
	cr_expect_str_eq(guest_text(&g, "self/gid_map"), "         0          0 4294967295\n");
	cr_expect_str_eq(guest_text(&g, "self/setgroups"), "allow\n");
	cr_expect_str_eq(guest_text(&g, "sys/kernel/hostname"), "a-guest\n");
	cr_expect_str_eq(guest_text(&g, "sys/kernel/domainname"), "(none)\n");
	cr_expect_str_eq(guest_text(&g, "sys/kernel/cap_last_cap"), "40\n");
	cr_expect_eq(CREDS_CAPS_ALL, (1ull << (atoi(guest_text(&g, "sys/kernel/cap_last_cap")) + 1)) - 1);
}

Test(small, a_hostname_that_is_not_terminated)
{
	memset(g.in->hostname, 'h', sizeof(g.in->hostname));
	cr_expect_eq(strlen(guest_text(&g, "sys/kernel/hostname")), sizeof(g.in->hostname));
	strcpy(g.in->domainname, "example.org");
	cr_expect_str_eq(guest_text(&g, "sys/kernel/domainname"), "example.org\n");
}

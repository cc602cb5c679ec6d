/* mounts, mountinfo and mountstats: the mount table in the kernel's words. */
#include "guest.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
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

TestSuite(mounts, .init = set_up, .fini = tear_down);

/* A line of mountinfo, taken apart. */
struct line {
	unsigned id, parent, major, minor;
	char root[512], point[512], options[256], type[64], device[256], super[256];
};

static size_t parse(const char *text, struct line *lines, size_t size)
{
	size_t n = 0;

	for (; *text != '\0'; text += strcspn(text, "\n") + 1) {
		struct line *l = &lines[n++];
		int end = 0;

		cr_assert_leq(n, size);
		cr_assert_eq(sscanf(text, "%u %u %u:%u %511s %511s %255s - %63s %255s %255[^\n]%n", &l->id, &l->parent,
				    &l->major, &l->minor, l->root, l->point, l->options, l->type, l->device, l->super,
				    &end),
			     10, "%s", text);
		cr_assert_eq(text[end], '\n');
	}
	return n;
}

static const struct line *find(const struct line *lines, size_t n, const char *point)
{
	const struct line *found = NULL;

	for (size_t i = 0; i < n; i++)
		if (strcmp(lines[i].point, point) == 0)
			found = &lines[i];
	cr_assert_not_null(found, "%s", point);
	return found;
}

Test(mounts, mountinfo_makes_a_tree)
{
	struct line lines[INSTANCE_MOUNTS];
	size_t n = parse(guest_text(&g, "self/mountinfo"), lines, INSTANCE_MOUNTS);
	unsigned root;

	cr_assert_eq(n, 1 + guest_mounts(&g));
	cr_expect_str_eq(lines[0].point, "/");
	root = lines[0].id;
	cr_expect_eq(find(lines, n, "/proc")->parent, root);
	cr_expect_eq(find(lines, n, "/dev")->parent, root);
	cr_expect_eq(find(lines, n, "/dev/pts")->parent, find(lines, n, "/dev")->id);
	for (size_t i = 0; i < n; i++)
		cr_expect_str_neq(lines[i].point, "/dev/null", "a node, as on Linux");
	cr_expect_str_eq(find(lines, n, "/proc")->root, "/");
	cr_expect_str_eq(find(lines, n, "/proc")->type, "proc");
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			cr_expect_neq(lines[i].id, lines[k].id);
}

Test(mounts, devices_are_those_that_stat_shows)
{
	struct line lines[INSTANCE_MOUNTS];
	size_t n = parse(guest_text(&g, "self/mountinfo"), lines, INSTANCE_MOUNTS);
	struct stat st;

	cr_assert_eq(stat("/proc", &st), 0);
	cr_expect_eq(find(lines, n, "/proc")->major, major(st.st_dev));
	cr_expect_eq(find(lines, n, "/proc")->minor, minor(st.st_dev));
	cr_assert_eq(stat(g.root, &st), 0);
	cr_expect_eq(lines[0].major, major(st.st_dev));
	cr_expect_eq(lines[0].minor, minor(st.st_dev));
}

Test(mounts, read_only_wins)
{
	struct line lines[INSTANCE_MOUNTS];
	size_t n;

	strcpy(g.in->mounts[1].options, "rw,nosuid");
	strcpy(g.in->mounts[2].options, "ro");
	strcpy(g.in->mounts[4].options, "rwx,mode=1");
	n = parse(guest_text(&g, "self/mountinfo"), lines, INSTANCE_MOUNTS);
	cr_expect_str_eq(find(lines, n, "/proc")->options, "rw");
	cr_expect_str_eq(find(lines, n, "/sys")->options, "ro,nosuid");
	cr_expect_str_eq(find(lines, n, "/sys")->super, "ro");
	cr_expect_str_eq(find(lines, n, "/dev")->options, "ro");
	cr_expect_str_eq(find(lines, n, "/dev/pts")->options, "rw,rwx,mode=1");
}

Test(mounts, binds_of_the_guests)
{
	struct line lines[INSTANCE_MOUNTS];
	char source[128];
	size_t n;

	snprintf(source, sizeof(source), "%s/srv/data", g.root);
	guest_mount(&g, MOUNT_BIND, 0, "/mnt", source, "");
	guest_mount(&g, MOUNT_BIND, MOUNT_FILE, "/etc/hosts", "/etc/hosts", "");
	guest_mount(&g, MOUNT_BIND, 0, "/mnt/host", "/proc", "");
	guest_mount(&g, MOUNT_TMPFS, MOUNT_READ_ONLY, "/mnt", "/dev/shm", "tmpfs");
	n = parse(guest_text(&g, "self/mountinfo"), lines, INSTANCE_MOUNTS);
	cr_expect_str_eq(lines[n - 4].root, "/srv/data");
	cr_expect_str_eq(lines[n - 4].device, "none");
	cr_expect_str_eq(lines[n - 3].root, "/hosts");
	cr_expect_str_eq(find(lines, n, "/mnt/host")->root, "/");
	cr_expect_str_eq(find(lines, n, "/mnt/host")->type, "proc", "by what it is");
	cr_expect_eq(find(lines, n, "/mnt/host")->parent, lines[n - 4].id);
	/* A mount over another stands on that. */
	cr_expect_str_eq(lines[n - 1].point, "/mnt");
	cr_expect_eq(lines[n - 1].parent, lines[n - 4].id);
}

Test(mounts, escapes)
{
	const char *text;

	guest_mount(&g, MOUNT_TMPFS, 0, "/a b\tc\nd\\e#f", "/dev/shm", "tm#p");
	text = guest_text(&g, "self/mounts");
	cr_expect_not_null(strstr(text, "\ntm\\043p /a\\040b\\011c\\012d\\134e#f tm\\043p rw 0 0\n"), "%s", text);
	text = guest_text(&g, "self/mountinfo");
	cr_expect_not_null(strstr(text, " / /a\\040b\\011c\\012d\\134e#f rw - tm\\043p tm\\043p rw\n"), "%s", text);
}

Test(mounts, mounts_and_mountstats_say_the_same)
{
	char *mounts = guest_text(&g, "self/mounts"), *rest;
	const char *stats = guest_text(&g, "self/mountstats");

	cr_expect_eq(count_lines(mounts), 1 + guest_mounts(&g));
	cr_expect_eq(count_lines(stats), 1 + guest_mounts(&g));
	cr_expect_eq(strncmp(mounts, "lxrun / ", 8), 0);
	for (char *line = strtok_r(mounts, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		char device[64], point[256], type[64], want[512];

		cr_assert_eq(sscanf(line, "%63s %255s %63s", device, point, type), 3);
		snprintf(want, sizeof(want), "device %s mounted on %s with fstype %s\n", device, point, type);
		cr_expect_not_null(strstr(stats, want), "%s", want);
	}
}

Test(mounts, another_root)
{
	struct line lines[INSTANCE_MOUNTS];
	pid_t pid = start_guest();
	struct process_slot *s = guest_slot(&g, pid);
	char rest[64];
	size_t n;

	guest_mount(&g, MOUNT_PROC, 0, "/jail/proc", "/proc", "proc");
	guest_mount(&g, MOUNT_PROC, 0, "/jailhouse/proc", "/proc", "proc");
	g.ns.root_path = "/jail";
	n = parse(guest_text(&g, "self/mountinfo"), lines, INSTANCE_MOUNTS);
	cr_assert_eq(n, 1, "as on Linux, the root is none of them unless it is a mount point");
	cr_expect_str_eq(lines[0].point, "/proc");

	guest_mount(&g, MOUNT_TMPFS, 0, "/jail", "/dev/shm", "tmpfs");
	n = parse(guest_text(&g, "self/mountinfo"), lines, INSTANCE_MOUNTS);
	cr_assert_eq(n, 2);
	cr_expect_str_eq(lines[1].point, "/");

	/* Another process's root is its own. */
	strcpy(s->root, "/jailhouse");
	snprintf(rest, sizeof(rest), "%d/mountinfo", pid);
	n = parse(guest_text(&g, rest), lines, INSTANCE_MOUNTS);
	cr_assert_eq(n, 1);
	s->root[0] = '\0';
	n = parse(guest_text(&g, rest), lines, INSTANCE_MOUNTS);
	cr_expect_eq(n, 1 + guest_mounts(&g));
	cr_expect_str_eq(lines[0].point, "/");
	end_child(pid);
}

Test(mounts, a_full_table_of_long_names)
{
	struct line lines[INSTANCE_MOUNTS + 1];
	char point[600];
	size_t n;

	memset(point, 'p', sizeof(point));
	point[0] = '/';
	for (unsigned i = g.in->mount_count; i < INSTANCE_MOUNTS; i++) {
		snprintf(point + 490, sizeof(point) - 490, "%u", i);
		guest_mount(&g, MOUNT_TMPFS, 0, point, "/dev/shm", "tmpfs");
	}
	n = parse(guest_text(&g, "self/mountinfo"), lines, INSTANCE_MOUNTS + 1);
	cr_assert_eq(n, 1 + guest_mounts(&g));
	cr_expect_str_eq(lines[n - 1].point, point);
}

static atomic_bool stop;

static void *change(void *unused)
{
	struct mount_entry e = {.kind = MOUNT_TMPFS, .source = "/dev/shm", .type = "tmpfs", .device = "twin"};

	while (!stop) {
		/* Two mounts that come and go: each text has both, one or none, and never a torn line. */
		strcpy(e.point, "/aaaaaaaa");
		if (instance_add_mount(g.in, &e) < 0)
			abort();
		usleep(300);
		if (instance_remove_mount(g.in, 0, "/aaaaaaaa") < 0)
			abort();
		strcpy(e.point, "/bbbb");
		if (instance_add_mount(g.in, &e) < 0)
			abort();
		usleep(300);
		if (instance_remove_mount(g.in, 0, "/bbbb") < 0)
			abort();
	}
	return unused;
}

Test(mounts, a_table_that_changes)
{
	size_t base = 1 + guest_mounts(&g);
	pthread_t thread;

	cr_assert_eq(pthread_create(&thread, NULL, change, NULL), 0);
	for (int i = 0; i < 200; i++) {
		struct line lines[INSTANCE_MOUNTS];
		char *text = guest_text(&g, "self/mountinfo");
		size_t n = parse(text, lines, INSTANCE_MOUNTS);

		cr_assert(n == base || n == base + 1, "%zu lines", n);
		cr_assert_str_eq(lines[0].point, "/");
		if (n > base)
			cr_assert(strcmp(lines[n - 1].point, "/aaaaaaaa") == 0 ||
				  strcmp(lines[n - 1].point, "/bbbb") == 0);
	}
	stop = true;
	pthread_join(thread, NULL);
}

static void *finish_change(void *unused)
{
	usleep(5000);
	strcpy(g.in->mounts[0].point, "/proc");
	g.in->mounts_generation++;
	return unused;
}

Test(mounts, a_change_that_is_under_way_is_waited_for)
{
	size_t lines = 1 + guest_mounts(&g);
	pthread_t thread;
	char *text;

	g.in->mounts_generation |= 1;
	strcpy(g.in->mounts[0].point, "/torn");
	cr_assert_eq(pthread_create(&thread, NULL, finish_change, NULL), 0);
	text = guest_text(&g, "self/mounts");
	pthread_join(thread, NULL);
	cr_expect_null(strstr(text, "/torn"));
	cr_expect_eq(count_lines(text), lines);

	/* But not for ever: its writer may be dead. */
	g.in->mounts_generation |= 1;
	cr_expect_eq(count_lines(guest_text(&g, "self/mounts")), lines);
}

/* libmount's own parser has the last word, where util-linux is installed. */
Test(mounts, findmnt_reads_it)
{
	char path[128];
	FILE *f;
	int status;

	if (access("/usr/bin/findmnt", X_OK) != 0)
		cr_skip("no findmnt");
	guest_mount(&g, MOUNT_TMPFS, 0, "/a b", "/dev/shm", "tmpfs");
	snprintf(path, sizeof(path), "%s/mountinfo", g.dir);
	f = fopen(path, "w");
	cr_assert_not_null(f);
	fputs(guest_text(&g, "self/mountinfo"), f);
	fclose(f);

	char command[512], got[256] = "";

	snprintf(command, sizeof(command), "/usr/bin/findmnt --tab-file %s --noheadings --raw --output TARGET,FSTYPE",
		 path);
	f = popen(command, "r");
	cr_assert_not_null(f);
	got[fread(got, 1, sizeof(got) - 1, f)] = '\0';
	status = pclose(f);
	cr_expect_eq(status, 0);
	cr_expect_not_null(strstr(got, "/dev/pts devpts\n"), "%s", got);
	cr_expect_not_null(strstr(got, "/a\\x20b tmpfs\n"), "%s", got);
	cr_expect_eq(count_lines(got), 1 + guest_mounts(&g));
}

/* The registry as its users see it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "home.h"

static struct registry r;

static void read_it(void)
{
	registry_done(&r);
	cr_assert_eq(registry_read(&r, &message), 0, "%s", message.text);
}

static void begin(void)
{
	registry_done(&r);
	cr_assert_eq(registry_begin(&r, &message), 0, "%s", message.text);
}

static void commit(void)
{
	cr_assert_eq(registry_commit(&r, &message), 0, "%s", message.text);
	registry_done(&r);
}

/* Before main() the lock is 0, which is a descriptor. */
static void start(void)
{
	r = REGISTRY_EMPTY;
	home_start();
}

TestSuite(changes, .init = start, .fini = home_end);

Test(changes, none_is_an_empty_one)
{
	read_it();
	cr_expect_eq(r.count, 0);
	cr_expect_eq(r.default_version, 1);
	cr_expect_eq(r.lock, -1);
	cr_expect_not(r.rebuilt);
	cr_expect_null(registry_default(&r));
	cr_expect_not(exists(in_home(".local")));
}

Test(changes, what_is_committed_is_read)
{
	struct distro d = new_distro("Debian-12"), *found;

	d.default_uid = 1000;
	d.oobe_pending = true;
	d.state = DISTRO_CONVERTING;
	strcpy(d.flavor, "debian \"x\" # y");
	strcpy(d.os_version, "12");
	strcpy(d.moving, "/another = place");
	memset(d.location, 0, sizeof(d.location));
	strcpy(d.location, "/a location\nwith \\ everything = in [it]");
	begin();
	cr_assert_eq(registry_add(&r, &d), 0);
	commit();
	read_it();
	cr_assert_eq(r.count, 1);
	found = registry_find(&r, "dEBIAN-12");
	cr_assert_not_null(found);
	cr_expect_eq(strlen(found->id), 16);
	strcpy(d.id, found->id);
	cr_expect_eq(memcmp(&d, found, sizeof(d)), 0);
	cr_expect_eq(registry_default(&r), found);
	cr_expect_eq(registry_at(&r, d.location), found);
	cr_expect_null(registry_find(&r, "debian"));
}

Test(changes, nothing_is_written_without_a_commit)
{
	struct distro d = new_distro("a");

	begin();
	cr_assert_eq(registry_add(&r, &d), 0);
	registry_done(&r);
	read_it();
	cr_expect_eq(r.count, 0);
}

Test(changes, what_may_not_be_added)
{
	struct distro d = new_distro("a"), e = new_distro("b");

	begin();
	cr_assert_eq(registry_add(&r, &d), 0);
	strcpy(d.name, "A");
	strcpy(d.location, "/elsewhere");
	cr_expect_eq(registry_add(&r, &d), -EEXIST);
	strcpy(e.location, r.distros[0].location);
	cr_expect_eq(registry_add(&r, &e), -EEXIST);
	strcpy(e.location, "relative");
	cr_expect_eq(registry_add(&r, &e), -EINVAL);
	strcpy(d.name, "a/b");
	cr_expect_eq(registry_add(&r, &d), -EINVAL);
	cr_expect_eq(r.count, 1);
	registry_done(&r);
}

Test(changes, the_default)
{
	install("a");
	install("b");
	install("c");
	begin();
	cr_expect_str_eq(registry_default(&r)->name, "a");
	strcpy(r.default_name, "b");
	registry_remove(&r, registry_find(&r, "c"));
	cr_expect_str_eq(registry_default(&r)->name, "b");
	registry_remove(&r, registry_find(&r, "b"));
	cr_expect_str_eq(r.default_name, "a");
	registry_remove(&r, registry_find(&r, "a"));
	cr_expect_str_eq(r.default_name, "");
	cr_expect_eq(r.count, 0);
	commit();
	/* The stores are still there: but nobody asks them, since the registry is. */
	read_it();
	cr_expect_eq(r.count, 0);
	cr_expect_not(r.rebuilt);
}

Test(changes, another_name)
{
	install("a");
	install("b");
	begin();
	cr_expect_eq(registry_rename(&r, registry_find(&r, "a"), "B"), -EEXIST);
	cr_expect_eq(registry_rename(&r, registry_find(&r, "a"), ".."), -EINVAL);
	cr_expect_eq(registry_rename(&r, registry_find(&r, "a"), "A"), 0);
	cr_expect_str_eq(r.default_name, "A");
	cr_expect_eq(registry_rename(&r, registry_find(&r, "b"), "c"), 0);
	cr_expect_str_eq(r.default_name, "A");
	commit();
	read_it();
	cr_expect_not_null(registry_find(&r, "c"));
	cr_expect_null(registry_find(&r, "b"));
}

Test(changes, each_distribution_has_its_own_copy)
{
	char before[4096];

	install("a");
	strcpy(before, text_of(in_home(".local/share/lxrun/stores/a/distribution")));
	cr_expect_not_null(strstr(before, "name = \"a\""));
	begin();
	registry_find(&r, "a")->default_uid = 77;
	commit();
	cr_expect_not_null(strstr(text_of(in_home(".local/share/lxrun/stores/a/distribution")), "defaultUid = \"77\""));
	cr_expect_not(exists(in_home(".local/share/lxrun/stores/a/distribution.new")));
}

Test(changes, a_store_that_is_gone_is_no_hindrance)
{
	install("a");
	cr_assert_eq(rename(in_home(".local/share/lxrun/stores"), in_home("gone")), 0);
	begin();
	cr_expect_eq(r.count, 1);
	r.default_version = 2;
	commit();
	read_it();
	cr_expect_eq(r.default_version, 2);
}

Test(changes, modes)
{
	struct stat st;

	umask(0);
	install("a");
	cr_assert_eq(stat(in_home(".local/share/lxrun"), &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0700);
	cr_assert_eq(stat(REGISTRY, &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0600);
}

/* --- what can be in the way ------------------------------------------------------------------------------------------ */

/* Root may everything: it becomes somebody else, to whom the home belongs. */
static void become_ordinary(void)
{
	char command[200];

	if (geteuid() != 0)
		return;
	snprintf(command, sizeof(command), "chown -R 12345:12345 %s", home);
	cr_assert_eq(system(command), 0);
	cr_assert_eq(setresgid(12345, 12345, 12345), 0);
	cr_assert_eq(setresuid(12345, 12345, 12345), 0);
	cr_assert_eq(prctl(PR_SET_DUMPABLE, 1), 0);
}

static void says(const char *what)
{
	cr_expect_not_null(strstr(message.text, what), "'%s' is not in: %s", what, message.text);
}

Test(changes, a_home_that_may_not_be_written)
{
	become_ordinary();
	cr_assert_eq(chmod(home, 0555), 0);
	cr_expect_eq(registry_begin(&r, &message), -EACCES);
	says("cannot make the directory");
	says(home);
	read_it();
	cr_expect_eq(r.count, 0);
}

Test(changes, a_registry_that_may_not_be_written)
{
	install("a");
	become_ordinary();
	cr_assert_eq(chmod(in_home(".local/share/lxrun"), 0555), 0);
	begin();
	cr_expect_eq(registry_commit(&r, &message), -EACCES);
	says("stays as it was");
	read_it();
	cr_expect_eq(r.count, 1);
}

Test(changes, a_home_that_is_not_there)
{
	setenv("HOME", in_home("nowhere\n"), 1);
	read_it();
	cr_expect_eq(r.count, 0);
	setenv("HOME", "/dev/null", 1);
	cr_expect_eq(registry_begin(&r, &message), -ENOTDIR);
	says("/dev/null/");
	read_it();
	cr_expect_eq(r.count, 0);
}

Test(changes, a_registry_that_may_not_be_read)
{
	install("a");
	become_ordinary();
	cr_assert_eq(chmod(REGISTRY, 0), 0);
	cr_expect_eq(registry_read(&r, &message), -EACCES);
	says("cannot read the registry");
	cr_expect_eq(registry_begin(&r, &message), -EACCES);
	cr_expect_eq(r.lock, -1);
}

Test(changes, one_of_a_later_format_is_left_alone)
{
	char text[4096], *format;

	install("a");
	strcpy(text, text_of(REGISTRY));
	format = strstr(text, "format = \"1\"");
	cr_assert_not_null(format);
	format[10] = '2';
	write_text(REGISTRY, text);
	cr_expect_eq(registry_read(&r, &message), -EPROTO);
	says("later lxrun");
	cr_expect_eq(registry_begin(&r, &message), -EPROTO);
	cr_expect_str_eq(text_of(REGISTRY), text);
}

Test(changes, a_full_disk)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	install("a");
	begin();
	for (int i = 0; i < 40; i++) {
		char name[16];
		struct distro d;

		snprintf(name, sizeof(name), "d%d", i);
		d = new_distro(name);
		cr_assert_eq(registry_add(&r, &d), 0);
	}
	/* A file that cannot grow is the next best thing. */
	sigaction(SIGXFSZ, &ignore, NULL);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){1000, 1000}), 0);
	cr_expect_eq(registry_commit(&r, &message), -EFBIG);
	says("stays as it was");
	cr_expect_not(exists(in_home(".local/share/lxrun/registry.new")));
	read_it();
	cr_expect_eq(r.count, 1);
}

/* --- the lock -------------------------------------------------------------------------------------------------------- */

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A process that has the registry, for good. */
static pid_t holder(void)
{
	int ends[2];
	char byte;
	pid_t pid;

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (registry_begin(&r, &message) == 0)
			(void)!write(ends[1], "", 1);
		pause();
		_exit(0);
	}
	cr_assert_eq(read(ends[0], &byte, 1), 1);
	return pid;
}

Test(changes, a_holder_is_waited_for)
{
	pid_t pid = holder();
	double from = seconds();

	if (fork() == 0) {
		usleep(300000);
		kill(pid, SIGKILL);
		_exit(0);
	}
	begin();
	cr_expect_gt(seconds() - from, 0.25);
	registry_done(&r);
}

Test(changes, not_for_ever)
{
	pid_t pid = holder();
	double from = seconds();

	cr_expect_eq(registry_begin(&r, &message), -EBUSY);
	says("another lxrun");
	cr_expect_gt(seconds() - from, 9);
	/* Who only reads does not wait. */
	from = seconds();
	read_it();
	cr_expect_lt(seconds() - from, 5);
	kill(pid, SIGKILL);
}

Test(changes, a_lock_that_somebody_removed)
{
	pid_t pid = holder();

	cr_assert_eq(unlink(in_home(".local/share/lxrun/registry.lock")), 0);
	begin();
	registry_done(&r);
	kill(pid, SIGKILL);
}

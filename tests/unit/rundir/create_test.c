/* Where a runtime directory is made and what is in it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/host.h"
#include "place.h"

static struct place p;

static void set_up(void)
{
	place_start(&p);
}

static void tear_down(void)
{
	place_end(&p);
}

TestSuite(create, .init = set_up, .fini = tear_down);
TestSuite(base, .init = set_up, .fini = tear_down);

static mode_t mode_of(const char *path)
{
	struct stat st;

	cr_assert_eq(lstat(path, &st), 0, "%s: %m", path);
	return st.st_mode;
}

static const char *link_text(const char *path)
{
	static char text[PATH_MAX];
	ssize_t n = readlink(path, text, sizeof(text) - 1);

	cr_assert_geq(n, 0, "%s: %m", path);
	text[n] = '\0';
	return text;
}

Test(create, the_directory)
{
	struct instance *in = place_create(&p, NULL);
	const char *dir = in->runtime;

	cr_expect_eq(strncmp(dir, p.base, strlen(p.base)), 0, "%s", dir);
	cr_expect_eq(mode_of(p.base), S_IFDIR | 0700);
	cr_expect_eq(mode_of(dir), S_IFDIR | 0700);
	cr_expect_eq(mode_of(path_in(dir, "resident")), S_IFREG | 0500);
	cr_expect_eq(mode_of(path_in(dir, "shm")), S_IFREG | 0600);
	cr_expect_eq(mode_of(path_in(dir, "s")), S_IFDIR | 0700);
	cr_expect_eq(mode_of(path_in(dir, "shmdir")), S_IFDIR | 01777);
	cr_expect_eq(mode_of(path_in(dir, "dev")), S_IFDIR | 0755);
	cr_expect_eq(mode_of(path_in(dir, "dev/pts")), S_IFDIR | 0755);
	cr_expect_eq(mode_of(path_in(dir, "dev/shm")), S_IFDIR | 01777);
	cr_expect_eq(mode_of(path_in(dir, "dev/null")) & S_IFMT, S_IFREG);
	cr_expect_eq(mode_of(path_in(dir, "dev/urandom")) & S_IFMT, S_IFREG);
	cr_expect_str_eq(link_text(path_in(dir, "r")), p.root);
	cr_expect_str_eq(link_text(path_in(dir, "dev/fd")), "/proc/self/fd");
	cr_expect_str_eq(link_text(path_in(dir, "dev/stderr")), "/proc/self/fd/2");
	cr_expect_eq(access(path_in(dir, "dev/core"), F_OK), -1);
	cr_expect_leq(strlen(dir), RUNDIR_PATH_MAX);
}

Test(create, whatever_the_umask_is)
{
	mode_t mask = umask(0777);
	struct instance *in = place_create(&p, NULL);

	cr_expect_eq(umask(mask), 0777);
	cr_expect_eq(mode_of(p.base), S_IFDIR | 0700);
	cr_expect_eq(mode_of(path_in(in->runtime, "shmdir")), S_IFDIR | 01777);
}

/* A mount of the table, the last at a point; NULL if there is none. */
static const struct mount_entry *mount_at(const struct instance *in, const char *point)
{
	for (uint32_t i = in->mount_count; i-- > 0;)
		if (strcmp(in->mounts[i].point, point) == 0)
			return &in->mounts[i];
	return NULL;
}

static void copy_file(const char *from, const char *to)
{
	char command[512];

	snprintf(command, sizeof(command), "cp '%s' '%s'", from, to);
	cr_assert_eq(system(command), 0);
}

Test(create, only_a_distribution_with_a_name_gets_programs)
{
	char resident[64], tools[64];
	struct rundir_options o = {.root = p.root, .resident = resident, .host = "/mnt/host"};
	struct instance *in;

	snprintf(resident, sizeof(resident), "%s/lxrun-resident", p.dir);
	snprintf(tools, sizeof(tools), "%s/lxrun-tools", p.dir);
	copy_file("/bin/sleep", resident);
	copy_file("/bin/sleep", tools);
	cr_assert_eq(rundir_create(&o, &in, p.message, sizeof(p.message)), 0, "%s", p.message);
	cr_expect_null(mount_at(in, "/usr/local/bin/systemctl"));
	o.distro = "debian";
	cr_assert_eq(rundir_create(&o, &in, p.message, sizeof(p.message)), 0, "%s", p.message);
	cr_assert_not_null(mount_at(in, "/usr/local/bin/systemctl"));
	cr_expect_str_eq(mount_at(in, "/usr/local/bin/lxpath")->source, tools);
	cr_expect_eq(mount_at(in, "/usr/local/bin/lxinfo")->flags, MOUNT_FILE | MOUNT_READ_ONLY | MOUNT_BUILT_IN);
	/* An installation without them. */
	cr_assert_eq(unlink(tools), 0);
	cr_assert_eq(rundir_create(&o, &in, p.message, sizeof(p.message)), 0, "%s", p.message);
	cr_expect_null(mount_at(in, "/usr/local/bin/systemctl"));
}

Test(create, a_distribution_is_told_about_itself)
{
	struct instance *in = place_create(&p, NULL);
	char text[8192] = "", expected[8192];
	int fd = open(path_in(in->runtime, "dev/lxrun"), O_RDONLY | O_CLOEXEC);

	cr_expect_gt(read(fd, text, sizeof(text) - 1), 0);
	close(fd);
	snprintf(expected, sizeof(expected), "version=%s\nname=%s\nroot=%s\nhost=/mnt/host\ninstance=%s\n", LX_VERSION,
		 in->distro, p.root, strrchr(in->runtime, '/') + 1);
	cr_expect_str_eq(text, expected);
	cr_expect_eq(mode_of(path_in(in->runtime, "dev/lxrun")), S_IFREG | 0644);
}

Test(create, the_instance)
{
	struct instance *in = place_create(&p, NULL), *other;
	struct stat st;
	char name[65];
	int fd;

	cr_expect_eq(in->magic, INSTANCE_MAGIC);
	cr_expect_eq(in->version, INSTANCE_VERSION);
	cr_expect_eq(in->size, sizeof(*in));
	cr_expect_eq(in->host_uid, geteuid());
	cr_expect_eq(in->host_gid, getegid());
	cr_expect_str_eq(in->root, p.root);
	cr_assert_eq(stat(p.root, &st), 0);
	cr_expect_eq(in->root_device, st.st_dev);
	cr_expect_eq(in->root_inode, st.st_ino);
	cr_assert_eq(gethostname(name, sizeof(name)), 0);
	cr_expect_str_eq(in->hostname, name);
	cr_expect_eq(in->mounts_generation & 1, 0);

	/* The file is the same memory. */
	fd = open(path_in(in->runtime, "shm"), O_RDWR | O_CLOEXEC);
	cr_assert_eq(fstat(fd, &st), 0);
	cr_expect_eq(st.st_size, sizeof(*in));
	other = malloc(sizeof(*other));
	in->supervisor = 4711;
	cr_assert_eq(pread(fd, other, sizeof(*other), 0), (ssize_t)sizeof(*other));
	cr_expect_eq(other->supervisor, 4711);
	free(other);
	close(fd);
}

Test(create, mounts)
{
	struct instance *in = place_create(&p, NULL);
	const struct mount_entry *e;
	char source[300];

	cr_assert_not_null(e = mount_at(in, "/proc"));
	cr_expect_eq(e->kind, MOUNT_PROC);
	cr_expect_neq(e->flags & MOUNT_BUILT_IN, 0);
	cr_assert_not_null(e = mount_at(in, "/sys"));
	cr_expect_eq(e->flags, MOUNT_BUILT_IN | MOUNT_READ_ONLY);
	cr_assert_not_null(e = mount_at(in, "/dev"));
	snprintf(source, sizeof(source), "%s/dev", in->runtime);
	cr_expect_str_eq(e->source, source);
	cr_assert_not_null(e = mount_at(in, "/dev/shm"));
	snprintf(source, sizeof(source), "%s/shmdir", in->runtime);
	cr_expect_str_eq(e->source, source);
	cr_expect_eq(e->kind, MOUNT_TMPFS);
	cr_assert_not_null(e = mount_at(in, "/dev/null"));
	cr_expect_eq(e->kind, MOUNT_BIND);
	cr_expect_eq(e->flags, MOUNT_BUILT_IN | MOUNT_FILE);
	cr_expect_str_eq(e->source, "/dev/null");
	cr_assert_not_null(e = mount_at(in, "/mnt/host"));
	cr_expect_str_eq(e->source, "/");

	/* A mount stands on what it is in: behind it in the table. */
	for (uint32_t i = 0; i < in->mount_count; i++)
		if (strncmp(in->mounts[i].point, "/dev/", 5) == 0)
			cr_expect_lt(mount_at(in, "/dev"), &in->mounts[i]);
	/* Each mounted file and directory has something to stand on. */
	for (uint32_t i = 0; i < in->mount_count; i++)
		if (strncmp(in->mounts[i].point, "/dev/", 5) == 0)
			cr_expect_eq(access(path_in(in->runtime, in->mounts[i].point + 1), F_OK), 0, "%s",
				     in->mounts[i].point);
}

Test(create, without_the_host_and_openat2)
{
	struct rundir_options o = {.root = p.root,
				   .resident = "/bin/sleep",
				   .hostname = "box",
				   .distro = "debian",
				   .gate = INSTANCE_GATE_NOTIFY,
				   .no_openat2 = true,
				   .host = ""};
	struct instance *in;

	cr_assert_eq(rundir_create(&o, &in, p.message, sizeof(p.message)), 0);
	cr_expect_null(mount_at(in, "/mnt/host"));
	cr_expect_neq(in->features & INSTANCE_NO_OPENAT2, 0);
	cr_expect_eq(in->gate, INSTANCE_GATE_NOTIFY);
	cr_expect_str_eq(in->hostname, "box");
	cr_expect_str_eq(in->distro, "debian");
}

Test(create, features_are_the_hosts)
{
	struct instance *in = place_create(&p, NULL);
	int fd = host_openat2(AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0, RESOLVE_IN_ROOT);
	char command[256];

	cr_expect_eq((in->features & INSTANCE_NO_OPENAT2) == 0, fd >= 0);
	/* The probe left nothing, and what it says is so. */
	snprintf(command, sizeof(command),
		 "python3 -c 'import os;d=\"%s\";assert not os.listxattr(d);"
		 "os.setxattr(d,\"user.x\",b\"\")' 2>/dev/null",
		 p.root);
	if (system("command -v python3 >/dev/null") == 0)
		cr_expect_eq((in->features & INSTANCE_NO_XATTRS) == 0, system(command) == 0);
	host_close_at(&fd);
}

Test(create, knows_a_store_with_device_nodes)
{
	struct instance *in = place_create(&p, NULL);

	cr_expect_eq(in->features & INSTANCE_DEVICE_NODES, 0);
	if (setxattr(p.root, INSTANCE_DEVICES_ATTRIBUTE, "", 0, 0) < 0)
		place_skip(&p, "needs user attributes");
	in = place_create(&p, NULL);
	cr_expect_neq(in->features & INSTANCE_DEVICE_NODES, 0);
}

Test(create, the_resident_is_recognised_when_it_runs)
{
	struct instance *in = place_create(&p, NULL);
	struct stat st, original;
	char exe[64];
	int ends[2];
	char byte;
	pid_t pid;

	cr_assert_eq(stat("/bin/sleep", &original), 0);
	cr_assert_eq(stat(path_in(in->runtime, "resident"), &st), 0);
	cr_expect_eq(st.st_size, original.st_size);
	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl(path_in(in->runtime, "resident"), "sleep", "100", NULL);
		_exit(127);
	}
	close(ends[1]);
	cr_assert_eq(read(ends[0], &byte, 1), 0);
	snprintf(exe, sizeof(exe), "/proc/%d/exe", pid);
	cr_assert_eq(stat(exe, &st), 0);
	cr_expect_eq(st.st_dev, in->exe_device);
	cr_expect_eq(st.st_ino, in->exe_inode);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

Test(create, two_are_apart)
{
	struct instance *a = place_create(&p, NULL), *b = place_create(&p, NULL);

	cr_expect_str_neq(a->runtime, b->runtime);
	cr_expect_neq(a->exe_inode, b->exe_inode);
}

Test(create, failures_leave_nothing)
{
	struct rundir_options o = {.root = p.root, .resident = path_in(p.dir, "absent")};
	struct instance *in = NULL;

	cr_expect_eq(rundir_create(&o, &in, p.message, sizeof(p.message)), -ENOENT);
	cr_expect_not_null(strstr(p.message, "absent"), "%s", p.message);
	cr_expect_eq(count_entries(p.base), 0);
	o = (struct rundir_options){.root = path_in(p.dir, "nowhere"), .resident = "/bin/sleep"};
	cr_expect_eq(rundir_create(&o, &in, p.message, sizeof(p.message)), -ENOENT);
	cr_expect_not_null(strstr(p.message, "nowhere"), "%s", p.message);
	cr_expect_eq(count_entries(p.base), 0);
	o.root = "relative";
	cr_expect_eq(rundir_create(&o, &in, p.message, sizeof(p.message)), -EINVAL);
	cr_expect_null(in);
}

/* --- where ----------------------------------------------------------------------------------------------------------- */

static char tmp_base[40];

/*
 * Becomes a user whom nobody else is, so that /tmp/lxrun-UID, tmp_base, is the test's, on a machine whose /dev/shm allows no
 * programs; skips without root.
 */
static void become_nobody_else(void)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0)
		place_skip(&p, "needs root and mount namespaces");
	cr_assert_eq(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	cr_assert_eq(mount("tmpfs", "/dev/shm", "tmpfs", MS_NOEXEC, "mode=1777"), 0);
	place_change_user(&p);
	snprintf(tmp_base, sizeof(tmp_base), "/tmp/lxrun-%u", geteuid());
	cr_assert_eq(access(tmp_base, F_OK), -1);
}

static bool is_in(const struct instance *in, const char *base)
{
	return strncmp(in->runtime, base, strlen(base)) == 0 && in->runtime[strlen(base)] == '/';
}

Test(base, shared_memory_before_tmp)
{
	char shm_base[40];
	struct instance *in;

	if (geteuid() != 0 || access("/dev/shm", W_OK) < 0)
		place_skip(&p, "needs root and /dev/shm");
	place_change_user(&p);
	snprintf(shm_base, sizeof(shm_base), "/dev/shm/lxrun-%u", geteuid());
	unsetenv("XDG_RUNTIME_DIR");
	in = place_create(&p, NULL);
	cr_expect(is_in(in, shm_base), "%s", in->runtime);
	rundir_remove(in->runtime);
	cr_expect_eq(rmdir(shm_base), 0);
}

Test(base, tmp_without_a_runtime_directory)
{
	struct instance *in;

	become_nobody_else();
	unsetenv("XDG_RUNTIME_DIR");
	in = place_create(&p, NULL);
	cr_expect(is_in(in, tmp_base), "%s", in->runtime);
	cr_expect_eq(mode_of(tmp_base), S_IFDIR | 0700);
	rundir_remove(in->runtime);
	cr_expect_eq(count_entries(tmp_base), 0);
	cr_expect_eq(rmdir(tmp_base), 0);
}

Test(base, tmp_when_the_runtime_directory_is_not_private)
{
	struct instance *in;

	become_nobody_else();
	cr_assert_eq(chmod(p.run, 0755), 0);
	in = place_create(&p, NULL);
	cr_expect(is_in(in, tmp_base), "%s", in->runtime);
	rundir_remove(in->runtime);
	cr_expect_eq(rmdir(tmp_base), 0);
}

Test(base, never_through_a_link_in_tmp)
{
	struct instance *in;
	char cache[80];

	become_nobody_else();
	unsetenv("XDG_RUNTIME_DIR");
	cr_assert_eq(symlink(p.run, tmp_base), 0);
	in = place_create(&p, NULL);
	snprintf(cache, sizeof(cache), "%s/.cache/lxrun", p.home);
	cr_expect(is_in(in, cache), "%s", in->runtime);
	cr_expect_eq(count_entries(p.run), 0);
	cr_expect_eq(unlink(tmp_base), 0);
}

Test(base, never_in_what_others_can_look_into)
{
	struct instance *in;
	char cache[80];

	become_nobody_else();
	unsetenv("XDG_RUNTIME_DIR");
	cr_assert_eq(mkdir(tmp_base, 0700), 0);
	cr_assert_eq(chmod(tmp_base, 0770), 0);
	snprintf(cache, sizeof(cache), "%s/c", p.home);
	setenv("XDG_CACHE_HOME", cache, 1);
	in = place_create(&p, NULL);
	cr_expect(is_in(in, path_in(cache, "lxrun")), "%s", in->runtime);
	cr_expect_eq(count_entries(tmp_base), 0);
	cr_expect_eq(rmdir(tmp_base), 0);
}

Test(base, says_why_when_there_is_none)
{
	int r;

	become_nobody_else();
	unsetenv("XDG_RUNTIME_DIR");
	setenv("HOME", "/dev/null", 1);
	cr_assert_eq(symlink(p.run, tmp_base), 0);
	cr_expect_null(place_create(&p, &r));
	cr_expect_lt(r, 0);
	cr_expect_not_null(strstr(p.message, tmp_base), "%s", p.message);
	cr_expect_eq(unlink(tmp_base), 0);
}

Test(base, not_where_programs_may_not_run)
{
	struct instance *in;

	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0)
		place_skip(&p, "needs root and mount namespaces");
	cr_assert_eq(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	cr_assert_eq(mount("tmpfs", "/dev/shm", "tmpfs", MS_NOEXEC, "mode=1777"), 0);
	cr_assert_eq(mount("tmpfs", p.run, "tmpfs", MS_NOEXEC, "mode=700"), 0);
	cr_assert_eq(mount("tmpfs", "/tmp", "tmpfs", MS_NOEXEC, ""), 0);
	/* The place itself is hidden now; another one stands in for it. */
	cr_assert_eq(mkdir("/tmp/run", 0700), 0);
	cr_assert_eq(mkdir("/tmp/home", 0700), 0);
	cr_assert_eq(mkdir("/tmp/root", 0700), 0);
	cr_assert_eq(mount("tmpfs", "/tmp/home", "tmpfs", 0, "mode=700"), 0);
	setenv("XDG_RUNTIME_DIR", "/tmp/run", 1);
	setenv("HOME", "/tmp/home", 1);
	strcpy(p.root, "/tmp/root");
	in = place_create(&p, NULL);
	cr_expect(is_in(in, "/tmp/home/.cache/lxrun"), "%s", in->runtime);

	int r;

	setenv("HOME", "/tmp/run", 1);
	cr_expect_null(place_create(&p, &r));
	cr_expect_eq(r, -EACCES);
	cr_expect_not_null(strstr(p.message, "executed"), "%s", p.message);
	cr_assert_eq(umount2("/tmp", MNT_DETACH), 0);
	cr_assert_eq(umount2(p.run, MNT_DETACH), 0);
}

Test(base, links_in_front_are_resolved)
{
	struct instance *in;
	char alias[80], alias_run[96];

	snprintf(alias, sizeof(alias), "%s/alias", p.dir);
	cr_assert_eq(symlink(p.dir, alias), 0);
	snprintf(alias_run, sizeof(alias_run), "%s/run", alias);
	setenv("XDG_RUNTIME_DIR", alias_run, 1);
	in = place_create(&p, NULL);
	cr_expect(is_in(in, p.base), "%s", in->runtime);
	rundir_remove(in->runtime);
	cr_expect_eq(count_entries(p.base), 0);
}

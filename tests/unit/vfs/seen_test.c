/*
 * Paths that were walked before. A process that may open nothing any more can still ask what is remembered of a path, and only
 * that: so these tests tell one from the other.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "scratch.h"

static void start(void)
{
	scratch_start(true);
}

/* No descriptor is to be had until this is called with true. */
static void descriptors(bool some)
{
	struct rlimit limit;

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = some ? limit.rlim_max : 0;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void end(void)
{
	descriptors(true);
	scratch_end();
}

TestSuite(seen, .init = start, .fini = end);

static int stat_of(const char *p, int lookup)
{
	struct stat st;

	return vfs_stat(&scratch.ns, path(p), lookup, &st);
}

/* Of what vfs_stat() with a walk says. */
static int remembered(const char *p, int lookup)
{
	int r;

	descriptors(false);
	r = stat_of(p, lookup);
	descriptors(true);
	return r;
}

static void expect_remembered(const char *p, int lookup)
{
	struct stat walked, seen;
	int r = vfs_stat(&scratch.ns, path(p), lookup, &walked), again;

	descriptors(false);
	again = vfs_stat(&scratch.ns, path(p), lookup, &seen);
	descriptors(true);
	cr_expect_eq(again, r, "%s: %d, then %d", p, r, again);
	if (r == 0)
		cr_expect_eq(memcmp(&walked, &seen, sizeof(seen)), 0, "%s", p);
}

Test(seen, what_is_remembered)
{
	cr_expect_eq(remembered("/dir/file", 0), -EMFILE, "not before a walk");
	expect_remembered("/dir/file", 0);
	expect_remembered("/dir/file", VFS_NOFOLLOW);
	expect_remembered("/dir/sub", 0);
	expect_remembered("/fifo", 0);
	expect_remembered("/abs", VFS_NOFOLLOW);
	expect_remembered("//dir/./sub/", 0);
	expect_remembered("/dir/../dir/file", 0);
	expect_remembered("/dir/nothing", 0);
	expect_remembered("/nothing/at/all", 0);
	cr_assert_eq(symlink("dir", host_path("root/relative")), 0);
	expect_remembered("/relative/file", 0);
	expect_remembered("/relative", 0);
	expect_remembered("/relative/nothing", 0);
	cr_assert_eq(vfs_chdir(&scratch.ns, path("/dir")), 0);
	expect_remembered("sub/file", 0);
	expect_remembered("sub/nothing", 0);
}

Test(seen, what_is_not)
{
	char buf[10];

	/* Links that mean something else on the host; mounts. */
	static const char *const paths[] = {"/mnt/file", "/mnt/nothing", "/romnt/file", "/"};

	cr_assert_eq(symlink("/dir", host_path("root/absolute")), 0);
	cr_expect_eq(stat_of("/absolute/file", 0), 0);
	cr_expect_eq(remembered("/absolute/file", 0), -EMFILE);
	cr_expect_eq(stat_of("/absolute/nothing", 0), -ENOENT);
	cr_expect_eq(remembered("/absolute/nothing", 0), -EMFILE);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		(void)!stat_of(paths[i], 0);
		cr_expect_eq(remembered(paths[i], 0), -EMFILE, "%s", paths[i]);
	}
	scratch.in->features |= INSTANCE_NO_CACHES;
	cr_expect_eq(stat_of("/dir/file", 0), 0);
	cr_expect_eq(remembered("/dir/file", 0), -EMFILE, "without caches");
	(void)!vfs_readlink(&scratch.ns, path("/link"), buf, sizeof(buf));
	cr_expect_eq(remembered("/link", VFS_NOFOLLOW), -EMFILE, "without caches");
}

Test(seen, access_and_readlink)
{
	char walked[100], seen[100];
	ssize_t n;

	cr_expect_eq(vfs_access(&scratch.ns, path("/dir/file"), 0, R_OK, false), 0);
	cr_expect_eq(vfs_access(&scratch.ns, path("/dir/nothing"), 0, F_OK, false), -ENOENT);
	n = vfs_readlink(&scratch.ns, path("/link"), walked, sizeof(walked));
	cr_assert_gt(n, 0);
	cr_expect_eq(vfs_readlink(&scratch.ns, path("/dir"), seen, sizeof(seen)), -EINVAL);
	descriptors(false);
	cr_expect_eq(vfs_access(&scratch.ns, path("/dir/file"), 0, R_OK | W_OK, false), 0);
	cr_expect_eq(vfs_access(&scratch.ns, path("/dir/file"), 0, X_OK, false), -EACCES, "no bit of it is set");
	cr_expect_eq(vfs_access(&scratch.ns, path("/dir/nothing"), 0, R_OK, false), -ENOENT);
	cr_expect_eq(vfs_readlink(&scratch.ns, path("/link"), seen, sizeof(seen)), n);
	cr_expect_eq(memcmp(walked, seen, (size_t)n), 0);
	cr_expect_eq(vfs_readlink(&scratch.ns, path("/link"), seen, 1), 1);
	cr_expect_eq(vfs_readlink(&scratch.ns, path("/dir"), seen, sizeof(seen)), -EINVAL);
	descriptors(true);
}

/* What has changed is walked to again, whoever changed it. */
Test(seen, changes_are_seen)
{
	struct stat st;

	cr_assert_eq(stat_of("/dir/file", 0), 0);
	cr_assert_eq(truncate(host_path("root/dir/file"), 3), 0);
	cr_expect_eq(vfs_stat(&scratch.ns, path("/dir/file"), 0, &st), 0);
	cr_expect_eq(st.st_size, 3);
	cr_assert_eq(rename(host_path("root/dir/sub/file"), host_path("root/dir/file")), 0);
	cr_expect_eq(vfs_stat(&scratch.ns, path("/dir/file"), 0, &st), 0);
	cr_expect_eq(st.st_size, 13);
	cr_assert_eq(unlink(host_path("root/dir/file")), 0);
	cr_expect_eq(stat_of("/dir/file", 0), -ENOENT);
	cr_expect_eq(stat_of("/dir/file", 0), -ENOENT);
	cr_assert_eq(symlink("/file", host_path("root/dir/file")), 0);
	scratch_changed();
	cr_expect_eq(stat_of("/dir/file", 0), 0, "it is there, though not for the host");
}

/* The host's kernel would find what is outside: nothing of that is ever shown. */
Test(seen, nothing_outside_is_shown)
{
	struct stat st;

	cr_assert_eq(mkdir(host_path("outside/sub"), 0755), 0);
	cr_assert_eq(link(host_path("outside/file"), host_path("outside/sub/file")), 0);
	cr_assert_eq(stat_of("/dir/sub/file", 0), 0);
	cr_assert_eq(rename(host_path("root/dir"), host_path("root/away")), 0);
	cr_assert_eq(symlink(host_path("outside"), host_path("root/dir")), 0);
	cr_expect_eq(stat_of("/dir/sub/file", 0), -ENOENT);
	cr_expect_eq(vfs_access(&scratch.ns, path("/dir/sub/file"), 0, F_OK, false), -ENOENT);
	cr_expect_eq(stat_of("/away/sub/file", 0), 0);
	cr_expect_eq(vfs_stat(&scratch.ns, path("/dir"), VFS_NOFOLLOW, &st), 0);
	cr_expect(S_ISLNK(st.st_mode));
}

Test(seen, mounts_come_and_go)
{
	cr_assert_eq(stat_of("/dir/sub/file", 0), 0);
	cr_assert_eq(stat_of("/dir/only", 0), -ENOENT);
	cr_assert_eq(close(open(host_path("run/mounted/only"), O_CREAT | O_RDWR, 0644)), 0);
	scratch_mount(MOUNT_BIND, 0, "/dir", "%s/run/mounted", scratch.dir);
	cr_expect_eq(stat_of("/dir/sub/file", 0), 0);
	cr_expect_eq(stat_of("/dir/only", 0), 0);
	cr_expect_eq(remembered("/dir/sub/file", 0), -EMFILE);
	cr_assert_eq(instance_remove_mount(scratch.in, 0, "/dir"), 0);
	cr_expect_eq(stat_of("/dir/only", 0), -ENOENT);
	cr_expect_eq(stat_of("/dir/sub/file", 0), 0);
}

/* Where the host's kernel finds nothing, either, but the guest would. */
Test(seen, nothing_is_believed_until_a_link_appears)
{
	cr_assert_eq(stat_of("/new/file", 0), -ENOENT);
	cr_expect_eq(remembered("/new/file", 0), -ENOENT);
	cr_assert_eq(vfs_symlink(&scratch.ns, "/dir", path("/new")), 0);
	cr_expect_eq(stat_of("/new/file", 0), 0, "a guest has made it");

	cr_assert_eq(stat_of("/moved/file", 0), -ENOENT);
	cr_assert_eq(vfs_rename(&scratch.ns, path("/new"), path("/moved"), 0), 0);
	cr_expect_eq(stat_of("/moved/file", 0), 0, "a guest has moved it");

	cr_assert_eq(stat_of("/linked/file", 0), -ENOENT);
	cr_assert_eq(vfs_link(&scratch.ns, path("/moved"), path("/linked"), 0), 0);
	cr_expect_eq(stat_of("/linked/file", 0), 0, "a guest has linked it");

	cr_assert_eq(stat_of("/other/file", 0), -ENOENT);
	cr_assert_eq(symlink("/dir", host_path("root/other")), 0);
	scratch_changed();
	cr_expect_eq(stat_of("/other/file", 0), 0, "somebody else has made it");
	scratch.ns.clock = NULL;
	cr_assert_eq(stat_of("/without/file", 0), -ENOENT);
	cr_expect_eq(remembered("/without/file", 0), -EMFILE, "nobody knows the time");
}

Test(seen, permissions_are_those_of_now)
{
	cr_assert_eq(vfs_chmod(&scratch.ns, path("/dir/sub"), 0, 0755), 0);
	scratch_become(1000, 1000);
	expect_remembered("/dir/sub/file", 0);
	cr_expect_eq(stat_of("/dir/sub/file", 0), 0);

	/* A guest's change counts at once. */
	scratch_become(0, 0);
	cr_assert_eq(vfs_chmod(&scratch.ns, path("/dir/sub"), 0, 0700), 0);
	cr_expect_eq(stat_of("/dir/sub/file", 0), 0);
	scratch_become(1000, 1000);
	cr_expect_eq(stat_of("/dir/sub/file", 0), -EACCES);

	/* Of others, nothing. */
	scratch_become(0, 0);
	cr_assert_eq(vfs_chown(&scratch.ns, path("/dir/sub"), 0, 1000, 1000), 0);
	scratch_become(1000, 1000);
	cr_expect_eq(stat_of("/dir/sub/file", 0), 0);
	expect_remembered("/dir/sub/file", 0);
	scratch_become(1001, 1001);
	cr_expect_eq(stat_of("/dir/sub/file", 0), -EACCES);

	/* Of what comes from elsewhere the time is known. */
	scratch_become(0, 0);
	cr_assert_eq(vfs_chown(&scratch.ns, path("/dir/sub"), 0, 0, 0), 0);
	cr_assert_eq(vfs_chmod(&scratch.ns, path("/dir/sub"), 0, 0755), 0);
	scratch_become(1001, 1001);
	cr_expect_eq(stat_of("/dir/sub/file", 0), 0);
	cr_assert_eq(chmod(host_path("root/dir/sub"), 0700), 0);
	scratch_changed();
	cr_expect_eq(stat_of("/dir/sub/file", 0), -EACCES);
}

/* Other directories, other files. */
Test(seen, relative_paths_begin_where_the_process_is)
{
	struct stat st;

	cr_assert_eq(vfs_mkdir(&scratch.ns, path("/dir/sub/sub"), 0755), 0);
	cr_assert_eq(close(open(host_path("root/dir/sub/sub/file"), O_CREAT | O_RDWR, 0644)), 0);
	cr_assert_eq(vfs_chdir(&scratch.ns, path("/dir")), 0);
	expect_remembered("sub/file", 0);
	cr_assert_eq(vfs_chdir(&scratch.ns, path("/dir/sub")), 0);
	cr_expect_eq(remembered("sub/file", 0), -EMFILE);
	cr_expect_eq(vfs_stat(&scratch.ns, path("sub/file"), 0, &st), 0);
	cr_expect_eq(st.st_size, 0);
	cr_assert_eq(vfs_chdir(&scratch.ns, path("/mnt")), 0);
	expect_remembered("sub/file", 0);
	scratch.cwd = VFS_CWD_VARIES;
	cr_expect_eq(remembered("sub/file", 0), -EMFILE);
	cr_assert_eq(vfs_chdir(&scratch.ns, path("/dir")), 0);
	cr_expect_eq(remembered("sub/file", 0), -EMFILE);
}

/* Links belong to who owns their directory. */
Test(seen, owners_of_links)
{
	struct stat st;

	cr_assert_eq(symlink("x", host_path("root/dir/l")), 0);
	expect_remembered("/dir/l", VFS_NOFOLLOW);
	cr_assert_eq(vfs_chown(&scratch.ns, path("/dir"), 0, 7, 8), 0);
	cr_expect_eq(vfs_stat(&scratch.ns, path("/dir/l"), VFS_NOFOLLOW, &st), 0);
	cr_expect_eq(st.st_uid, 7);
	expect_remembered("/dir/l", VFS_NOFOLLOW);
}

/* A process in a root of its own has other links and no less of them. */
Test(seen, not_below_a_chroot)
{
	cr_assert_eq(vfs_chdir(&scratch.ns, path("/dir")), 0);
	cr_assert_eq(symlink("../../file", host_path("root/dir/climb")), 0);
	cr_assert_eq(stat_of("climb", 0), 0);
	scratch.ns.root = open(host_path("root/dir"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	scratch.ns.root_path = "/dir";
	cr_expect_eq(remembered("climb", 0), -EMFILE);
	cr_expect_eq(remembered("/file", 0), -EMFILE);
	cr_expect_eq(stat_of("/file", 0), 0);
	cr_expect_eq(remembered("/file", 0), -EMFILE);
	close(scratch.ns.root);
}

/* The attribute of a file that has not changed for a while. */
Test(seen, owners)
{
	struct stat st;

	cr_assert_eq(vfs_chown(&scratch.ns, path("/dir/file"), 0, 7, 8), 0);
	cr_assert_eq(stat_of("/dir/file", 0), 0);
	cr_expect_eq(remembered("/dir/file", 0), -EMFILE, "it is young");
	cr_assert_eq(nanosleep(&(struct timespec){.tv_sec = 2, .tv_nsec = 100000000}, NULL), 0);
	expect_remembered("/dir/file", 0);
	cr_assert_eq(vfs_chown(&scratch.ns, path("/dir/file"), 0, 9, 10), 0);
	cr_expect_eq(vfs_stat(&scratch.ns, path("/dir/file"), 0, &st), 0);
	cr_expect_eq(st.st_uid, 9);
	cr_expect_eq(st.st_gid, 10);
}

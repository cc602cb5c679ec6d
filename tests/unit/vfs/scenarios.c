/* Owners and modes, in short stories: each runs once, natively and in a guest, and is compared line by line. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "ops.h"

#define STORY(name) \
	static int name(const struct api *api, int dir, const char *path, const struct op *op, struct report *r)

#define BEGIN (void)dir, (void)path, (void)op
#define DO(call)                                                                       \
	do {                                                                           \
		int n_ = (call);                                                       \
		say(r, "%s = %s\n", #call, n_ < 0 ? strerrorname_np(-n_) : "success"); \
	} while (0)

static void show(const struct api *api, const char *path, struct report *r)
{
	struct stat st;
	int n = api->stat(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, &st);

	if (n < 0)
		say(r, "%s: %s\n", path, strerrorname_np(-n));
	else
		say(r, "%s: %06o %u:%u %u:%u\n", path, st.st_mode, st.st_uid, st.st_gid, major(st.st_rdev),
		    minor(st.st_rdev));
}

/* Makes a file, and says what fstat says of it. */
static void make(const struct api *api, const char *path, int flags, mode_t mode, struct report *r)
{
	struct stat st;
	int fd = api->open(AT_FDCWD, path, O_RDWR | O_CREAT | flags, mode, 0);

	say(r, "make %s %#o: %s\n", path, mode, fd < 0 ? strerrorname_np(-fd) : "made");
	if (fd < 0)
		return;
	if (api->fstat(fd, &st) == 0)
		say(r, "  fstat %06o %u:%u\n", st.st_mode, st.st_uid, st.st_gid);
	show(api, path, r);
	close(fd);
}

STORY(a_user_at_home)
{
	BEGIN;
	DO(api->mkdir(AT_FDCWD, "/home", 0755));
	DO(api->chown(AT_FDCWD, "/home", 1000, 1001, 0));
	show(api, "/home", r);
	api->become(1000, 1001);
	make(api, "/home/f", 0, 0644, r);
	make(api, "/home/f", 0, 0600, r);
	make(api, "/home/f", O_EXCL, 0600, r);
	make(api, "/home/secret", O_EXCL, 0600, r);
	make(api, "/home/fixed", 0, 0400, r);
	make(api, "/home/suid", 0, 04755, r);
	DO(api->mkdir(AT_FDCWD, "/home/d", 0750));
	DO(api->mkdir(AT_FDCWD, "/home/sticky", 01777));
	DO(api->mknod(AT_FDCWD, "/home/n", S_IFREG | 0640, 0));
	DO(api->mknod(AT_FDCWD, "/home/fifo", S_IFIFO | 0600, 0));
	DO(api->mknod(AT_FDCWD, "/home/char", S_IFCHR | 0600, 0x103));
	DO(api->mknod(AT_FDCWD, "/home/whiteout", S_IFCHR, 0));
	DO(api->symlink("f", AT_FDCWD, "/home/l"));
	DO(api->chmod(AT_FDCWD, "/home/f", 0400, 0));
	DO(api->chmod(AT_FDCWD, "/home/f", 0, 0));
	DO(api->chmod(AT_FDCWD, "/home/f", 0644, 0));
	make(api, "/home/d/f", 0, 0644, r);
	api->become(0, 0);
	make(api, "/home/of-root", 0, 0644, r);
	DO(api->mkdir(AT_FDCWD, "/home/dir-of-root", 0700));
	return 0;
}

STORY(a_setgid_directory)
{
	BEGIN;
	DO(api->chown(AT_FDCWD, "/dir", 0, 50, 0));
	DO(api->chmod(AT_FDCWD, "/dir", 02775, 0));
	make(api, "/dir/f", 0, 0664, r);
	make(api, "/dir/g", 0, 02775, r);
	DO(api->mkdir(AT_FDCWD, "/dir/d", 0755));
	DO(api->mknod(AT_FDCWD, "/dir/n", 0600, 0));
	make(api, "/dir/d/f", 0, 0600, r);
	DO(api->chdir("/dir/d"));
	make(api, "relative", 0, 0600, r);
	make(api, "../sub/other", 0, 0600, r);
	DO(api->mkdir(AT_FDCWD, "e", 0700));
	return api->chdir("/");
}

STORY(who_may_chmod)
{
	BEGIN;
	DO(api->chown(AT_FDCWD, "/file", 1000, 100, 0));
	api->become(1001, 100);
	DO(api->chmod(AT_FDCWD, "/file", 0600, 0));
	DO(api->chown(AT_FDCWD, "/file", 1001, -1, 0));
	DO(api->chown(AT_FDCWD, "/file", -1, 100, 0));
	DO(api->chown(AT_FDCWD, "/file", -1, -1, 0));
	api->become(1000, 5);
	DO(api->chmod(AT_FDCWD, "/file", 06755, 0));
	show(api, "/file", r);
	DO(api->chown(AT_FDCWD, "/file", 1000, -1, 0));
	DO(api->chown(AT_FDCWD, "/file", 1001, -1, 0));
	DO(api->chown(AT_FDCWD, "/file", -1, 7, 0));
	DO(api->chown(AT_FDCWD, "/file", -1, 5, 0));
	show(api, "/file", r);
	DO(api->chmod(AT_FDCWD, "/file", 06755, 0));
	show(api, "/file", r);
	DO(api->chmod(AT_FDCWD, "/exec", 0755, 0));
	DO(api->chown(AT_FDCWD, "/exec", 1000, 1000, 0));
	DO(api->utimens(AT_FDCWD, "/exec", (const struct timespec[2]){{1, 0}, {2, 0}}, 0));
	api->become(0, 0);
	return 0;
}

STORY(set_id_bits)
{
	BEGIN;
	DO(api->chmod(AT_FDCWD, "/exec", 06755, 0));
	DO(api->chown(AT_FDCWD, "/exec", 0, 0, 0));
	show(api, "/exec", r);
	DO(api->chmod(AT_FDCWD, "/exec", 06745, 0));
	DO(api->chown(AT_FDCWD, "/exec", -1, -1, 0));
	show(api, "/exec", r);
	DO(api->chmod(AT_FDCWD, "/exec", 02755, 0));
	DO(api->chown(AT_FDCWD, "/exec", 5, -1, 0));
	show(api, "/exec", r);
	DO(api->chmod(AT_FDCWD, "/dir", 07777, 0));
	DO(api->chown(AT_FDCWD, "/dir", 5, 6, 0));
	show(api, "/dir", r);
	DO(api->chown(AT_FDCWD, "/dir", 0, 0, 0));
	DO(api->chmod(AT_FDCWD, "/dir", 0755, 0));
	show(api, "/dir", r);
	return 0;
}

STORY(every_mode)
{
	static const mode_t modes[] = {0, 01, 0400, 0200, 0100, 0600, 0644, 0777, 01000, 02000, 04000, 07777, 0755};
	int fd = api->open(AT_FDCWD, "/dir", O_RDONLY | O_DIRECTORY, 0, 0);

	BEGIN;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		DO(api->chmod(AT_FDCWD, "/file", modes[i], 0));
		show(api, "/file", r);
		DO(api->fchmod(fd, modes[i]));
		show(api, "/dir", r);
		/* Root reads and writes all the same. */
		int file = api->open(AT_FDCWD, "/file", O_RDWR | O_TRUNC, 0, 0);

		say(r, "open %d\n", file < 0 ? file : 0);
		close(file);
		make(api, "/dir/inside", O_TRUNC, 0600, r);
	}
	close(fd);
	return 0;
}

STORY(umasks)
{
	static const mode_t masks[] = {0, 022, 027, 077, 0277, 0777};
	static const mode_t modes[] = {0666, 0444, 0600, 0, 04755};
	char name[32];

	BEGIN;
	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++)
		for (size_t k = 0; k < sizeof(modes) / sizeof(modes[0]); k++)
			for (uid_t uid = 0; uid < 2; uid++) {
				snprintf(name, sizeof(name), "/dir/empty/%zu%zu%u", i, k, uid);
				umask(masks[i]);
				if (uid != 0) {
					(void)api->chown(AT_FDCWD, "/dir/empty", 1, 1, 0);
					api->become(1, 1);
				}
				make(api, name, 0, modes[k], r);
				strcat(name, "d");
				DO(api->mkdir(AT_FDCWD, name, modes[k]));
				show(api, name, r);
				api->become(0, 0);
			}
	umask(022);
	return 0;
}

STORY(large_ids)
{
	BEGIN;
	DO(api->chown(AT_FDCWD, "/file", 4294967294u, 4294967294u, 0));
	show(api, "/file", r);
	DO(api->chown(AT_FDCWD, "/file", 70000, 2147483648u, 0));
	show(api, "/file", r);
	DO(api->chown(AT_FDCWD, "/file", 0, 0, 0));
	show(api, "/file", r);
	return 0;
}

STORY(device_nodes)
{
	int fd;

	BEGIN;
	DO(api->mknod(AT_FDCWD, "/dir/null", S_IFCHR | 0666, makedev(1, 3)));
	DO(api->mknod(AT_FDCWD, "/dir/disk", S_IFBLK | 0660, makedev(259, 70000)));
	DO(api->chown(AT_FDCWD, "/dir/null", 1, 2, 0));
	DO(api->chmod(AT_FDCWD, "/dir/disk", 0600, 0));
	show(api, "/dir/null", r);
	show(api, "/dir/disk", r);
	fd = api->open(AT_FDCWD, "/dir/null", O_RDWR, 0, 0);
	say(r, "write %d\n", (int)write(fd, "text", 4));
	say(r, "read %d\n", (int)read(fd, (char[4]){0}, 4));
	close(fd);
	show(api, "/dir/null", r);
	DO(api->link(AT_FDCWD, "/dir/null", AT_FDCWD, "/dir/null2", 0));
	show(api, "/dir/null2", r);
	DO(api->rename(AT_FDCWD, "/dir/null2", AT_FDCWD, "/dir/disk", 0));
	show(api, "/dir/disk", r);
	return 0;
}

STORY(hard_links_and_descriptors)
{
	struct stat st;
	int fd;

	BEGIN;
	DO(api->link(AT_FDCWD, "/file", AT_FDCWD, "/dir/same", 0));
	DO(api->chown(AT_FDCWD, "/dir/same", 8, 9, 0));
	show(api, "/file", r);
	fd = api->open(AT_FDCWD, "/file", O_RDONLY, 0, 0);
	DO(api->fchown(fd, 10, 11));
	DO(api->fchmod(fd, 04700));
	DO(api->fstat(fd, &st));
	show(api, "/dir/same", r);
	DO(api->unlink(AT_FDCWD, "/file", 0));
	DO(api->unlink(AT_FDCWD, "/dir/same", 0));
	DO(api->fchown(fd, 12, 13));
	DO(api->fstat(fd, &st));
	say(r, "%06o %u:%u\n", st.st_mode, st.st_uid, st.st_gid);
	close(fd);
	fd = api->open(AT_FDCWD, "/link", O_PATH | O_NOFOLLOW, 0, 0);
	DO(api->fchmod(fd, 0600));
	DO(api->fchown(fd, 1, 1));
	close(fd);
	DO(api->fchmod(-1, 0600));
	DO(api->fchown(-1, 1, 1));
	return 0;
}

STORY(a_temporary_file)
{
	struct stat st;
	int fd;

	BEGIN;
	DO(api->chown(AT_FDCWD, "/dir", 1000, 1000, 0));
	api->become(1000, 1000);
	fd = api->open(AT_FDCWD, "/dir", O_TMPFILE | O_RDWR, 0400, 0);
	say(r, "open %d\n", fd < 0 ? fd : 0);
	DO(api->fstat(fd, &st));
	say(r, "%06o %u:%u %u\n", st.st_mode, st.st_uid, st.st_gid, (unsigned)st.st_nlink);
	api->become(0, 0);
	DO(api->link(fd, "", AT_FDCWD, "/dir/kept", AT_EMPTY_PATH));
	show(api, "/dir/kept", r);
	close(fd);
	return 0;
}

STORY(access_by_mode)
{
	static const mode_t modes[] = {0, 0400, 0040, 0004, 0744, 0755};

	BEGIN;
	DO(api->chown(AT_FDCWD, "/file", 1000, 100, 0));
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		DO(api->chmod(AT_FDCWD, "/file", modes[i], 0));
		for (int mode = 0; mode < 8; mode++)
			say(r, "%#o %d: %d\n", modes[i], mode, api->access(AT_FDCWD, "/file", mode, AT_EACCESS));
		api->become(1000, 5);
		for (int mode = 0; mode < 8; mode++)
			say(r, "owner %#o %d: %d\n", modes[i], mode, api->access(AT_FDCWD, "/file", mode, AT_EACCESS));
		api->become(7, 100);
		for (int mode = 0; mode < 8; mode++)
			say(r, "group %#o %d: %d\n", modes[i], mode, api->access(AT_FDCWD, "/file", mode, AT_EACCESS));
		api->become(7, 7);
		for (int mode = 0; mode < 8; mode++)
			say(r, "other %#o %d: %d\n", modes[i], mode, api->access(AT_FDCWD, "/file", mode, AT_EACCESS));
		api->become(0, 0);
	}
	return 0;
}

#define SCENARIO(name)                                     \
	{                                                  \
#name, name, .changes = true, .once = true \
	}

const struct op scenario_ops[] = {
	SCENARIO(a_user_at_home),   SCENARIO(a_setgid_directory), SCENARIO(who_may_chmod),
	SCENARIO(set_id_bits),      SCENARIO(every_mode),         SCENARIO(umasks),
	SCENARIO(large_ids),        SCENARIO(device_nodes),       SCENARIO(hard_links_and_descriptors),
	SCENARIO(a_temporary_file), SCENARIO(access_by_mode),     {NULL},
};

#include "ops.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

void say(struct report *r, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(r->text + r->length, sizeof(r->text) - r->length, format, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < sizeof(r->text) - r->length)
		r->length += (size_t)n;
}

static void say_stat(struct report *r, const struct stat *st)
{
	say(r, "%06o", st->st_mode);
	/* Links, FIFOs and sockets have the owner of their directory here. */
	if (S_ISREG(st->st_mode) || S_ISDIR(st->st_mode) || S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		say(r, " %u:%u", st->st_uid, st->st_gid);
	if (!S_ISDIR(st->st_mode))
		say(r, " %ld bytes %lu links", (long)st->st_size, (unsigned long)st->st_nlink);
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		say(r, " %u:%u", major(st->st_rdev), minor(st->st_rdev));
	say(r, "\n");
}

/* What an open descriptor is: where a directory is, what is in a file. */
static void say_fd(const struct api *api, int fd, struct report *r)
{
	char buf[PATH_MAX];
	struct stat st;
	ssize_t n;
	int flags = fcntl(fd, F_GETFL);

	if (api->fstat(fd, &st) < 0) {
		say(r, "no fstat\n");
		return;
	}
	say_stat(r, &st);
	/* Without openat2, O_NOFOLLOW is how nothing is followed, and O_DIRECTORY what a slash says. */
	say(r, "flags %o\n", flags & ~(O_NOFOLLOW | O_DIRECTORY));
	if (S_ISDIR(st.st_mode)) {
		int cwd = open(".", O_PATH | O_CLOEXEC);

		n = fchdir(fd) < 0 ? -errno : api->getcwd(buf, sizeof(buf));
		say(r, "cwd %s\n", n < 0 ? strerror((int)-n) : buf);
		if (fchdir(cwd) < 0)
			abort();
		close(cwd);
	}
	if (S_ISREG(st.st_mode) && (flags & O_PATH) == 0 && (flags & O_ACCMODE) != O_WRONLY) {
		n = pread(fd, buf, sizeof(buf) - 1, 0);
		say(r, "content %.*s\n", n < 0 ? 0 : (int)n, buf);
	}
	if (S_ISLNK(st.st_mode)) {
		n = readlinkat(fd, "", buf, sizeof(buf));
		say(r, "link %.*s\n", n < 0 ? 0 : (int)n, buf);
	}
}

/* --- the tree -------------------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t list(const struct api *api, const char *dir, char **names, size_t max)
{
	char buf[8192] __attribute__((aligned(8)));
	size_t count = 0;
	int fd = api->open(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, 0, 0);
	long n;

	if (fd < 0)
		return 0;
	while ((n = api->getdents(fd, buf, sizeof(buf))) > 0)
		for (long at = 0; at < n; at += ((struct dirent64 *)(void *)(buf + at))->d_reclen) {
			const char *name = ((struct dirent64 *)(void *)(buf + at))->d_name;

			if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && count < max)
				names[count++] = strdup(name);
		}
	close(fd);
	qsort(names, count, sizeof(*names), by_name);
	return count;
}

static void tell(const struct api *api, const char *path, struct report *r)
{
	char buf[PATH_MAX], *names[100];
	struct stat st;
	int n;

	n = api->stat(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, &st);
	say(r, "%s ", path);
	if (n < 0) {
		say(r, "%s\n", strerror(-n));
		return;
	}
	say_stat(r, &st);
	if (S_ISLNK(st.st_mode) && (n = api->readlink(AT_FDCWD, path, buf, sizeof(buf))) >= 0)
		say(r, "  -> %.*s\n", n, buf);
	n = S_ISREG(st.st_mode) ? api->open(AT_FDCWD, path, O_RDONLY, 0, 0) : -1;
	if (n >= 0) {
		ssize_t length = read(n, buf, sizeof(buf));

		say(r, "  %.*s\n", length < 0 ? 0 : (int)length, buf);
		close(n);
	}
	if (!S_ISDIR(st.st_mode) || strcmp(path, "/chain") == 0)
		return;
	for (size_t i = 0, count = list(api, path, names, 100); i < count; i++) {
		snprintf(buf, sizeof(buf), "%s/%s", strcmp(path, "/") == 0 ? "" : path, names[i]);
		free(names[i]);
		tell(api, buf, r);
	}
}

void tell_tree(const struct api *api, struct report *r)
{
	tell(api, "/", r);
}

/* --- operations ------------------------------------------------------------------------------------------------------- */

#define RUN(name) \
	static int name(const struct api *api, int dir, const char *path, const struct op *op, struct report *r)

RUN(run_open)
{
	int fd = api->open(dir, path, (int)op->a | O_CLOEXEC | ((op->a & O_PATH) != 0 ? 0 : O_NONBLOCK), (mode_t)op->b,
			   op->c);

	if (fd < 0)
		return fd;
	say_fd(api, fd, r);
	close(fd);
	return 0;
}

RUN(run_stat)
{
	struct stat st;
	int n = api->stat(dir, path, (int)op->a, &st);

	if (n == 0)
		say_stat(r, &st);
	return n;
}

RUN(run_statx)
{
	struct statx x;
	int n = api->statx(dir, path, (int)op->a, &x);

	if (n == 0)
		say(r, "%o %u:%u %u\n", x.stx_mode, x.stx_uid, x.stx_gid,
		    S_ISDIR(x.stx_mode) ? 0 : (unsigned)x.stx_size);
	return n;
}

RUN(run_access)
{
	(void)r;
	return api->access(dir, path, (int)op->a, (int)op->b);
}

RUN(run_readlink)
{
	char buf[PATH_MAX];
	int n = api->readlink(dir, path, buf, (size_t)op->a);

	if (n >= 0)
		say(r, "%.*s\n", n, buf);
	return n;
}

RUN(run_chdir)
{
	char buf[PATH_MAX];
	int n = api->chdir(path);

	(void)dir;
	(void)op;
	if (n < 0)
		return n;
	n = api->getcwd(buf, sizeof(buf));
	say(r, "%s\n", n < 0 ? strerror(-n) : buf);
	return n;
}

RUN(run_mkdir)
{
	(void)r;
	return api->mkdir(dir, path, (mode_t)op->a);
}

RUN(run_mknod)
{
	(void)r;
	return api->mknod(dir, path, (mode_t)op->a, (dev_t)op->b);
}

RUN(run_symlink)
{
	(void)op;
	(void)r;
	return api->symlink("some/text", dir, path);
}

RUN(run_unlink)
{
	(void)r;
	return api->unlink(dir, path, (int)op->a);
}

RUN(run_link_from)
{
	(void)r;
	return api->link(dir, path, AT_FDCWD, op->b ? "/mnt/newlink" : "/newlink", (int)op->a);
}

RUN(run_link_to)
{
	(void)r;
	return api->link(AT_FDCWD, op->b ? "/mnt/file" : "/file", dir, path, (int)op->a);
}

static const char *const partners[] = {"/newname", "/file", "/dir", "/dir/empty", "/mnt/file", "/mnt/sub", "/link"};

RUN(run_rename_from)
{
	(void)r;
	return api->rename(dir, path, AT_FDCWD, partners[op->b], (unsigned)op->a);
}

RUN(run_rename_to)
{
	(void)r;
	return api->rename(AT_FDCWD, partners[op->b], dir, path, (unsigned)op->a);
}

RUN(run_chmod)
{
	(void)r;
	return api->chmod(dir, path, (mode_t)op->a, (int)op->b);
}

RUN(run_chown)
{
	(void)r;
	return api->chown(dir, path, (uid_t)op->a, (gid_t)op->b, (int)op->c);
}

RUN(run_utimens)
{
	const struct timespec times[2] = {{1000, 0}, {2000, 0}};
	struct stat st;
	int n = api->utimens(dir, path, op->a ? times : NULL, (int)op->b);

	if (n == 0 && op->a && api->stat(dir, path, (int)op->b, &st) == 0)
		say(r, "mtime %ld\n", (long)st.st_mtime);
	return n;
}

RUN(run_truncate)
{
	(void)dir;
	(void)r;
	return api->truncate(path, op->a);
}

RUN(run_setxattr)
{
	static const char *const names[] = {"user.test", "trusted.test", "security.test"};
	char buf[100];
	int n = api->setxattr(path, names[op->a], "value", op->b == 0);

	(void)dir;
	if (n < 0)
		return n;
	n = api->getxattr(path, names[op->a], buf, sizeof(buf), op->b == 0);
	say(r, "get %d %.*s\n", n, n < 0 ? 0 : n, buf);
	n = api->listxattr(path, buf, sizeof(buf), op->b == 0);
	say(r, "list %d\n", n);
	for (int i = 0; i < n; i += (int)strlen(buf + i) + 1)
		say(r, "%s\n", buf + i);
	n = api->listxattr(path, NULL, 0, op->b == 0);
	say(r, "length %d\n", n);
	n = api->removexattr(path, names[op->a], op->b == 0);
	say(r, "remove %d\n", n);
	return api->getxattr(path, names[op->a], buf, sizeof(buf), op->b == 0) == -ENODATA ? 0 : -EEXIST;
}

RUN(run_getxattr)
{
	char buf[100];

	(void)dir;
	(void)r;
	return api->getxattr(path, op->b ? "trusted.no" : "user.no", buf, sizeof(buf), op->a == 0);
}

#define CREATE(flags)                                                 \
	{                                                             \
		"open " #flags, run_open, flags, 0644, 0, true, false \
	}
#define OPEN(flags)                                                 \
	{                                                           \
		"open " #flags, run_open, flags, 0, 0, false, false \
	}

const struct op open_ops[] = {
	OPEN(O_RDONLY),
	OPEN(O_WRONLY),
	OPEN(O_NOFOLLOW),
	OPEN(O_WRONLY | O_NOFOLLOW),
	OPEN(O_DIRECTORY),
	OPEN(O_DIRECTORY | O_NOFOLLOW),
	OPEN(O_PATH),
	OPEN(O_PATH | O_NOFOLLOW),
	OPEN(O_PATH | O_DIRECTORY),
	OPEN(O_PATH | O_DIRECTORY | O_NOFOLLOW),
	OPEN(O_TMPFILE | O_RDWR),
	OPEN(O_TMPFILE),
	CREATE(O_RDWR | O_TRUNC),
	CREATE(O_RDONLY | O_TRUNC),
	CREATE(O_WRONLY | O_CREAT),
	CREATE(O_RDONLY | O_CREAT),
	CREATE(O_RDWR | O_CREAT | O_EXCL),
	CREATE(O_WRONLY | O_CREAT | O_NOFOLLOW),
	CREATE(O_RDWR | O_CREAT | O_TRUNC),
	CREATE(O_CREAT | O_DIRECTORY),
	CREATE(O_CREAT | O_EXCL | O_DIRECTORY),
	{"open O_CREAT 0444", run_open, O_RDWR | O_CREAT, 0444, 0, true, false},
	{"open O_CREAT 04755", run_open, O_RDWR | O_CREAT, 04755, 0, true, false},
	{NULL},
};

#define OPEN2(resolve)                                                            \
	{                                                                         \
		"openat2 " #resolve, run_open, O_RDONLY, 0, resolve, false, false \
	}

const struct op openat2_ops[] = {
	OPEN2(RESOLVE_NO_SYMLINKS),
	OPEN2(RESOLVE_NO_MAGICLINKS),
	OPEN2(RESOLVE_NO_XDEV),
	OPEN2(RESOLVE_BENEATH),
	OPEN2(RESOLVE_IN_ROOT),
	OPEN2(RESOLVE_BENEATH | RESOLVE_NO_XDEV),
	OPEN2(RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS),
	OPEN2(RESOLVE_BENEATH | RESOLVE_IN_ROOT),
	OPEN2(0x8000),
	{"openat2 O_PATH", run_open, O_PATH, 0, RESOLVE_IN_ROOT, false, false},
	{"openat2 O_CREAT", run_open, O_RDWR | O_CREAT, 0600, RESOLVE_BENEATH, true, false},
	{"openat2 O_CREAT in root", run_open, O_RDWR | O_CREAT, 0600, RESOLVE_IN_ROOT, true, false},
	{NULL},
};

const struct op look_ops[] = {
	{"stat", run_stat, 0},
	{"lstat", run_stat, AT_SYMLINK_NOFOLLOW},
	{"stat empty", run_stat, AT_EMPTY_PATH},
	{"statx", run_statx, 0},
	{"statx nofollow", run_statx, AT_SYMLINK_NOFOLLOW},
	{"access F_OK", run_access, F_OK},
	{"access R_OK", run_access, R_OK},
	{"access W_OK", run_access, W_OK},
	{"access X_OK", run_access, X_OK},
	{"access 8", run_access, 8},
	{"access W_OK effective", run_access, W_OK, AT_EACCESS},
	{"access nofollow", run_access, F_OK, AT_SYMLINK_NOFOLLOW},
	{"readlink", run_readlink, PATH_MAX},
	{"readlink 3", run_readlink, 3},
	{"readlink 0", run_readlink, 0},
	{"chdir", run_chdir, .cwd_only = true},
	{NULL},
};

const struct op make_ops[] = {
	{"mkdir", run_mkdir, 0755, .changes = true},
	{"mkdir 01777", run_mkdir, 01777, .changes = true},
	{"mkdir 0500", run_mkdir, 0500, .changes = true},
	{"mknod fifo", run_mknod, S_IFIFO | 0600, .changes = true},
	{"mknod socket", run_mknod, S_IFSOCK | 0600, .changes = true},
	{"mknod file", run_mknod, 0640, .changes = true},
	{"mknod char", run_mknod, S_IFCHR | 0666, 0x103, .changes = true},
	{"mknod block", run_mknod, S_IFBLK | 0660, 0x801, .changes = true},
	{"mknod dir", run_mknod, S_IFDIR | 0755, .changes = true},
	{"mknod link", run_mknod, S_IFLNK | 0755, .changes = true},
	{"symlink", run_symlink, .changes = true},
	{"unlink", run_unlink, .changes = true},
	{"rmdir", run_unlink, AT_REMOVEDIR, .changes = true},
	{"link from", run_link_from, 0, 0, .changes = true},
	{"link from, follow", run_link_from, AT_SYMLINK_FOLLOW, 0, .changes = true},
	{"link from, to a mount", run_link_from, 0, 1, .changes = true},
	{"link to", run_link_to, 0, 0, .changes = true},
	{"link to, from a mount", run_link_to, AT_SYMLINK_FOLLOW, 1, .changes = true},
	{NULL},
};

#define RENAME(flags)                                                                                  \
	{"rename " #flags " to newname", run_rename_from, flags, 0, .changes = true},                  \
		{"rename " #flags " to file", run_rename_from, flags, 1, .changes = true},             \
		{"rename " #flags " to dir", run_rename_from, flags, 2, .changes = true},              \
		{"rename " #flags " to empty", run_rename_from, flags, 3, .changes = true},            \
		{"rename " #flags " to mount", run_rename_from, flags, 4, .changes = true},            \
		{"rename " #flags " from nothing", run_rename_to, flags, 0, .changes = true},          \
		{"rename " #flags " from file", run_rename_to, flags, 1, .changes = true},             \
		{"rename " #flags " from dir", run_rename_to, flags, 2, .changes = true},              \
		{"rename " #flags " from link", run_rename_to, flags, 6, .changes = true},             \
	{                                                                                              \
		"rename " #flags " from a mount's directory", run_rename_to, flags, 5, .changes = true \
	}

const struct op rename_ops[] = {
	RENAME(0),
	RENAME(RENAME_NOREPLACE),
	RENAME(RENAME_EXCHANGE),
	{"rename invalid", run_rename_from, RENAME_NOREPLACE | RENAME_EXCHANGE, 0, .changes = true},
	{"rename invalid", run_rename_from, 8, 0, .changes = true},
	{NULL},
};

const struct op attr_ops[] = {
	{"chmod 0600", run_chmod, 0600, .changes = true},
	{"chmod 0", run_chmod, 0, .changes = true},
	{"chmod 06755", run_chmod, 06755, .changes = true},
	{"chmod 01777", run_chmod, 01777, .changes = true},
	{"chmod nofollow", run_chmod, 0640, AT_SYMLINK_NOFOLLOW, .changes = true},
	{"chown 0:0", run_chown, 0, 0, 0, .changes = true},
	{"chown 1000:100", run_chown, 1000, 100, 0, .changes = true},
	{"chown -1:5", run_chown, -1, 5, 0, .changes = true},
	{"utimens", run_utimens, 1, .changes = true},
	{"utimens now", run_utimens, 0, .changes = true},
	{"utimens nofollow", run_utimens, 1, AT_SYMLINK_NOFOLLOW, .changes = true},
	{"truncate", run_truncate, 2, .changes = true, .cwd_only = true},
	{"truncate -1", run_truncate, -1, .changes = true, .cwd_only = true},
	{"setxattr user", run_setxattr, 0, 0, .changes = true, .cwd_only = true},
	{"setxattr trusted", run_setxattr, 1, 0, .changes = true, .cwd_only = true},
	{"setxattr security", run_setxattr, 2, 0, .changes = true, .cwd_only = true},
	{"lsetxattr user", run_setxattr, 0, 1, .changes = true, .cwd_only = true},
	{"getxattr", run_getxattr, 0, .cwd_only = true},
	{"lgetxattr", run_getxattr, 1, .cwd_only = true},
	{"lgetxattr trusted", run_getxattr, 1, 1, .cwd_only = true},
	{NULL},
};

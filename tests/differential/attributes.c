/* Calls about what an inode says: mode, owner, times, length, attributes. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "identity.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

static const mode_t modes[] = {0777,  0755,  0700,  0666,  0644,  0600,  0640,  0070,  0007,  0000,
			       0444,  0111,  0311,  0555,  0711,  0750,  0770,  04755, 02755, 06711,
			       06755, 01777, 02775, 02644, 04644, 07777, 02070, 04100};
static const unsigned ids[] = {(unsigned)-1, 0, 1000, 1001, 100, 1002, 65534};

static void do_chmod(struct worker *w)
{
	mode_t mode = pick(modes);
	bool nofollow = one_in(8);
	struct path p;

	if (one_in(5)) {
		int slot = some_slot(w);

		say("fchmod(#%d, %04o)", slot, mode);
		say_result(fchmod(w->slots[slot], mode));
		return;
	}
	any_path(w, &p);
	say("chmod(");
	say_path(w, &p);
	say(", %04o%s)", mode, nofollow ? ", NOFOLLOW" : "");
	if (nofollow)
		say_result(syscall(SYS_fchmodat2, p.dir, p.text, mode, AT_SYMLINK_NOFOLLOW));
	else
		say_result(syscall(SYS_fchmodat, p.dir, p.text, mode));
}

static void do_chown(struct worker *w)
{
	unsigned uid = pick(ids), gid = pick(ids);
	bool nofollow = one_in(4);
	struct path p;

	if (one_in(5)) {
		int slot = some_slot(w);

		say("fchown(#%d, %d, %d)", slot, (int)uid, (int)gid);
		say_result(fchown(w->slots[slot], uid, gid));
		return;
	}
	any_path(w, &p);
	say(nofollow ? "lchown(" : "chown(");
	say_path(w, &p);
	say(", %d, %d)", (int)uid, (int)gid);
	say_result(fchownat(p.dir, p.text, uid, gid, nofollow ? AT_SYMLINK_NOFOLLOW : 0));
}

static void do_utimens(struct worker *w)
{
	static const long nanoseconds[] = {0, 5, UTIME_NOW, UTIME_OMIT};
	struct timespec times[2];
	bool nofollow = one_in(4), null = one_in(4);
	struct path p;

	for (int i = 0; i < 2; i++)
		times[i] = (struct timespec){.tv_sec = 1000 + dice(1000), .tv_nsec = pick(nanoseconds)};
	any_path(w, &p);
	say("utimens(");
	say_path(w, &p);
	if (null)
		say(", NULL");
	else
		say(", %jd.%ld %jd.%ld", (intmax_t)times[0].tv_sec, times[0].tv_nsec, (intmax_t)times[1].tv_sec,
		    times[1].tv_nsec);
	say("%s)", nofollow ? ", NOFOLLOW" : "");
	say_result(utimensat(p.dir, p.text, null ? NULL : times, nofollow ? AT_SYMLINK_NOFOLLOW : 0));
}

static void do_truncate(struct worker *w)
{
	static const off_t lengths[] = {0, 0, 1, 40, -1};
	off_t length = pick(lengths);
	struct path p;

	any_path(w, &p);
	p.dir = AT_FDCWD;
	say("truncate(");
	say_path(w, &p);
	say(", %jd)", (intmax_t)length);
	if (is_almighty() && has_capabilities(w, &p)) {
		say(" left out: capabilities");
		return;
	}
	say_result(truncate(p.text, length));
}

static void do_access(struct worker *w)
{
	int mode = (int)dice(8), flags = 0;
	struct path p;

	any_path(w, &p);
	say("access(");
	say_path(w, &p);
	say(", %d", mode);
	if (one_in(3)) {
		flags |= AT_EACCESS;
		say("|EACCESS");
	}
	if (one_in(5)) {
		flags |= AT_SYMLINK_NOFOLLOW;
		say("|NOFOLLOW");
	}
	say(")");
	say_result(syscall(SYS_faccessat2, p.dir, p.text, mode, flags));
}

static void do_stat(struct worker *w)
{
	bool nofollow = one_in(2);
	struct stat st;
	struct path p;

	if (one_in(6)) {
		int slot = some_slot(w);

		say("fstat(#%d)", slot);
		if (fstat(w->slots[slot], &st) == 0)
			say_stat(&st);
		else
			say_result(-1);
		return;
	}
	any_path(w, &p);
	say(nofollow ? "lstat(" : "stat(");
	say_path(w, &p);
	say(")");
	if (fstatat(p.dir, p.text, &st, nofollow ? AT_SYMLINK_NOFOLLOW : 0) == 0)
		say_stat(&st);
	else
		say_result(-1);
}

static void do_statx(struct worker *w)
{
	struct statx sx;
	struct path p;

	any_path(w, &p);
	say("statx(");
	say_path(w, &p);
	say(")");
	if (statx(p.dir, p.text, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &sx) < 0) {
		say_result(-1);
		return;
	}
	say_stat(&(struct stat){.st_mode = sx.stx_mode,
				.st_uid = sx.stx_uid,
				.st_gid = sx.stx_gid,
				.st_nlink = sx.stx_nlink,
				.st_size = (off_t)sx.stx_size,
				.st_rdev = (dev_t)sx.stx_rdev_major << 8 | sx.stx_rdev_minor,
				.st_mtim = {sx.stx_mtime.tv_sec, sx.stx_mtime.tv_nsec}});
}

static void do_readlink(struct worker *w)
{
	char text[512];
	struct path p;
	ssize_t n;

	any_path(w, &p);
	say("readlink(");
	say_path(w, &p);
	say(")");
	n = readlinkat(p.dir, p.text, text, sizeof(text) - 1);
	say_result(n);
	if (n < 0)
		return;
	text[n] = '\0';
	say(" ");
	say_text(text);
}

/* --- extended attributes ---------------------------------------------------------------------------------------------- */

static const char *const attributes[] = {"user.a",
					 "user.a",
					 "user.b",
					 "trusted.t",
					 "security.capability",
					 "security.capability",
					 "security.capability",
					 "security.x",
					 "other.x",
					 "user."};

/* A vfs_cap_data of one of the forms, right or wrong; how long it is. */
static size_t capability_value(struct vfs_ns_cap_data *data)
{
	static const uint32_t sets[] = {0,           1u << CAP_CHOWN, 1u << CAP_FOWNER, 1u << CAP_DAC_OVERRIDE,
					0xffffffffu, 1u << CAP_SETUID};
	static const uint32_t revisions[] = {VFS_CAP_REVISION_2, VFS_CAP_REVISION_2, VFS_CAP_REVISION_2,
					     VFS_CAP_REVISION_1, VFS_CAP_REVISION_3, 0x07000000};
	uint32_t revision = pick(revisions);

	memset(data, 0, sizeof(*data));
	data->magic_etc = revision | (one_in(2) ? VFS_CAP_FLAGS_EFFECTIVE : 0) | (one_in(20) ? 2 : 0);
	for (int i = 0; i < 2; i++) {
		data->data[i].permitted = i == 0 || one_in(4) ? pick(sets) : 0;
		data->data[i].inheritable = i == 0 || one_in(4) ? pick(sets) : 0;
	}
	data->rootid = one_in(2) ? 0 : 1000;
	if (revision == VFS_CAP_REVISION_3)
		return XATTR_CAPS_SZ_3;
	return revision == VFS_CAP_REVISION_1 && one_in(2) ? XATTR_CAPS_SZ_1 : XATTR_CAPS_SZ_2;
}

static const char *const lists[] = {"system.posix_acl_access", "system.posix_acl_access", "system.posix_acl_default"};

static const char *any_attribute(void)
{
	return options.acls && one_in(2) ? pick(lists) : pick(attributes);
}

static bool is_list(const char *name)
{
	return strncmp(name, "system.posix_acl_", 17) == 0;
}

static void entry(struct posix_acl_xattr_entry **e, unsigned tag, unsigned id)
{
	*(*e)++ = (struct posix_acl_xattr_entry){.e_tag = (uint16_t)tag, .e_perm = (uint16_t)dice(8), .e_id = id};
}

/* An access control list, mostly a right one; how long it is. */
static size_t list_value(unsigned char *value)
{
	static const unsigned named[] = {0, 100, 1000, 1000, 1001, 1001, 1002};
	struct posix_acl_xattr_header *header = (void *)value;
	struct posix_acl_xattr_entry *e = (void *)(header + 1), *first = e;
	unsigned users = dice(3), groups = dice(3);

	header->a_version = one_in(30) ? 1 : POSIX_ACL_XATTR_VERSION;
	entry(&e, ACL_USER_OBJ, ACL_UNDEFINED_ID);
	for (unsigned i = 0; i < users; i++)
		entry(&e, ACL_USER, pick(named));
	entry(&e, ACL_GROUP_OBJ, ACL_UNDEFINED_ID);
	for (unsigned i = 0; i < groups; i++)
		entry(&e, ACL_GROUP, pick(named));
	if (users + groups > 0 ? !one_in(20) : one_in(4))
		entry(&e, ACL_MASK, ACL_UNDEFINED_ID);
	entry(&e, ACL_OTHER, ACL_UNDEFINED_ID);
	if (one_in(20))
		first[dice((unsigned)(e - first))].e_tag = (uint16_t)dice(0x40);
	if (one_in(20))
		first[dice((unsigned)(e - first))].e_perm = 8;
	return (size_t)((unsigned char *)e - value) - (one_in(20) ? 1 : 0);
}

static void do_setxattr(struct worker *w)
{
	const char *name = any_attribute();
	int flags = one_in(6) ? XATTR_CREATE : one_in(6) ? XATTR_REPLACE : 0;
	bool nofollow = one_in(5);
	unsigned char value[128] __attribute__((aligned(8))) = "value";
	size_t size = dice(6);
	struct path p;

	if (strcmp(name, "security.capability") == 0 && !one_in(10))
		size = capability_value((struct vfs_ns_cap_data *)(void *)value);
	if (is_list(name) && !one_in(20))
		size = list_value(value);
	any_path(w, &p);
	p.dir = AT_FDCWD;
	say(nofollow ? "lsetxattr(" : "setxattr(");
	say_path(w, &p);
	say(", %s, ", name);
	for (size_t i = 0; i < size; i++)
		say("%02x", value[i]);
	say(", %d)", flags);
	if (is_left_out(&p, !nofollow))
		return;
	say_result(nofollow ? lsetxattr(p.text, name, value, size, flags) : setxattr(p.text, name, value, size, flags));
}

static void do_getxattr(struct worker *w)
{
	const char *name = any_attribute();
	bool nofollow = one_in(5);
	unsigned char value[128];
	struct path p;
	ssize_t n;

	any_path(w, &p);
	p.dir = AT_FDCWD;
	say(nofollow ? "lgetxattr(" : "getxattr(");
	say_path(w, &p);
	say(", %s)", name);
	if (is_left_out(&p, !nofollow))
		return;
	n = nofollow ? lgetxattr(p.text, name, value, sizeof(value)) : getxattr(p.text, name, value, sizeof(value));
	say_result(n);
	for (ssize_t i = 0; i < n; i++)
		say("%s%02x", i == 0 ? " " : "", value[i]);
}

static void do_removexattr(struct worker *w)
{
	const char *name = any_attribute();
	struct path p;

	any_path(w, &p);
	p.dir = AT_FDCWD;
	say("removexattr(");
	say_path(w, &p);
	say(", %s)", name);
	if (!is_left_out(&p, true))
		say_result(removexattr(p.text, name));
}

static void do_listxattr(struct worker *w)
{
	struct path p;

	any_path(w, &p);
	p.dir = AT_FDCWD;
	say("listxattr(");
	say_path(w, &p);
	say(")");
	if (!is_left_out(&p, false))
		say_xattrs(p.text);
}

static void do_fxattr(struct worker *w)
{
	const char *name = any_attribute();
	int slot = some_slot(w), kind = (int)dice(3), fd = w->slots[slot];
	char value[64] = "fd";

	say("%s(#%d, %s)", kind == 0 ? "fsetxattr" : kind == 1 ? "fgetxattr" : "fremovexattr", slot, name);
	if (is_left_out_fd(fd))
		return;
	say_result(kind == 0   ? fsetxattr(fd, name, value, 2, 0)
		   : kind == 1 ? fgetxattr(fd, name, value, sizeof(value))
			       : fremovexattr(fd, name));
}

const struct choice attribute_calls[] = {
	{14, do_chmod},      {12, do_chown},    {4, do_utimens},  {4, do_truncate}, {6, do_access},
	{5, do_stat},        {1, do_statx},     {2, do_readlink}, {7, do_setxattr}, {3, do_getxattr},
	{2, do_removexattr}, {2, do_listxattr}, {2, do_fxattr},
};
const unsigned attribute_calls_count = sizeof(attribute_calls) / sizeof(attribute_calls[0]);

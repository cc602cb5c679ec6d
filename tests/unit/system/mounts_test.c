/* The mount table as mount(2) and umount2(2) change it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>

#include "translator/system/mounts.h"

static struct instance *in;

static void add(uint32_t kind, uint32_t flags, const char *point, const char *source)
{
	struct mount_entry e = {.kind = kind, .flags = flags};

	strcpy(e.point, point);
	strcpy(e.source, source);
	strcpy(e.options, "rw,nosuid,relatime");
	cr_assert_eq(instance_add_mount(in, &e), 0);
}

static void set_up(void)
{
	in = mmap(NULL, sizeof(*in), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(in, MAP_FAILED);
	strcpy(in->root, "/host/root");
	add(MOUNT_PROC, MOUNT_BUILT_IN, "/proc", "/proc");
	add(MOUNT_BIND, MOUNT_BUILT_IN, "/dev", "/run/dev");
	add(MOUNT_DEVPTS, MOUNT_BUILT_IN, "/dev/pts", "/dev/pts");
	add(MOUNT_BIND, MOUNT_BUILT_IN | MOUNT_FILE, "/dev/null", "/dev/null");
	add(MOUNT_SYS, MOUNT_BUILT_IN | MOUNT_READ_ONLY, "/sys", "/sys");
	add(MOUNT_BIND, MOUNT_BUILT_IN, "/mnt/host", "/");
}

TestSuite(mounts, .init = set_up);

/* What path shows: the source of the mount that it is in and the rest; "" for the root's own. */
static const char *shown(const char *path)
{
	static char text[2048];
	int i = instance_find_mount(in, 0, path);

	if (i < 0)
		return "";
	snprintf(text, sizeof(text), "%s%s", in->mounts[i].source, path + strlen(in->mounts[i].point));
	return text;
}

static const struct mount_entry *top(const char *path)
{
	return &in->mounts[instance_find_mount(in, 0, path)];
}

static int remove_mount(const char *point, int flags)
{
	char source[1024];

	return mounts_remove(in, 0, point, flags, source);
}

Test(mounts, bind_of_the_roots_own)
{
	cr_assert_eq(mounts_bind(in, 0, "/a/b", "/c", false, false), 0);
	cr_expect_str_eq(shown("/c/d"), "/host/root/a/b/d");
	cr_expect_eq(top("/c")->kind, MOUNT_BIND);
	cr_expect_eq(top("/c")->flags, 0);
	cr_assert_eq(mounts_bind(in, 0, "/etc/passwd", "/c/passwd", true, false), 0);
	cr_expect_eq(top("/c/passwd")->flags, MOUNT_FILE);
	/* A bind of a bind: what it shows. */
	cr_assert_eq(mounts_bind(in, 0, "/c/d", "/e", false, false), 0);
	cr_expect_str_eq(shown("/e"), "/host/root/a/b/d");
}

Test(mounts, bind_of_the_root)
{
	const uint32_t before = in->mount_count;

	cr_assert_eq(mounts_bind(in, 0, "", "/chroot", false, false), 0);
	cr_expect_str_eq(shown("/chroot/etc"), "/host/root/etc");
	cr_expect_str_eq(shown("/chroot/proc"), "/host/root/proc", "without the mounts below it");
	cr_expect_eq(in->mount_count, before + 1);
}

Test(mounts, bind_with_all_below)
{
	cr_assert_eq(mounts_bind(in, 0, "", "/chroot", false, true), 0);
	cr_expect_str_eq(shown("/chroot/proc/1"), "/proc/1");
	cr_expect_eq(top("/chroot/proc")->kind, MOUNT_PROC);
	cr_expect_str_eq(shown("/chroot/dev/null"), "/dev/null");
	cr_expect_str_eq(shown("/chroot/dev/pts/0"), "/dev/pts/0");
	cr_expect_eq(top("/chroot/sys")->flags, MOUNT_READ_ONLY, "no longer built in, still read-only");
	cr_expect_str_eq(shown("/chroot/mnt/host/x"), "//x");
}

Test(mounts, devices_belong_to_their_directory)
{
	cr_assert_eq(mounts_bind(in, 0, "/dev", "/chroot/dev", false, false), 0);
	cr_expect_str_eq(shown("/chroot/dev/null"), "/dev/null");
	cr_expect_str_eq(shown("/chroot/dev/pts"), "/run/dev/pts", "a mount of its own stays behind");
	cr_expect_eq(top("/chroot/dev/null")->flags, MOUNT_FILE | MOUNT_PART);
	cr_expect_eq(remove_mount("/chroot/dev", 0), 0, "parts do not make it busy");
	cr_expect_str_eq(shown("/chroot/dev/null"), "");
	/* And from such a copy again. */
	cr_assert_eq(mounts_bind(in, 0, "/dev", "/a", false, false), 0);
	cr_assert_eq(mounts_bind(in, 0, "/a", "/b", false, false), 0);
	cr_expect_str_eq(shown("/b/null"), "/dev/null");
}

Test(mounts, proc_in_one_piece)
{
	cr_expect_eq(mounts_bind(in, 0, "/proc/sys", "/x", false, false), -EINVAL);
	cr_assert_eq(mounts_bind(in, 0, "/proc", "/x", false, false), 0);
	cr_expect_eq(top("/x")->kind, MOUNT_PROC);
}

Test(mounts, the_hosts_root_has_no_slash_too_many)
{
	cr_assert_eq(mounts_bind(in, 0, "/mnt/host/home", "/home", false, false), 0);
	cr_expect_str_eq(top("/home")->source, "/home");
}

Test(mounts, unmounting)
{
	char source[1024];

	add(MOUNT_TMPFS, 0, "/t", "/run/t/0");
	add(MOUNT_BIND, 0, "/t/inner", "/y");
	cr_expect_eq(remove_mount("/none", 0), -EINVAL);
	cr_expect_eq(remove_mount("/t/other", 0), -EINVAL);
	cr_expect_eq(remove_mount("", MNT_DETACH), -EBUSY);
	cr_expect_eq(remove_mount("/proc", MNT_DETACH), -EBUSY);
	cr_expect_eq(remove_mount("/t", 0), -EBUSY, "something is mounted in it");
	cr_assert_eq(mounts_bind(in, 0, "/t/part", "/elsewhere", false, false), 0);
	cr_expect_eq(mounts_remove(in, 0, "/t", MNT_DETACH, source), 0);
	cr_expect_str_empty(source, "still shown elsewhere");
	cr_expect_str_eq(shown("/t/inner"), "");
	add(MOUNT_TMPFS, 0, "/t", "/run/t/1");
	cr_expect_eq(mounts_remove(in, 0, "/t", 0, source), 0);
	cr_expect_str_eq(source, "/run/t/1");
}

Test(mounts, a_later_mount_hides)
{
	add(MOUNT_BIND, 0, "/a/b", "/1");
	add(MOUNT_BIND, 0, "/a", "/2");
	cr_expect_not(mounts_is_point(in, 0, "/a/b"));
	cr_expect_eq(remove_mount("/a/b", 0), -EINVAL);
	cr_expect_eq(remove_mount("/a", 0), 0, "what it hides does not make it busy");
	cr_expect(mounts_is_point(in, 0, "/a/b"));
	add(MOUNT_BIND, 0, "/a/b", "/3");
	cr_expect_str_eq(shown("/a/b"), "/3");
	cr_expect_eq(remove_mount("/a/b", 0), 0);
	cr_expect_str_eq(shown("/a/b"), "/1");
	cr_expect(mounts_is_point(in, 0, ""));
}

Test(mounts, expiring)
{
	add(MOUNT_BIND, 0, "/a", "/1");
	cr_expect_eq(remove_mount("/a", MNT_EXPIRE), -EAGAIN);
	cr_expect_eq(remove_mount("/a", MNT_EXPIRE), 0);
	cr_expect_eq(remove_mount("/a", MNT_EXPIRE), -EINVAL);
}

Test(mounts, moving)
{
	add(MOUNT_BIND, 0, "/a", "/1");
	add(MOUNT_BIND, 0, "/a/x", "/2");
	add(MOUNT_BIND, 0, "/ab", "/3");
	uint32_t id = top("/a")->id;

	cr_expect_eq(mounts_move(in, 0, "/none", "/b"), -EINVAL);
	cr_expect_eq(mounts_move(in, 0, "/proc", "/b"), -EINVAL);
	cr_expect_eq(mounts_move(in, 0, "/a", "/a/y"), -ELOOP);
	cr_expect_eq(mounts_move(in, 0, "/a", "/b/c"), 0);
	cr_expect_str_eq(shown("/b/c/f"), "/1/f");
	cr_expect_str_eq(shown("/b/c/x/f"), "/2/f");
	cr_expect_str_eq(shown("/a"), "");
	cr_expect_str_eq(shown("/ab"), "/3");
	cr_expect_eq(top("/b/c")->id, id, "it is the same mount");
}

Test(mounts, a_full_table_stays_as_it_is)
{
	while (in->mount_count < INSTANCE_MOUNTS - 2)
		add(MOUNT_BIND, 0, "/x", "/1");
	cr_expect_eq(mounts_bind(in, 0, "", "/chroot", false, true), -ENOSPC);
	cr_expect_eq(in->mount_count, INSTANCE_MOUNTS - 2);
}

Test(mounts, paths_that_do_not_fit)
{
	char longest[600];
	const uint32_t before = in->mount_count;

	memset(longest, 'x', sizeof(longest) - 1);
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	cr_expect_eq(mounts_bind(in, 0, "/a", longest, false, false), -ENAMETOOLONG);
	longest[508] = '\0';
	/* The point fits, that of what comes along does not. */
	cr_expect_eq(mounts_bind(in, 0, "/dev", longest, false, false), -ENAMETOOLONG);
	cr_expect_eq(in->mount_count, before);
}

Test(mounts, remounting)
{
	add(MOUNT_TMPFS, 0, "/t", "/run/t/0");
	strcpy(in->mounts[in->mount_count - 1].options, "rw,nosuid,noatime,size=1m,mode=755");
	cr_expect_eq(mounts_change(in, 0, "/none", MS_RDONLY, ""), -EINVAL);
	cr_expect_eq(mounts_change(in, 0, "", MS_RDONLY, ""), -EINVAL);
	cr_expect_eq(mounts_change(in, 0, "/t", MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NODEV, ""), 0);
	cr_expect_eq(top("/t")->flags, MOUNT_READ_ONLY);
	cr_expect_str_eq(top("/t")->options, "ro,nodev,noatime,size=1m,mode=755");
	cr_expect_eq(mounts_change(in, 0, "/t", MS_REMOUNT | MS_RELATIME, "size=2m"), 0);
	cr_expect_eq(top("/t")->flags, 0);
	cr_expect_str_eq(top("/t")->options, "rw,relatime,size=2m");
	cr_expect_eq(mounts_change(in, 0, "/sys", MS_REMOUNT, ""), -EPERM);
	cr_expect_eq(mounts_change(in, 0, "/sys", MS_REMOUNT | MS_RDONLY, ""), 0);
}

Test(mounts, options_text)
{
	char text[64];

	mounts_options(text, sizeof(text), 0, "");
	cr_expect_str_eq(text, "rw,relatime");
	mounts_options(text, sizeof(text), MS_RDONLY | MS_NOSUID | MS_STRICTATIME, "mode=755,,gid=5");
	cr_expect_str_eq(text, "ro,nosuid,mode=755,gid=5");
	mounts_options(text, sizeof(text), MS_NOATIME | MS_RELATIME, "a=1234567890123456789012345678901234567890,b=12");
	cr_expect_str_eq(text, "rw,noatime,a=1234567890123456789012345678901234567890,b=12");
	mounts_options(text, sizeof(text), MS_NOATIME,
		       "a=1234567890123456789012345678901234567890123456789012345,b=12");
	cr_expect_str_eq(text, "rw,noatime,b=12", "what does not fit is left out whole");
}

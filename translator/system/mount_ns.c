#include "translator/system/mount_ns.h"

#include <errno.h>
#include <stdatomic.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/ids/process.h"
#include "translator/system/tmpfs.h"

#define FILE_PATH_MAX 320

/* The file of a namespace, or the link to it that a task's ns/mnt is. */
static void file_of(const struct instance *in, const char *prefix, uint32_t number, char buf[FILE_PATH_MAX])
{
	(void)str_format(buf, FILE_PATH_MAX, VFS_MOUNT_NS_FILES "/%s%u", in->runtime, prefix, number);
}

/* The file, open: as long as somebody has it open the namespace does not end. */
static int make_file(const struct instance *in, uint32_t number)
{
	char path[FILE_PATH_MAX], text[32];
	int fd, r;

	(void)str_format(path, sizeof(path), VFS_MOUNT_NS_FILES, in->runtime);
	r = (int)host_call(SYS_mkdir, path, 0700);
	if (r < 0 && r != -EEXIST)
		return r;
	(void)str_format(text, sizeof(text), "mnt-%u", number);
	file_of(in, "", number, path);
	r = (int)host_call(SYS_symlink, text, path);
	if (r < 0)
		return r;
	file_of(in, "mnt-", number, path);
	fd = host_open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	return fd;
}

static void remove_file(const struct instance *in, uint32_t number)
{
	char path[FILE_PATH_MAX];

	file_of(in, "mnt-", number, path);
	(void)host_call(SYS_unlink, path);
	file_of(in, "", number, path);
	(void)host_call(SYS_unlink, path);
}

int mount_ns_make(const struct vfs_ns *ns, uint32_t *ret)
{
	struct instance *in = ns->in;
	uint32_t number;
	int r, fd;

	/* What is not used any more goes now: nobody else may come to look. */
	if (in->mount_ns_last != 0)
		mount_ns_collect(ns);
	instance_mounts_lock(in);
	r = instance_copy_mount_ns(in, ns->mount_ns, &number);
	instance_mounts_unlock(in);
	if (r < 0)
		return r;
	fd = make_file(in, number);
	if (fd < 0) {
		instance_mounts_lock(in);
		instance_drop_mount_ns(in, number);
		instance_mounts_unlock(in);
		remove_file(in, number);
		return fd;
	}
	*ret = number;
	return fd;
}

bool mount_ns_of_file(const struct vfs_ns *ns, int fd, uint32_t *ret)
{
	char path[FILE_PATH_MAX], own[FILE_PATH_MAX], text[48];
	struct stat st;
	uint64_t number;
	ssize_t n;

	(void)str_format(text, sizeof(text), "/proc/self/fd/%d", fd);
	n = host_readlinkat(AT_FDCWD, text, path, sizeof(path));
	(void)str_format(own, sizeof(own), VFS_MOUNT_NS_FILES "/mnt-", ns->in->runtime);
	if (n < 0 || !str_starts(path, own) || host_fstat(fd, &st) < 0 || st.st_nlink == 0 ||
	    str_to_u64(path + strlen(own), UINT32_MAX, &number) < 0)
		return false;
	*ret = (uint32_t)number;
	return true;
}

int mount_ns_root(struct instance *in, uint32_t number, char *buf, size_t size)
{
	const char *root = in->root;
	int i, r;

	instance_mounts_lock(in);
	i = instance_find_mount(in, number, "");
	if (i >= 0)
		root = in->mounts[i].source;
	r = (int)str_copy(buf, size, root);
	instance_mounts_unlock(in);
	return r < 0 ? r : 0;
}

/* --- the end ----------------------------------------------------------------------------------------------------------- */

/* Who is asked: is anybody in this namespace, or where nobody can tell? */
struct search {
	struct instance *in;
	uint32_t number;
};

static bool runs_resident(const struct instance *in, pid_t pid)
{
	struct stat st;
	char exe[32];

	str_format(exe, sizeof(exe), "/proc/%d/exe", pid);
	return host_fstatat(AT_FDCWD, exe, &st, 0) == 0 && st.st_dev == in->exe_device && st.st_ino == in->exe_inode;
}

static int is_in(void *arg, pid_t pid)
{
	const struct search *w = arg;
	const struct process_slot *s = instance_find_filled_slot(w->in, pid);

	if (!runs_resident(w->in, pid))
		return 0;
	/* A child that has not called in yet is where its parent was, who may be gone. */
	return s == NULL || s->mount_ns == w->number;
}

/* Somebody has the file open, so that nobody else is given a lease, or is about to make it. */
static bool is_open(const struct instance *in, uint32_t number)
{
	int fd CLEANUP(host_close_at) = -1;
	char path[FILE_PATH_MAX];

	file_of(in, "mnt-", number, path);
	fd = host_open(path, O_RDONLY | O_CLOEXEC, 0);
	return fd < 0 || host_call(SYS_fcntl, fd, F_SETLEASE, F_WRLCK) == -EAGAIN;
}

/* The smallest number of a namespace behind `number` that has mounts; 0 for none. */
static uint32_t next_number(struct instance *in, uint32_t number)
{
	uint32_t next = 0;

	instance_mounts_lock(in);
	for (uint32_t i = 0; i < in->mount_count; i++)
		if (in->mounts[i].ns > number && (next == 0 || in->mounts[i].ns < next))
			next = in->mounts[i].ns;
	instance_mounts_unlock(in);
	return next;
}

/* Takes one of the namespace's mounts away; false when there are none. ret_source: the tmpfs that nothing shows any more, or "". */
static bool drop_one(struct instance *in, uint32_t number, char *ret_source)
{
	uint32_t i = 0;

	ret_source[0] = '\0';
	instance_mounts_lock(in);
	while (i < in->mount_count && in->mounts[i].ns != number)
		i++;
	if (i < in->mount_count) {
		const bool tmpfs = in->mounts[i].kind == MOUNT_TMPFS;
		char source[sizeof(in->mounts[i].source)];
		bool shown = false;

		memcpy(source, in->mounts[i].source, sizeof(source));
		instance_delete_mount(in, (int)i);
		for (uint32_t k = 0; k < in->mount_count && tmpfs; k++) {
			const size_t n = strlen(source);

			shown |= str_starts(in->mounts[k].source, source) &&
				 (in->mounts[k].source[n] == '\0' || in->mounts[k].source[n] == '/');
		}
		if (tmpfs && !shown)
			memcpy(ret_source, source, sizeof(source));
		i = UINT32_MAX;
	}
	instance_mounts_unlock(in);
	return i == UINT32_MAX;
}

void mount_ns_collect(const struct vfs_ns *ns)
{
	char source[sizeof(((struct mount_entry *)0)->source)];
	struct instance *in = ns->in;

	for (uint32_t number = 0; (number = next_number(in, number)) != 0;) {
		struct search w = {in, number};

		if (number == ns->mount_ns || ids_process_each(is_in, &w) != 0 || is_open(in, number))
			continue;
		while (drop_one(in, number, source))
			if (source[0] != '\0')
				tmpfs_remove(ns, source);
		remove_file(in, number);
	}
}

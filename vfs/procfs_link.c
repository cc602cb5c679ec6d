/*
 * The texts of /proc's links, and the host's paths in the guest's terms.
 */
#include <errno.h>

#include "base/host.h"
#include "base/str.h"
#include "base/text.h"
#include "vfs/procfs_internal.h"

#define DELETED " (deleted)"

/* Shared memory without a path of its own: the kernel shows a name at the root of a hidden file system. */
static bool is_kernel_name(const char *text)
{
	static const char *const names[] = {"/memfd:", "/SYSV", "/anon_hugepage", "/[aio]", "/dev/zero"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_starts(text, names[i]))
			return true;
	return false;
}

const char *procfs_below(const char *path, const char *root)
{
	size_t n = strlen(root);

	if (strncmp(path, root, n) != 0)
		return NULL;
	if (path[n] == '\0')
		return "/";
	return path[n] == '/' ? path + n : NULL;
}

/* The text without the suffix that the kernel gives to removed files; the suffix's length. */
static size_t cut_deleted(char *text)
{
	size_t n = strlen(text), suffix = sizeof(DELETED) - 1;

	if (n < suffix || !str_eq(text + n - suffix, DELETED))
		return 0;
	text[n - suffix] = '\0';
	return suffix;
}

/* What is mapped of prepared text is, to the guest, the file that it was made of. */
static size_t show_original(const struct vfs_ns *ns, char *text)
{
	struct text_trailer prepared;

	if (text_read(ns->in->text, text, &prepared))
		memcpy(text, prepared.path, strlen(prepared.path) + 1);
	return strlen(text);
}

size_t procfs_guest_text(const struct vfs_ns *ns, char *text)
{
	static const char view[] = "/memfd:" PROCFS_MEMFD_PREFIX;
	char guest[PATH_MAX];
	size_t n = strlen(text), suffix;
	ssize_t r;

	if (text[0] != '/')
		return n;
	n = show_original(ns, text);
	suffix = cut_deleted(text);
	if (suffix != 0 && str_starts(text, view)) {
		n = strlen(text) - (sizeof(view) - 1);
		memmove(text, text + sizeof(view) - 1, n + 1);
		return n;
	}
	r = suffix != 0 && is_kernel_name(text) ? -ENOENT : vfs_guest_path(ns, text, guest, sizeof(guest));
	if (r >= 0 && (size_t)r + suffix < sizeof(guest)) {
		memcpy(text, guest, (size_t)r);
		n = (size_t)r + suffix;
	}
	/* Also where the text stays: gives back the suffix's first character. */
	memcpy(text + n - suffix, DELETED, suffix);
	text[n] = '\0';
	return n;
}

ssize_t procfs_link_self(const struct vfs_ns *ns, UNUSED const struct procfs_entry *entry, char *buf)
{
	return (ssize_t)str_format(buf, PATH_MAX, "%d", ns->pid);
}

ssize_t procfs_link_thread_self(const struct vfs_ns *ns, UNUSED const struct procfs_entry *entry, char *buf)
{
	return (ssize_t)str_format(buf, PATH_MAX, "%d/task/%d", ns->pid, vfs_tid(ns));
}

/* A process that has ended has neither program nor directories, whatever its slot still says. */
static bool is_gone(const struct vfs_ns *ns, const struct procfs_entry *entry)
{
	struct stat st;

	return entry->pid != ns->pid && host_fstatat(AT_FDCWD, entry->host, &st, 0) == -ENOENT;
}

/* A process names its program from its own root; the reader may have another. */
ssize_t procfs_link_exe(const struct vfs_ns *ns, const struct procfs_entry *entry, char *buf)
{
	char exe[PATH_MAX], root[PATH_MAX], path[2 * PATH_MAX];
	const char *seen;
	ssize_t r = is_gone(ns, entry) ? -ENOENT : procfs_task_path(ns, entry, PROCFS_EXE, exe);

	if (r < 0)
		return r;
	r = procfs_task_path(ns, entry, PROCFS_ROOT, root);
	if (r < 0)
		return r;
	str_format(path, sizeof(path), "%s%s", root, exe);
	seen = procfs_below(path, ns->root_path);
	return str_copy(buf, PATH_MAX, seen != NULL ? seen : path);
}

ssize_t procfs_link_root(const struct vfs_ns *ns, const struct procfs_entry *entry, char *buf)
{
	char root[PATH_MAX];
	const char *seen;
	ssize_t r = is_gone(ns, entry) ? -ENOENT : procfs_task_path(ns, entry, PROCFS_ROOT, root);

	if (r < 0)
		return r;
	seen = procfs_below(root, ns->root_path);
	if (seen == NULL)
		seen = root[0] != '\0' ? root : "/";
	return str_copy(buf, PATH_MAX, seen);
}

bool procfs_leads_out(const struct vfs_ns *ns, const struct procfs_entry *entry)
{
	char root[PATH_MAX];

	return ns->root_path[0] != '\0' && procfs_view(entry)->link == procfs_link_root && !is_gone(ns, entry) &&
	       procfs_task_path(ns, entry, PROCFS_ROOT, root) == 0;
}

ssize_t procfs_link_host(const struct vfs_ns *ns, const struct procfs_entry *entry, char *buf)
{
	ssize_t r = host_readlinkat(AT_FDCWD, entry->host, buf, PATH_MAX);

	return r < 0 ? r : (ssize_t)procfs_guest_text(ns, buf);
}

void procfs_find_mount_ns(const struct vfs_ns *ns, struct procfs_entry *entry)
{
	const uint32_t number = procfs_mount_ns(ns, entry);

	if (number != 0)
		str_format(entry->host, sizeof(entry->host), VFS_MOUNT_NS_FILES "/%u", ns->in->runtime, number);
}

/* "mnt:[INODE]", of the file that stands for it. */
ssize_t procfs_link_mount_ns(const struct vfs_ns *ns, const struct procfs_entry *entry, char *buf)
{
	struct stat st;
	int r;

	if (str_starts(entry->host, "/proc/"))
		return procfs_link_host(ns, entry, buf);
	r = host_fstatat(AT_FDCWD, entry->host, &st, 0);
	return r < 0 ? r : (ssize_t)str_format(buf, PATH_MAX, "mnt:[%lu]", st.st_ino);
}

ssize_t procfs_readlink(const struct vfs_ns *ns, const struct procfs_entry *entry, char *buf, size_t size)
{
	const struct procfs_view *v = procfs_view(entry);
	char text[PATH_MAX];
	ssize_t n;

	if (v->link != NULL)
		n = v->link(ns, entry, text);
	else if (entry->kind == PROCFS_LINK)
		n = str_copy(text, sizeof(text), v->constant);
	else
		lx_bug();
	if (n < 0)
		return n;
	if ((size_t)n > size)
		n = (ssize_t)size;
	memcpy(buf, text, (size_t)n);
	return n;
}

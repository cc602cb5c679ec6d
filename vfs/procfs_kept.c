/*
 * oom_score_adj: a number that a machine's root may set to anything, and that the host lets an ordinary user only raise.
 * Servers and their supervisors lower it and take a refusal for a failure. So what who has CAP_SYS_RESOURCE in the distribution
 * writes is kept in a file of the instance's own, and read from there by all; it does not reach the host's kernel. Without
 * such a file, and for everybody else, it is the host's.
 */
#include <errno.h>
#include <linux/capability.h>

#include "base/host.h"
#include "base/str.h"
#include "vfs/procfs_internal.h"

#define KEPT_PATH_MAX 320

static bool may_set(const struct vfs_ns *ns)
{
	return (ns->creds->cap_effective & 1ull << CAP_SYS_RESOURCE) != 0;
}

/* The file begins as the host's. */
static int make(const struct vfs_ns *ns, const char *path, const char *host)
{
	int from CLEANUP(host_close_at) = host_open(host, O_RDONLY | O_CLOEXEC, 0);
	int to CLEANUP(host_close_at) = -1;
	char text[32], directory[KEPT_PATH_MAX];
	ssize_t n;

	if (from < 0)
		return from;
	n = host_read(from, text, sizeof(text));
	if (n < 0)
		return (int)n;
	str_format(directory, sizeof(directory), "%s/kept", ns->in->runtime);
	(void)host_call(SYS_mkdir, directory, 0700);
	to = host_open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	/* Another thread may have been as quick. */
	if (to < 0)
		return to == -EEXIST ? 0 : to;
	return host_write_full(to, text, (size_t)n);
}

int procfs_open_kept(const struct vfs_ns *ns, const struct procfs_entry *entry, int flags)
{
	const bool init = procfs_is_init(ns, entry->pid);
	uint64_t start = instance_start_of(init ? ns->in->supervisor : entry->pid);
	char path[KEPT_PATH_MAX];
	int fd, r;

	str_format(path, sizeof(path), "%s/kept/oom_score_adj.%d.%lu", ns->in->runtime, entry->pid, start);
	flags &= ~(O_CREAT | O_EXCL);
	fd = host_open(path, flags, 0);
	if (fd != -ENOENT)
		return fd;
	if ((flags & O_ACCMODE) != O_RDONLY && !may_set(ns) && init)
		return -EACCES;
	if ((flags & O_ACCMODE) == O_RDONLY || !may_set(ns) || start == 0)
		return host_open(entry->host, flags, 0);
	r = make(ns, path, entry->host);
	return r < 0 ? r : host_open(path, flags, 0);
}

/*
 * The guest's /proc: the host's, seen through a table of views. Private to vfs/.
 *
 * The mount's resolution asks procfs_lookup() first and then acts on what it says; everything that is not in the table
 * is the host's own. Processes that are not of this instance do not exist here.
 */
#ifndef LX_VFS_PROCFS_H
#define LX_VFS_PROCFS_H

#include "vfs/vfs.h"

enum procfs_kind {
	PROCFS_HOST, /* the host's object at `host`, not followed if it is a link */
	PROCFS_TEXT, /* a file whose content is made here; stat is the host's object at `host` */
	PROCFS_LINK, /* a link whose text procfs_readlink() makes; followed, the text is a guest path */
	PROCFS_MAGIC, /* a link that the kernel follows itself (fd/N, ns/net, map_files/..): open `host` with following */
};

struct procfs_entry {
	enum procfs_kind kind;
	char host[320]; /* the host's path, e.g. /proc/123/status: never below another process's than the guest named */
	size_t used;    /* bytes of `rest` that were consumed: a LINK or MAGIC may stand in the middle of a path */
	pid_t pid, tid; /* whose; 0 outside of /proc/PID */
	unsigned view;  /* index into the table, private */
	/* PROCFS_HOST: opening it for writing answers -EACCES, whatever the host would say: it is not of the guest's
	 * processes, and a caller who is the real root could change the host. */
	bool read_only;
};

/*
 * What `rest` (the path below /proc: no leading slash, no empty or dot components, "" for /proc itself) names.
 * "self" and "thread-self" as a middle component are walked; as the last they are PROCFS_LINK. -ENOENT for hidden
 * processes and absent entries is not always known here: for PROCFS_HOST the host's own answer counts.
 */
MUST_CHECK int procfs_lookup(const struct vfs_ns *ns, const char *rest, struct procfs_entry *ret);

/* PROCFS_TEXT: a new descriptor (memfd, read-only, O_CLOEXEC as in flags) with the content of now. Views that can be
 * written (oom_score_adj) are opened on a file of the instance's own, or the host's. */
MUST_CHECK int procfs_open_text(const struct vfs_ns *ns, const struct procfs_entry *entry, int flags);

/* PROCFS_LINK and PROCFS_MAGIC: the text that the guest sees, not terminated; its length (at most size). */
MUST_CHECK ssize_t procfs_readlink(const struct vfs_ns *ns, const struct procfs_entry *entry, char *buf, size_t size);

/*
 * PROCFS_LINK: true for the root of a task that has the instance's root and is seen from another: no path that the reader has
 * leads there.
 */
MUST_CHECK bool procfs_leads_out(const struct vfs_ns *ns, const struct procfs_entry *entry);

/* True if a listing of the directory `rest` leaves `name` out. */
MUST_CHECK bool procfs_hides(const struct vfs_ns *ns, const char *rest, const char *name);

/*
 * The name that a listing of the directory `rest` shows for the host's `name`: not longer, and the same but for what stands
 * for process 1. procfs_hides() is asked about that name.
 */
const char *procfs_listed(const struct vfs_ns *ns, const char *rest, const char *name);

/* In place: a path below /proc as the host names it, rest, in the guest's terms where it is one of process 1's. */
void procfs_name_init(const struct vfs_ns *ns, char *rest);

/*
 * Who owns the files of a task (entry's pid and tid) in stat: its effective ids as the guest sees them, or 0:0 when it is
 * not dumpable. 0:0 outside of /proc/PID.
 */
void procfs_owner(const struct vfs_ns *ns, const struct procfs_entry *entry, uid_t *ret_uid, gid_t *ret_gid);

/*
 * What ptrace(2) calls access in mode PTRACE_MODE_READ_FSCREDS: may the guest look into the entry's task? Links are read and
 * followed, and private files opened, by who may.
 */
MUST_CHECK bool procfs_may_look(const struct vfs_ns *ns, const struct procfs_entry *entry);

/* What opening the entry needs beside permissions: 0 or -EACCES. */
MUST_CHECK int procfs_may_open(const struct vfs_ns *ns, const struct procfs_entry *entry);

/* True for what a process may open whoever it is and whatever its mode says: its own descriptors. */
MUST_CHECK bool procfs_is_own_list(const struct vfs_ns *ns, const struct procfs_entry *entry);

/*
 * True if pid is a process or thread of the instance: its /proc/PID/exe is the instance's resident. Where that cannot be
 * seen (zombies, what is not dumpable), it has a slot, or a guest is its parent.
 */
MUST_CHECK bool procfs_is_guest(const struct vfs_ns *ns, pid_t pid);

/* True if pid is 1 and no guest is it: the instance's supervisor stands for it, as an init that root started. */
MUST_CHECK bool procfs_is_init(const struct vfs_ns *ns, pid_t pid);

#endif

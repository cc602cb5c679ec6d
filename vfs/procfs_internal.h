/*
 * What the files of procfs share: the table's rows, text in and text out, and who a task is. Theory: procfs.md.
 */
#ifndef LX_VFS_PROCFS_INTERNAL_H
#define LX_VFS_PROCFS_INTERNAL_H

#include <linux/limits.h>

#include "base/attr.h"
#include "base/creds.h"
#include "vfs/procfs.h"
#include "vfs/vfs.h"

/* In front of a text view's guest path in its memfd's name, which /proc/PID/fd shows. */
#define PROCFS_MEMFD_PREFIX "lxrun:"

/* The root's mount ID; those of the mount table begin behind it. Its parent is the mount that nobody sees. */
#define PROCFS_ROOT_MOUNT        19
#define PROCFS_ROOT_MOUNT_PARENT 1

/* --- text out (procfs_text.c) ---------------------------------------------------------------------------------------- */

/* Text on its way into a view's memfd. After the first error nothing more is written; procfs_flush() says which. */
struct procfs_out {
	int fd;
	int error;
	size_t used;
	char buf[4096];
};

void procfs_put(struct procfs_out *o, const char *text, size_t n);
void procfs_puts(struct procfs_out *o, const char *text);
/* Up to 255 bytes. */
void procfs_putf(struct procfs_out *o, const char *format, ...) PRINTF_LIKE(2, 3);
/* Characters of `set`, and those only, become \ooo, as in the kernel's mangle_path(). */
void procfs_put_escaped(struct procfs_out *o, const char *text, const char *set);
/* Drops all text so far. */
void procfs_rewind(struct procfs_out *o);
MUST_CHECK int procfs_flush(struct procfs_out *o);

/* Undoes procfs_put_escaped() for the n bytes at text, into a string; its length, or -ENAMETOOLONG. */
MUST_CHECK ssize_t procfs_unescape(char *to, size_t size, const char *text, size_t n, const char *set);

/* --- text in (procfs_text.c) ----------------------------------------------------------------------------------------- */

/*
 * A file read line by line. A line that is longer than the buffer comes in pieces; one with a path does not, even if each
 * of its characters is escaped.
 */
struct procfs_lines {
	int fd;
	bool inside; /* the last piece did not end its line */
	bool at_end;
	size_t from, to;
	char buf[4 * PATH_MAX + 512];
};

struct procfs_line {
	const char *text; /* valid until the next call; not terminated */
	size_t length;    /* without the newline */
	bool begins;      /* the piece is the beginning of a line */
	bool ends;        /* ... and the end of one: at a newline or at the end of the file */
};

void procfs_read_lines(struct procfs_lines *ret, int fd);
/* 1, 0 behind the last line, or what read answered. */
MUST_CHECK int procfs_next_line(struct procfs_lines *l, struct procfs_line *ret);
/* The piece as it was, with the newline that it had. */
void procfs_put_line(struct procfs_out *o, const struct procfs_line *line);

/* --- the table (procfs.c) -------------------------------------------------------------------------------------------- */

/* Where a text view is made from. */
struct procfs_from {
	const struct vfs_ns *ns;
	const struct procfs_entry *entry;
	int fd; /* the host's file, open for reading */
};

/* What opening a text view for writing does. */
enum procfs_write {
	PROCFS_WRITE_EACCES = 0,
	PROCFS_WRITE_EPERM,
	PROCFS_WRITE_FORGET, /* what is written is taken and forgotten */
};

/*
 * A row of the table. `path` is below /proc; "PID/" in front stands for the directory of a process or of a thread, "INIT/"
 * for that of a process 1 that is no guest, "*" for any one component. A LINK, MAGIC or hidden path covers what is behind it too, a TEXT does not.
 */
struct procfs_view {
	const char *path;
	enum procfs_kind kind;
	/* TEXT: the content, either made or always the same. */
	int (*make)(const struct procfs_from *from, struct procfs_out *o);
	/* LINK, MAGIC: the text into PATH_MAX bytes, terminated; its length. */
	ssize_t (*link)(const struct vfs_ns *ns, const struct procfs_entry *entry, char *buf);
	const char *constant; /* in place of make or link */
	/* What "*" stands for does not exist for the guest. */
	bool (*hidden)(const char *name);
	enum procfs_write write;
	/* Only who may look into the task opens it: the kernel asks beside the mode. Links need no flag. */
	bool private;
	/* TEXT: opens it by itself, also for writing, in place of all of the above. */
	int (*open)(const struct vfs_ns *ns, const struct procfs_entry *entry, int flags);
};

const struct procfs_view *procfs_view(const struct procfs_entry *entry);

/* --- tasks (procfs_process.c, procfs_status.c) ----------------------------------------------------------------------- */

/* A task as the guest sees it. */
struct procfs_identity {
	struct creds creds;
	uint32_t flags; /* enum process_flags */
	uint32_t seccomp_mode;
	int32_t dumpable;
};

void procfs_identity(const struct vfs_ns *ns, pid_t pid, pid_t tid, struct procfs_identity *ret);

/* The mount namespace that a task is in. */
uint32_t procfs_mount_ns(const struct vfs_ns *ns, const struct procfs_entry *entry);

enum procfs_path { PROCFS_EXE, PROCFS_ROOT };

/* The guest path of a task's program or root, as its process names it, into PATH_MAX bytes; its length, or -ENOENT. */
MUST_CHECK ssize_t procfs_task_path(const struct vfs_ns *ns, const struct procfs_entry *entry, enum procfs_path which,
				    char *buf);

/* The process that a task belongs to, and its parent as the host has it; false if there is none. */
MUST_CHECK bool procfs_family(pid_t pid, pid_t *ret_process, pid_t *ret_parent);

/* What a guest is told about a process's parent: 1 stands for all that are not of the instance. */
pid_t procfs_parent(const struct vfs_ns *ns, pid_t pid, pid_t host_parent);

/* A pid at the beginning of the text, as /proc spells it (no zero in front); 0 for anything else. */
pid_t procfs_pid(const char *text, size_t n);

int procfs_make_status(const struct procfs_from *from, struct procfs_out *o);
int procfs_make_stat(const struct procfs_from *from, struct procfs_out *o);

/* --- process 1 (procfs_init.c) --------------------------------------------------------------------------------------- */

#define PROCFS_INIT_EXE "/init"

int procfs_make_init_cmdline(const struct procfs_from *from, struct procfs_out *o);
int procfs_make_init_environ(const struct procfs_from *from, struct procfs_out *o);
int procfs_make_init_sched(const struct procfs_from *from, struct procfs_out *o);
int procfs_make_init_children(const struct procfs_from *from, struct procfs_out *o);
int procfs_make_init_limits(const struct procfs_from *from, struct procfs_out *o);
bool procfs_hides_all(const char *name);
int procfs_refuse(const struct vfs_ns *ns, const struct procfs_entry *entry, int flags);

/* --- paths (procfs_link.c) ------------------------------------------------------------------------------------------- */

/*
 * A path that the host's kernel shows, in PATH_MAX bytes, becomes the guest's, in place. What is no path (sockets,
 * memfds) or cannot be named by the guest stays. The new length.
 */
size_t procfs_guest_text(const struct vfs_ns *ns, char *text);
/* `path` as seen from `root` ("" is the instance's root); NULL if it is not below. */
const char *procfs_below(const char *path, const char *root);

ssize_t procfs_link_self(const struct vfs_ns *ns, const struct procfs_entry *entry, char *buf);
ssize_t procfs_link_thread_self(const struct vfs_ns *ns, const struct procfs_entry *entry, char *buf);
ssize_t procfs_link_exe(const struct vfs_ns *ns, const struct procfs_entry *entry, char *buf);
ssize_t procfs_link_root(const struct vfs_ns *ns, const struct procfs_entry *entry, char *buf);
ssize_t procfs_link_host(const struct vfs_ns *ns, const struct procfs_entry *entry, char *buf);

ssize_t procfs_link_mount_ns(const struct vfs_ns *ns, const struct procfs_entry *entry, char *buf);
/* entry->host of ns/mnt: for all but the first mount namespace it is not the host's. */
void procfs_find_mount_ns(const struct vfs_ns *ns, struct procfs_entry *entry);

int procfs_open_kept(const struct vfs_ns *ns, const struct procfs_entry *entry, int flags);

/* --- other views ----------------------------------------------------------------------------------------------------- */

/* True for an address in lxrun's part of a guest's memory. */
bool procfs_is_resident(uint64_t address);

int procfs_make_maps(const struct procfs_from *from, struct procfs_out *o);
int procfs_make_numa_maps(const struct procfs_from *from, struct procfs_out *o);

int procfs_make_mounts(const struct procfs_from *from, struct procfs_out *o);
int procfs_make_mountinfo(const struct procfs_from *from, struct procfs_out *o);
int procfs_make_mountstats(const struct procfs_from *from, struct procfs_out *o);

int procfs_make_hostname(const struct procfs_from *from, struct procfs_out *o);
int procfs_make_domainname(const struct procfs_from *from, struct procfs_out *o);
int procfs_make_sysvipc(const struct procfs_from *from, struct procfs_out *o);
int procfs_make_net_unix(const struct procfs_from *from, struct procfs_out *o);

#endif

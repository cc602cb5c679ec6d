/*
 * A distribution in a temporary directory with an instance around it, whose resident is this test's own executable: the
 * test and what it forks are guests, what it executes is the host's.
 */
#ifndef LX_TESTS_UNIT_PROCFS_GUEST_H
#define LX_TESTS_UNIT_PROCFS_GUEST_H

#include <criterion/criterion.h>
#include <stdbool.h>
#include <sys/types.h>

#include "vfs/procfs.h"
#include "vfs/vfs.h"

struct guest {
	struct instance *in;
	struct creds creds;
	struct vfs_ns ns;
	char dir[64];  /* all of it: root/ and run/ */
	char root[80]; /* the host's path of the guest's root */
	char runtime[80];
};

void guest_start(struct guest *g);
void guest_end(struct guest *g);

/* A mount table entry; "" for what does not matter. */
void guest_mount(struct guest *g, unsigned kind, unsigned flags, const char *point, const char *source,
		 const char *type);

/* Entries that the guest can see: devices are not among them. */
size_t guest_mounts(const struct guest *g);

/* procfs_lookup() that must succeed and say so of the kind. */
struct procfs_entry guest_lookup(struct guest *g, const char *rest, enum procfs_kind kind);
/* The whole of a text view, or of a host's file; freed by guest_end(). */
char *guest_text(struct guest *g, const char *rest);
char *host_text(const char *path);
/* The text of a LINK or MAGIC, in a buffer that the next call uses again. */
const char *guest_link(struct guest *g, const char *rest);

/* The format with a number in it, in one of a few buffers that take turns. */
const char *with_pid(const char *format, pid_t pid);

/* What stands behind "key:" and its tab in a text like /proc/PID/status, in a buffer that the next call uses again. */
const char *field(const char *text, const char *key);
size_t count_lines(const char *text);

/* Children that wait for their end: one that is the test's own program, one that is another. */
pid_t start_guest(void);
pid_t start_host(void);
/* The pid of a child of a child: sleep(1), waiting. *ret_middle is the one in between. */
pid_t start_grandchild(pid_t *ret_middle);

/* A slot that speaks of the process. */
struct process_slot *guest_slot(struct guest *g, pid_t pid);
void end_child(pid_t pid);
/* Without privileges, as guests are. */
void drop_capabilities(void);

#endif

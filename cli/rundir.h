/*
 * An instance's runtime directory: made before the first guest starts, removed behind the last one.
 *
 *	<base>/rPID-XXXXXX/     0700; PID is who made it
 *		resident        the executable of all guests: this file's identity is how they are recognised
 *		shm             struct instance
 *		r -> the root   a short way to it, for names of sockets
 *		s/              names of sockets that are too long (translator/net)
 *		dev/            the guest's /dev: stand-ins for what is mounted, and links
 *		shmdir/         the guest's /dev/shm
 *		t0/ t1/ ..      a workshop's /tmp and the like
 *		trace           a FIFO for the lines of --trace, where they cannot go straight to their place (trace.h)
 *		pidns           a link whose text is the pid namespace in which PID is meant
 *		ctl             the supervisor's socket (cli/protocol.h)
 *	<base>/d-ID-PIDNS       a link to the runtime directory of the distribution with this id
 *
 * The base is $XDG_RUNTIME_DIR/lxrun, else /dev/shm/lxrun-UID, /tmp/lxrun-UID, $XDG_CACHE_HOME/lxrun or ~/.cache/lxrun:
 * the first that belongs to the caller alone, allows programs to be executed, and leaves room for names of sockets.
 * /dev/shm comes before /tmp because /tmp is often on a disk: there each file of the directory costs ten times as much,
 * and what guests write to the shared memory would be written to the disk, too.
 */
#ifndef LX_CLI_RUNDIR_H
#define LX_CLI_RUNDIR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/instance.h"

/* A runtime directory's path is at most this long: sun_path has 108 bytes for it and for what stands behind it. */
#define RUNDIR_PATH_MAX 63

struct rundir_options {
	const char *root;     /* the host's path of the guest's root directory, absolute, no links in it */
	const char *resident; /* the executable that is copied */
	const char *hostname; /* NULL: the host's */
	const char *distro;   /* NULL: none */
	enum instance_gate gate;
	const char *text; /* where prepared text is (cli/text.h); "" or NULL: nowhere */
	bool no_openat2;  /* do without, even where the host has it */
	bool no_caches;   /* nothing is remembered of paths */
	const char *host; /* where the host's files are seen, a guest path without links; NULL or "": nowhere */
	/*
	 * A workshop, NULL: none. Its programs have `host` as their root, read-only, with /proc, /dev and empty directories for
	 * what is temporary; the instance's root, the only thing that is there to be written, is at this path of that.
	 */
	const char *target;
};

/*
 * Makes a runtime directory and the instance in it: every field but owner, supervisor and trace_path, with the built-in mounts.
 * *ret is mapped shared and never unmapped; its `runtime` is the directory. -errno, with nothing left behind and one
 * sentence for people in message.
 */
MUST_CHECK int rundir_create(const struct rundir_options *o, struct instance **ret, char *message, size_t size);

/* --- the runtime directory of a distribution (rundir_link.c) ----------------------------------------------------------- */

/*
 * Makes the distribution's runtime directory known: in its own base, and in one that every process of the caller's finds,
 * whatever its environment is. Replaces what was known before.
 */
MUST_CHECK int rundir_publish(const char *id, const char *path);
/* Takes that back, where nothing else has been made known since. */
void rundir_withdraw(const char *id, const char *path);
/*
 * The runtime directory that was made known for a distribution whose root directory is root, whether or not its instance still
 * lives: a descriptor, and its path of at most RUNDIR_PATH_MAX bytes. -ENOENT.
 */
MUST_CHECK int rundir_find(const char *id, const char *root, char *ret_path);

/* Who is alive, by the locks that they hold; 0: nobody. Not for those two themselves: asking gives up the caller's own lock. */
struct rundir_alive {
	pid_t supervisor, keeper;
};
struct rundir_alive rundir_alive(int dir);

/*
 * Removes a runtime directory and all that is in it. Follows no links, and does nothing for a path that is not directly
 * in a base of the caller's or is not named like a runtime directory: the path may come from shared memory.
 */
void rundir_remove(const char *path);

/*
 * Removes the runtime directories of instances that are gone: neither who made it, nor its supervisor or keeper, nor a process
 * that runs its resident is there. Where such processes have outlived supervisor and keeper they are killed first. How many
 * directories were removed.
 */
int rundir_sweep(void);

#endif

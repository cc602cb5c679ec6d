/*
 * Distributions: which there are, where their files live, what their configuration says. Links the libc only, since every
 * `lxrun NAME` reads the registry; archives are archive.h's.
 *
 * On disk, below $XDG_DATA_HOME/lxrun (~/.local/share/lxrun):
 *	registry                what this header's struct registry holds; replaced by rename, under registry.lock
 *	registry.damaged-N      one that could not be read: kept aside, the registry was made again from the stores
 *	stores/NAME/            a distribution's location, if it was given no other:
 *	    rootfs/             the files of one of version 1
 *	    disk.ext4           of version 2
 *	    distribution        its registry entry once more, for when the registry is lost
 *
 * Results are >= 0 or -errno; where there is a `struct message`, a sentence for people is in it after a failure.
 */
#ifndef LX_DISTRO_DISTRO_H
#define LX_DISTRO_DISTRO_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

#define DISTRO_NAME_MAX 256

/* One sentence, without a name of the program in front or a newline behind it. */
struct message {
	char text[1024];
};

/* Writes the sentence; m may be NULL: nobody wants to know. */
void message_set(struct message *m, const char *format, ...) PRINTF_LIKE(2, 3);

/* --- names and places ------------------------------------------------------------------------------------------------ */

/* ^[A-Za-z0-9._-]{1,256}$, and not "." or "..". Names are compared without regard to case (distro_name_equal). */
bool distro_name_is_valid(const char *name);
bool distro_name_equal(const char *a, const char *b);

/* The caller's home, absolute; NULL if there is none. */
const char *distro_home(void);
/* $XDG_DATA_HOME/lxrun and $XDG_CONFIG_HOME/lxrun, by their rules; -ENOENT without a home, -ENAMETOOLONG. */
MUST_CHECK int distro_data_path(char *ret, size_t size);
MUST_CHECK int distro_config_path(char *ret, size_t size);
/* Makes a directory and what is missing above it, for the caller alone (0700). One that is there is left as it is. */
MUST_CHECK int distro_make_directories(const char *path);

/* --- the registry ---------------------------------------------------------------------------------------------------- */

enum distro_state {
	DISTRO_INSTALLED,
	/* Being made or changed by a command that is running, or was killed: what is there is not a distribution. */
	DISTRO_INSTALLING,
	DISTRO_CONVERTING,
	DISTRO_EXPORTING,
	DISTRO_UNINSTALLING,
};

struct distro {
	char name[DISTRO_NAME_MAX + 1];
	char id[17];             /* 16 hex digits, its own for life: names change */
	char location[PATH_MAX]; /* absolute, without links when it was registered */
	/*
	 * While it is being moved the other one of its places, else "": what is there is no distribution. Whoever finds that
	 * nobody is at work removes it (cli/move.h).
	 */
	char moving[PATH_MAX];
	int version; /* 1 or 2 */
	enum distro_state state;
	uint32_t default_uid; /* who commands run as; [user] default of its wsl.conf comes first */
	bool oobe_pending;    /* its first-run command (wsl-distribution.conf) is still to be run */
	char flavor[65];      /* os-release's ID and VERSION_ID, "" if unknown */
	char os_version[65];
};

struct registry {
	struct distro *distros; /* in the order of registration */
	size_t count;
	char default_name[DISTRO_NAME_MAX + 1]; /* "" if there is none */
	int default_version;                    /* for new ones */
	int lock;                               /* held by registry_begin, else -1 */
	bool rebuilt; /* it was damaged: message says what was done, at registry_begin and registry_read */
};

#define REGISTRY_EMPTY ((struct registry){.default_version = 1, .lock = -1})

/*
 * Reads it, without a lock: what is read is one state that was written whole. No registry, and no store that one was for, is
 * an empty one. A damaged or lost one is kept aside and made again from the stores (rebuilt, message says so, result 0), in
 * memory only where it cannot be written. -EPROTO: a later lxrun wrote it.
 */
MUST_CHECK int registry_read(struct registry *ret, struct message *message);
/*
 * The same with the lock taken, to be changed: makes the directory, and waits for other holders (the kernel drops a dead one's
 * lock) until for 10 seconds nothing has happened, -EBUSY. Between begin and done nobody else writes. A child that is forked
 * in between and executes nothing holds the lock, too.
 */
MUST_CHECK int registry_begin(struct registry *ret, struct message *message);
/*
 * Writes it, and each distribution's own copy that differs: a new file, synced, renamed over the old one. On failure the old
 * one stays; a copy that cannot be written (its location is gone, or read-only) is no failure. Keeps the lock.
 */
MUST_CHECK int registry_commit(struct registry *r, struct message *message);
/*
 * The same when something comes to its end with d: the copy beside its files is written first. Who is killed meanwhile has not come to
 * the end, and what is left half done is put right with the rest.
 */
MUST_CHECK int registry_settle(struct registry *r, const struct distro *d, struct message *message);
/* Frees, and gives the lock back. Also for an empty one. */
void registry_done(struct registry *r);

/* NULL if there is none of that name. */
struct distro *registry_find(const struct registry *r, const char *name);
/* The name that is most like it, for "did you mean"; NULL if none is. */
const struct distro *registry_nearest(const struct registry *r, const char *name);
/* The default distribution: by name, or the only one; NULL if there is none. */
struct distro *registry_default(const struct registry *r);
/* The distribution with this id; NULL if it is gone. */
struct distro *registry_by_id(const struct registry *r, const char *id);
/* The distribution whose location this is (absolute, without links); NULL if it is nobody's. */
struct distro *registry_at(const struct registry *r, const char *location);
/*
 * Adds a copy with a new id, as the last one of r->distros, which may move. -EEXIST: the name or the location is another's;
 * -EINVAL: the name is none. The first one becomes the default.
 */
MUST_CHECK int registry_add(struct registry *r, const struct distro *d);
/* Another name, also as the default; -EEXIST, -EINVAL. */
MUST_CHECK int registry_rename(struct registry *r, struct distro *d, const char *name);
/* Removes an entry; the default passes to the first that is left. */
void registry_remove(struct registry *r, struct distro *d);
/* The path of a new distribution's location: stores/NAME, or where the configuration's distributionInstallPath says. */
MUST_CHECK int distro_store_path(const char *name, char *ret, size_t size);
/* The path of `rootfs` or `disk.ext4` below its location. */
MUST_CHECK int distro_path(const struct distro *d, const char *name, char *ret, size_t size);

/* --- what its programs asked for in vain ---------------------------------------------------------------------------- */

#define MISSED_CALLS_MAX 600

/* Numbers of system calls that could not be done. Kept in the distribution's location, by whoever runs it. */
struct missed_calls {
	size_t count;
	uint32_t nr[MISSED_CALLS_MAX];
};

/* True if the number is new; also false when there is no more room. */
bool missed_calls_add(struct missed_calls *m, uint32_t nr);
/* Empty where nothing was kept, or nothing of sense. */
void missed_calls_read(const char *location, struct missed_calls *ret);
/* By rename: who reads finds the old ones or the new ones. -errno, and nothing changed. */
MUST_CHECK int missed_calls_write(const char *location, const struct missed_calls *m);

/* --- configuration --------------------------------------------------------------------------------------------------- */

/* What is wrong in a configuration file, a line each: "Unknown key 'a.b' in FILE:LINE". */
struct config_warnings {
	void (*warn)(void *context, const char *sentence);
	void *context;
};

/* /etc/wsl.conf (wsl.md 2.1). Strings are "" where nothing was said. */
struct wsl_conf {
	bool automount_enabled;
	char automount_root[PATH_MAX]; /* "/mnt/" */
	bool automount_fstab;
	bool generate_hosts;
	bool generate_resolv_conf;
	char hostname[65];
	bool use_host_timezone;
	bool interop_enabled;
	bool append_host_path;
	char user_default[257];
	char boot_command[4096];
	bool boot_systemd;
	int64_t boot_init_timeout; /* milliseconds that systemd may take to start, then commands run anyway */
};

/*
 * Reads etc/wsl.conf below root_fd, through no link that leads out of it; every key has its default where the file is missing,
 * cannot be read or says nothing. Keys that WSL knows and lxrun has no use for are taken in silence.
 */
void wsl_conf_read(int root_fd, const struct config_warnings *w, struct wsl_conf *ret);

/* /etc/wsl-distribution.conf (wsl.md 2.3). */
struct wsl_distribution_conf {
	char oobe_command[4096];
	int64_t oobe_default_uid; /* -1: not said */
	char oobe_default_name[DISTRO_NAME_MAX + 1];
};
void wsl_distribution_conf_read(int root_fd, const struct config_warnings *w, struct wsl_distribution_conf *ret);

/* N[B|K|KB|M|MB|G|GB|T|TB] as bytes. */
bool size_read(const char *value, uint64_t *ret);

/* $XDG_CONFIG_HOME/lxrun/config: .wslconfig's keys where they apply. */
struct lxrun_config {
	int64_t instance_idle_timeout;  /* milliseconds, 15000; negative: never */
	int64_t vm_idle_timeout;        /* 60000 */
	char install_path[PATH_MAX];    /* general.distributionInstallPath: instead of stores/ */
	char manifest_url[2048];        /* general.distributionListUrl; LXRUN_MANIFEST comes first */
	char manifest_append_url[2048]; /* general.distributionListUrlAppend: another list, whose entries win */
	int64_t port_offset; /* network.portOffset: added to ports below 1024 that the host forbids; 0: none */
	char backend[33];    /* wsl2.backend; "": automatic */
	char kernel[PATH_MAX];
	uint64_t memory; /* bytes, 0: half of the host's */
	int64_t processors;
	uint64_t swap;
	uint64_t disk_size; /* wsl2.defaultVhdSize: what disks may become; 0: 1 TB */
	bool localhost_forwarding;
	char networking_mode[33];
	char memory_reclaim[33]; /* experimental.autoMemoryReclaim: "disabled", or it is done */
};
void lxrun_config_read(const struct config_warnings *w, struct lxrun_config *ret);

#endif

/*
 * An instance's shared memory: what all processes of one running distribution, and its supervisor, see.
 *
 * One file in the instance's runtime directory, mapped shared by every guest process at INSTANCE_BASE and by the
 * supervisor and lxrun anywhere. Plain data, no pointers. It is made complete by instance_create() before the first
 * guest starts; after that
 *   - `mounts` is written by who holds `mounts_lock`, under `mounts_generation` (odd while it is being written);
 *   - `hostname` and `domainname` are written by privileged guests, whole and ended at every moment;
 *   - a process slot is written by its own process (claimed by compare-and-swap on pid), read by all;
 *   - a new program's slot is claimed and filled by the supervisor, before the program is told that it may start;
 *   - `ipc`, `terminals` and `seen` by everybody, without a lock;
 *   - `sidecar` is written by the supervisor; a payload by who has claimed it;
 *   - `owner` is a robust futex (get_robust_list(2)) of the supervisor's: the kernel sets FUTEX_OWNER_DIED in it when the
 *     supervisor ends in whatever way, and then every guest that makes a translated call ends as well;
 *   - everything else is constant.
 * A layout change changes INSTANCE_VERSION; an instance keeps the resident and the supervisor that it was started with. Who
 * has another version may look at struct instance_head, which never changes, and at the locks on the file: the supervisor
 * and the keeper each hold a byte of it (fcntl(2), F_SETLK), so that who asks is told whether they live, and their pids.
 */
#ifndef LX_BASE_INSTANCE_H
#define LX_BASE_INSTANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/creds.h"
#include "base/ipc.h"
#include "base/layout.h"
#include "base/seen.h"
#include "base/sidecar.h"
#include "base/terminal.h"

#define INSTANCE_MAGIC 0x6e75727876ull
#ifndef INSTANCE_VERSION
#define INSTANCE_VERSION 15
#endif

#define INSTANCE_PATH_MAX 4096
#define INSTANCE_TEXT_MAX 256
#define INSTANCE_MOUNTS   512
#define INSTANCE_SLOTS    4096 /* power of two */
#define INSTANCE_CALLS    512  /* more than the highest call's number */

/* What a mount point shows. */
enum mount_kind {
	MOUNT_NONE = 0, /* a free entry */
	MOUNT_BIND,     /* the host file or directory `source` */
	MOUNT_PROC,     /* the host's /proc through the guest's views (vfs/procfs) */
	MOUNT_SYS,      /* the host's /sys, read-only */
	MOUNT_DEVPTS,   /* the host's /dev/pts */
	MOUNT_TMPFS,    /* a directory of the instance's own, `source` */
};

enum mount_flags {
	MOUNT_READ_ONLY = 1 << 0,
	/* The entry came with the instance, not from a mount(2) of the guest's. */
	MOUNT_BUILT_IN = 1 << 1,
	/* The mount point is a file, not a directory. */
	MOUNT_FILE = 1 << 2,
	/* A part of the mount that it stands in, as a device node of /dev is: copied and removed with it. */
	MOUNT_PART = 1 << 3,
	/* umount2(2) with MNT_EXPIRE was called once. */
	MOUNT_EXPIRING = 1 << 4,
	/* Of mounts that guests made: set-id bits and file capabilities do not count, nothing is executed. */
	MOUNT_NO_SUID = 1 << 5,
	MOUNT_NO_EXEC = 1 << 6,
	/* pivot_root(2) is moving it to the new root. */
	MOUNT_PIVOTS = 1 << 7,
	/* Of the root that was, where the one that is lies over it. */
	MOUNT_HIDDEN = 1 << 8,
};

struct mount_entry {
	uint32_t kind;  /* enum mount_kind */
	uint32_t flags; /* enum mount_flags */
	uint32_t id;    /* mountinfo's mount ID, unique within the instance */
	uint32_t ns;    /* the mount namespace that it belongs to: 0 is the first one */
	char point
		[512]; /* the guest's path, absolute, no links, no trailing slash ("" is the root: of a namespace that pivot_root(2) gave another) */
	char source[1024]; /* the host's path, absolute, no links in it when it was mounted */
	char type[32];     /* what /proc/mounts shows */
	char device[128];  /* its first column */
	char options[128];
};

/*
 * The identities of the directories that hold mount points, in whichever namespace: what a listing must look at. Filled by who first needs them
 * (vfs/dir.c), valid while generation is mounts_generation.
 */
struct mount_parents {
	_Atomic uint32_t lock;
	_Atomic uint32_t generation;
	uint32_t count;
	/* A listing of each of them begins with "." and the inode below: so a listing tells by itself if it is one of theirs. */
	uint32_t tell;
	uint64_t device[INSTANCE_MOUNTS], inode[INSTANCE_MOUNTS];
};

/* A process as the rest of the instance sees it. */
struct process_slot {
	/* Odd while the process changes the slot: readers try again. */
	_Atomic uint32_t sequence;
	/* Of whom the rest speaks: not yet of who has just claimed the slot. */
	_Atomic uint32_t speaks_of;
	uint32_t flags; /* enum process_flags */
	int32_t dumpable;
	uint32_t seccomp_mode; /* as the guest believes it: 0, 1 or 2 */
	uint32_t mount_ns;     /* whose mounts it sees: struct mount_entry */
	struct creds creds;
	/* From execve() to the program it starts: */
	int32_t program_fd;             /* the opened program, inherited; -1 outside of exec */
	int32_t interpreter_fd;         /* its PT_INTERP, likewise; -1 for none */
	int32_t supervisor_fd;          /* PROCESS_FIRST only: where the filter's listener is handed over; else -1 */
	uint64_t signal_mask;           /* what is blocked when the program starts */
	uint64_t ignored;               /* bit n-1: the guest ignores signal n although the host does not know */
	char execfn[INSTANCE_PATH_MAX]; /* the path as execve() was given it: AT_EXECFN */
	char exe[INSTANCE_PATH_MAX];    /* guest path of the running program: /proc/self/exe */
	char root[INSTANCE_PATH_MAX];   /* guest path of the process's root; "" is the instance's */
};

enum process_flags {
	PROCESS_NO_NEW_PRIVS = 1 << 0,
	/* It has had directories of /proc or other views open: relative paths look before they go. */
	PROCESS_VIEW_DIRS = 1 << 1,
	/* It asked to be traced by its parent and is not yet: translator/ptrace. */
	PROCESS_TRACE_ME = 1 << 2,
	/* Not yet in the instance: the resident gives up privileges and installs the filter before it starts the program. */
	PROCESS_FIRST = 1 << 3,
	/* The program that starts may know more than who started it: AT_SECURE. */
	PROCESS_SECURE = 1 << 4,
	/* PROCESS_FIRST only: where the directory cannot be entered the program starts in $HOME, or in /. */
	PROCESS_HOME_ELSE = 1 << 5,
	/* Its calls are traced (--trace). */
	PROCESS_TRACE = 1 << 6,
	/* Somebody traces it or has (ptrace): no prepared text for what it starts. */
	PROCESS_UNPATCHED = 1 << 7,
};

/* On the root directory of a store that may hold stand-ins for device nodes: INSTANCE_DEVICE_NODES is set at its start. */
#define INSTANCE_DEVICES_ATTRIBUTE "user.lxrun.devices"
/* On the root directory of a store that podman or fuse-overlayfs made: INSTANCE_UNMARKED. */
#define INSTANCE_UNMARKED_ATTRIBUTE "user.lxrun.unmarked"

enum instance_features {
	INSTANCE_NO_OPENAT2 = 1 << 0, /* the host has no openat2, or a test says so: walk component by component */
	INSTANCE_NO_XATTRS = 1 << 1,  /* the store takes no user attributes */
	/* The store may hold stand-ins for device nodes: opens look if what they opened is one. */
	INSTANCE_DEVICE_NODES = 1 << 3,
	/* The supervisor keeps a sidecar: sidecar below is its index, and INSTANCE_CALL_SIDECAR writes to it. */
	INSTANCE_SIDECAR = 1 << 4,
	/*
	 * The store was made by podman or fuse-overlayfs, whose files have the attribute and no mark: all files are looked at. Set at
	 * a start that finds the root directory so, and from then on by INSTANCE_UNMARKED_ATTRIBUTE.
	 */
	INSTANCE_UNMARKED = 1 << 5,
	/* Nothing is remembered of paths and owners (seen below): a test says so. */
	INSTANCE_NO_CACHES = 1 << 6,
};

enum instance_gate {
	INSTANCE_GATE_TRAP = 0,
	INSTANCE_GATE_NOTIFY,
	INSTANCE_GATE_PTRACE,
};

#define INSTANCE_UNKNOWN_CALL (1ull << 32)

/*
 * What an instance call says beyond its three words. Who calls takes an area (instance_claim_payload), fills it, calls, and
 * gives it back; the supervisor copies it before it looks at it.
 */
#define INSTANCE_PAYLOADS     16
#define INSTANCE_PAYLOAD_SIZE (SIDECAR_RECORD_MAX + 64)

struct instance_payload {
	_Atomic uint32_t holder; /* the tid of who has it, 0 for nobody */
	uint32_t unused;
	unsigned char bytes[INSTANCE_PAYLOAD_SIZE];
};

/* The bytes of the file that are locked by who is alive. */
enum instance_lock {
	INSTANCE_LOCK_SUPERVISOR = 0,
	INSTANCE_LOCK_KEEPER = 1,
};

struct instance {
	/* These are the same in all versions: struct instance_head. */
	uint64_t magic;
	uint32_t version;
	uint32_t size;
	_Atomic uint32_t owner; /* the supervisor's tid, FUTEX_OWNER_DIED when it has ended, 0 before it begins */
	uint32_t unused;

#ifdef INSTANCE_SKEW
	/* A layout that no version has: LX_INSTANCE_VERSION of CMakeLists.txt. */
	char skew[INSTANCE_SKEW];
#endif
	uint32_t features;                /* enum instance_features */
	uint32_t gate;                    /* enum instance_gate */
	uint32_t host_uid, host_gid;      /* whose files these are */
	uint64_t root_device, root_inode; /* identity of the guest's root directory */
	uint64_t exe_device, exe_inode;   /* identity of this instance's resident: how its processes are recognised */
	pid_t supervisor;
	uint64_t started; /* when who made the instance was started, as instance_start_of(): before all guests */
	char root[INSTANCE_PATH_MAX]; /* the host's path of the root directory, no links in it */
	char runtime[256];            /* the host's path of the runtime directory: resident, shm, r -> root, s/, dev/ */
	char hostname[65];
	char domainname[65]; /* "" until a guest sets one */
	char distro[257];
	char trace_path[INSTANCE_PATH_MAX]; /* where --trace writes; "" is none */
	char text[INSTANCE_TEXT_MAX];       /* the host's path of the prepared text (base/text.h); "" is none */

	/*
	 * Bumped by renames and removals of directories, by changed permissions of directories, by mounts, and by links that come to
	 * be or move and may lead to another place for the guest than on the host.
	 */
	_Atomic uint64_t generation;

	/* The pid of who is changing the mounts, 0 for nobody. */
	_Atomic uint32_t mounts_lock;
	_Atomic uint32_t mounts_generation;
	uint32_t mount_count;
	uint32_t mount_ns_last; /* the last mount namespace that was made; the first one is 0 */
	/* One bit per hash (instance_name_bit) of every component of every mount point, and of the last ones: a path without
	 * any of those cannot cross a mount. */
	uint64_t mount_names, mount_lasts;
	struct mount_entry mounts[INSTANCE_MOUNTS];
	struct mount_parents mount_parents;

	/* --trace's summary, by call number. */
	struct {
		_Atomic uint64_t count, nanoseconds;
	} calls[INSTANCE_CALLS];
	/* The first different numbers that were called and that the table does not know, each with INSTANCE_UNKNOWN_CALL. */
	_Atomic uint64_t unknown_calls[16];
	/* A bit for each call that the table knows and that was answered as it was only because something is missing here. */
	_Atomic uint64_t missed_calls[INSTANCE_CALLS / 64];
	/* For instance calls (base/instance_call.h): the last id that was given to one, and what tells one from a guess. */
	_Atomic uint64_t call_ids;
	uint64_t call_key;
	struct instance_payload payloads[INSTANCE_PAYLOADS];
	struct ipc_table ipc;
	struct terminal_table terminals;

	/* Whose slot each is: the host's pid, 0 for a free one. Apart from the slots, so that a search touches few pages. A
	 * slot whose process is gone may be taken over by anyone. */
	_Atomic uint32_t pids[INSTANCE_SLOTS];
	struct process_slot slots[INSTANCE_SLOTS];

	struct seen_table seen;

	/* The supervisor's to write. The last and largest: what is not used of it is never touched. */
	struct sidecar_index sidecar;
};

struct instance_head {
	uint64_t magic;
	uint32_t version;
	uint32_t size;
	_Atomic uint32_t owner;
	uint32_t unused;
};
_Static_assert(offsetof(struct instance, version) == offsetof(struct instance_head, version) &&
		       offsetof(struct instance, size) == offsetof(struct instance_head, size) &&
		       offsetof(struct instance, owner) == offsetof(struct instance_head, owner) &&
		       offsetof(struct instance, unused) + sizeof(uint32_t) == sizeof(struct instance_head),
	       "the head of struct instance");

/* The bit of a path component in mount_names. */
static inline uint64_t instance_name_bit(const char *name, size_t length)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < length; i++)
		h = (h ^ (unsigned char)name[i]) * 16777619u;
	return 1ull << (h & 63);
}

/*
 * The slot of a process, or NULL. Never waits. The slot can change hands at any time after the process ended, so what
 * is read of another process is a hint that must be sane whatever it says.
 */
struct process_slot *instance_find_slot(struct instance *in, pid_t pid);

/* The same, or NULL as long as the slot does not speak of the process yet: for who wants to know what it says. */
struct process_slot *instance_find_filled_slot(struct instance *in, pid_t pid);
/* Who has claimed the slot has filled it. */
void instance_slot_is_filled(struct process_slot *s, pid_t pid);

/*
 * A slot for the calling process: its own old one, a free one, or one whose process is gone (asked by kill(pid, 0)).
 * NULL when all near its place are taken by living processes.
 */
struct process_slot *instance_claim_slot(struct instance *in, pid_t pid);

/*
 * A payload area for the thread tid, which waits for one if it must: one whose holder is gone may be taken over. NULL: the
 * supervisor answers nobody.
 */
struct instance_payload *instance_claim_payload(struct instance *in, pid_t tid);
void instance_release_payload(struct instance_payload *p);
/* Fills it with what INSTANCE_CALL_SIDECAR takes: the size, or sidecar_encode()'s -errno. */
MUST_CHECK long instance_payload_record(struct instance_payload *p, const struct sidecar_record *record);

/* When a process started, in the host's ticks since its boot: pids are used again. 0 if it is gone. */
uint64_t instance_start_of(pid_t pid);

/* What was called and is not there: a number of the table's, or one that it does not know. Once per number it costs something. */
void instance_note_missed(struct instance *in, uint32_t nr);
void instance_note_unknown(struct instance *in, uint32_t nr);

/*
 * Changing the mounts. Between lock and unlock the caller is the only writer, so what it reads stays. Readers do not
 * lock. Nobody waits for a process that died with the lock, whatever it was doing: the next one repairs the table.
 */
void instance_mounts_lock(struct instance *in);
void instance_mounts_unlock(struct instance *in);

/* The functions below are called with the lock held. */

/* The index of the mount of namespace ns that a guest path (of the instance, absolute, no links or dots) is in; -1: the root. */
int instance_find_mount(const struct instance *in, uint32_t ns, const char *path);
/* The new mount is on top of all others. Its id is the entry's, or a new one if that is 0. -ENOSPC: the table is full. */
MUST_CHECK int instance_insert_mount(struct instance *in, const struct mount_entry *entry);
void instance_replace_mount(struct instance *in, int index, const struct mount_entry *entry);
void instance_delete_mount(struct instance *in, int index);

/*
 * A new mount namespace with the mounts of `from`: its number, never 0. What came with the instance is in it as if it had been
 * mounted by guests. -ENOSPC.
 */
MUST_CHECK int instance_copy_mount_ns(struct instance *in, uint32_t from, uint32_t *ret);
/* All that is mounted in a namespace is not any more. */
void instance_drop_mount_ns(struct instance *in, uint32_t ns);

/*
 * Both with the lock taken by themselves. Adds a mount with an id of its own; -ENOSPC when the table is full. Removes
 * the topmost one at point; -EINVAL if there is none.
 */
MUST_CHECK int instance_add_mount(struct instance *in, const struct mount_entry *entry);
MUST_CHECK int instance_remove_mount(struct instance *in, uint32_t ns, const char *point);

#endif

/*
 * What the id and capability calls do to a struct creds: credentials(7) and capabilities(7) as code, nothing else.
 *
 * Every function changes *c only when it succeeds, and returns 0 (or the value that the call answers) or -errno. Guest
 * memory, the instance and the process are not known here, so that the rules can be compared with a real kernel's.
 */
#ifndef LX_TRANSLATOR_IDS_RULES_H
#define LX_TRANSLATOR_IDS_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/creds.h"

MUST_CHECK int creds_setuid(struct creds *c, uint32_t uid);
MUST_CHECK int creds_setgid(struct creds *c, uint32_t gid);
/* An id of -1 stays as it is. */
MUST_CHECK int creds_setreuid(struct creds *c, uint32_t ruid, uint32_t euid);
MUST_CHECK int creds_setregid(struct creds *c, uint32_t rgid, uint32_t egid);
MUST_CHECK int creds_setresuid(struct creds *c, uint32_t ruid, uint32_t euid, uint32_t suid);
MUST_CHECK int creds_setresgid(struct creds *c, uint32_t rgid, uint32_t egid, uint32_t sgid);
/* The id before the call, whether or not it was allowed to change: these two calls have no errors. */
uint32_t creds_setfsuid(struct creds *c, uint32_t fsuid);
uint32_t creds_setfsgid(struct creds *c, uint32_t fsgid);

/* The three user ids whose becoming or ceasing to be 0 moves capabilities. */
struct creds_uids {
	uint32_t real, effective, saved;
};

/* What capabilities do when the user ids were `old` and are now what *c says. */
void creds_uids_changed(struct creds *c, const struct creds_uids *old);
/* The same for the file system's user id on its own. */
void creds_fsuid_changed(struct creds *c, uint32_t old);

/*
 * The kernel's commit_creds(): who changed from old to next like this may know more than one who would look at it, so it is
 * no longer dumpable and loses its parent-death signal.
 */
MUST_CHECK bool creds_protect(const struct creds *old, const struct creds *next);

MUST_CHECK int creds_capset(struct creds *c, uint64_t effective, uint64_t permitted, uint64_t inheritable);

/* The operations of prctl(2), with its arguments as the guest gave them. */
MUST_CHECK int creds_bounding_read(const struct creds *c, uint64_t cap);
MUST_CHECK int creds_bounding_drop(struct creds *c, uint64_t cap);
/* PR_CAP_AMBIENT_IS_SET. */
MUST_CHECK int creds_ambient_read(const struct creds *c, uint64_t cap, uint64_t arg4, uint64_t arg5);
/* The other operations of PR_CAP_AMBIENT. */
MUST_CHECK int creds_ambient(struct creds *c, uint64_t op, uint64_t cap, uint64_t arg4, uint64_t arg5);
MUST_CHECK int creds_set_securebits(struct creds *c, uint64_t bits);
MUST_CHECK int creds_get_keepcaps(const struct creds *c);
MUST_CHECK int creds_set_keepcaps(struct creds *c, uint64_t keep);

/* A program's file, as far as it matters to who runs it. On a nosuid mount it has neither bits nor capabilities. */
struct creds_exec_file {
	uint32_t uid, gid, mode;
	bool readable; /* to who runs it */
	bool has_caps; /* security.capability, see creds_file_caps() */
	bool cap_effective;
	uint64_t cap_permitted, cap_inheritable;
};

/* Why a program must not get more than who executes it has. */
enum creds_exec_unsafe {
	CREDS_NO_NEW_PRIVS = 1 << 0,
	CREDS_TRACED = 1 << 1, /* by somebody without CAP_SYS_PTRACE */
};

/* What exec decides by the way. */
struct creds_exec_effect {
	bool secure;             /* AT_SECURE */
	bool dumpable;           /* PR_GET_DUMPABLE afterwards */
	bool keeps_death_signal; /* PR_SET_PDEATHSIG stays */
	bool resets_personality; /* the bits of personality(2) that weaken a program are cleared */
	bool protected;          /* as creds_protect() says of the change */
};

/* Reads the extended attribute's value into file's last four members. -EINVAL for what is none: exec fails with it. */
MUST_CHECK int creds_file_caps(const void *value, size_t size, struct creds_exec_file *file);
/* -EPERM where the file's capabilities cannot all be had. */
MUST_CHECK int creds_exec(struct creds *c, const struct creds_exec_file *file, unsigned unsafe,
			  struct creds_exec_effect *ret);

#endif

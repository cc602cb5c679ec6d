/*
 * What the id and capability calls do to a struct creds: credentials(7) and capabilities(7) as code, nothing else.
 *
 * Every function changes *c only when it succeeds, and returns 0 (or the value that the call answers) or -errno. Guest
 * memory, the instance and the process are not known here, so that the rules can be compared with a real kernel's.
 */
#ifndef LX_TRANSLATOR_IDS_RULES_H
#define LX_TRANSLATOR_IDS_RULES_H

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

#endif

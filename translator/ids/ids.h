/*
 * The guest's identities, as other handlers ask for them. Theory: translator/ids/README.md.
 */
#ifndef LX_TRANSLATOR_IDS_IDS_H
#define LX_TRANSLATOR_IDS_IDS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/creds.h"
#include "translator/translator.h"

/*
 * Makes *next the calling thread's identity, with what belongs to every change of one: a process that changed its
 * effective ids or gained capabilities is no longer dumpable and has no parent-death signal (prctl(2)).
 */
void tr_creds_commit(struct tr_call *c, const struct creds *next);

/* What execve(2) makes of the caller besides a new image. */
struct tr_exec_identity {
	struct creds creds;
	bool secure; /* AT_SECURE */
	int dumpable;
	bool keeps_death_signal; /* else PR_SET_PDEATHSIG is 0 afterwards */
	bool resets_personality; /* else personality(2) stays; if so it loses PER_CLEAR_ON_SETID */
};

/*
 * Who the caller will be if it executes the program (for a script: its interpreter) that is open as fd; st is vfs_fstat's
 * answer. Set-user-ID bits, file capabilities (neither with no_suid), NO_NEW_PRIVS and a tracer count. -EPERM, or -EINVAL for
 * a damaged security.capability, as execve(2) answers.
 */
MUST_CHECK int tr_creds_exec(struct tr_call *c, int fd, const struct stat *st, bool no_suid,
			     struct tr_exec_identity *ret);

/*
 * Who another process or thread of the instance is; a thread other than the caller counts as its process. -ESRCH if
 * there is no such process.
 */
MUST_CHECK int tr_creds_of(struct tr_call *c, pid_t pid, struct creds *ret);

/* True if kill(2) and its kin find pid: a process or thread of the instance, running or not yet waited for. */
MUST_CHECK bool tr_pid_visible(struct tr_call *c, pid_t pid);

/* True if pid is 1 and no guest is it: an init that handles no signal. It has creds, and nothing is asked of the host for it. */
MUST_CHECK bool tr_is_init(struct tr_call *c, pid_t pid);

/* What a signal to that init answers: permission counts, then nothing happens. */
MUST_CHECK int tr_signal_init(struct tr_call *c, int sig);

/* May the caller send sig to pid, which is visible? 0, or -EPERM, -ESRCH; -EINVAL for a number that is no signal. */
MUST_CHECK int tr_may_signal(struct tr_call *c, pid_t pid, int sig);

/*
 * May the caller look into pid's memory or take its descriptors (ptrace(2), "Ptrace access mode checking")? By its real ids and what
 * it may permit itself (PTRACE_MODE_REALCREDS), or by those that count for files (PTRACE_MODE_FSCREDS). pid is visible, or one's own
 * process's thread, which may always. 0, -EPERM or -ESRCH.
 */
enum tr_access_by {
	TR_ACCESS_BY_REAL,
	TR_ACCESS_BY_FS,
};
MUST_CHECK int tr_may_access(struct tr_call *c, pid_t pid, enum tr_access_by by);

#endif

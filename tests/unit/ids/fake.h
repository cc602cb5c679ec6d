/*
 * What the handlers of translator/ids need around them, without an instance or a gate: one guest process, the calling
 * one, whose guest memory is its own, and a table of slots for other guests.
 */
#ifndef LX_TESTS_UNIT_IDS_FAKE_H
#define LX_TESTS_UNIT_IDS_FAKE_H

#include "translator/ids/ids.h"
#include "translator/translator.h"

struct fake {
	struct instance *in;
	struct tr_process process;
	struct tr_call call;
	/* Pids that are guests besides those that have a slot; 0 ends the list. */
	pid_t guests[16];
	/* How often the instance was told of a change. */
	int creds_changed, process_changed;
	/* The last tr_seccomp_set(), and what it answers. */
	uint32_t seccomp_op;
	uint64_t seccomp_program;
	long seccomp_result;
};

/* The process that the functions below and the translator's hooks speak of. */
extern struct fake fake;

/* The calling process as a guest with this identity. */
void fake_begin(const struct creds *creds);
/* Another guest. */
void fake_slot(pid_t pid, const struct creds *creds);

/* Root with everything: uid and gid 0, all capabilities. */
struct creds fake_root(void);
/* An ordinary user without any. */
struct creds fake_user(uint32_t id);

/* The identity of a process as /proc/PID/status tells it, and its securebits where it is the caller itself. */
int fake_read_creds(pid_t pid, struct creds *ret);

/* Everything that differs between the kernel's and the handlers' identity, as text; empty if nothing does. */
void fake_differences(const struct creds *kernel, const struct creds *model, char *ret, size_t size);

#endif

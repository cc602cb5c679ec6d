/* Private to cli/supervisor*.c and cli/keeper.c. */
#ifndef LX_CLI_SUPERVISOR_STATE_H
#define LX_CLI_SUPERVISOR_STATE_H

#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "cli/guests.h"
#include "cli/supervisor.h"
#include "translator/supervisor/instance_calls.h"

/* Who has a right to the instance's life. */
enum member_kind {
	MEMBER_CONNECTION, /* somebody has connected, and may be about to become a program */
	MEMBER_LISTENER,   /* a program, and all that it has started: the listener of their filter */
};

struct member {
	enum member_kind kind;
	int fd;
	pid_t pid;
	bool traced; /* --trace ends with it */
};

struct supervisor {
	const struct supervisor_options *o;
	struct instance *in;
	struct guests guests;
	int ctl, signals;
	int wake;   /* an eventfd: a thread has ended */
	int memory; /* the file of the shared memory: closing it would give the lock up */
	pid_t keeper;
	int keeper_fd; /* a pidfd */
	struct member *members;
	struct pollfd *polled; /* FIXED_POLLS, then one for each member */
	size_t count, room;
	_Atomic unsigned threads; /* that serve guests */
	_Atomic bool ending;      /* a guest has asked for the end */
	int64_t hurried;          /* when somebody last waited for the end of an idle instance; 0 */
	struct instance_calls calls;
	struct sidecar *sidecar; /* NULL: it cannot be read or written */
	int sidecar_dir;
	unsigned char *sidecar_record; /* INSTANCE_PAYLOAD_SIZE bytes for the call that is served */
};

/* --- supervisor.c ------------------------------------------------------------------------------------------------------ */

/* Does not return. Everything is set up. */
NORETURN void supervisor_serve(struct supervisor *s);

/* --- supervisor_member.c ----------------------------------------------------------------------------------------------- */

void member_add(struct supervisor *s, enum member_kind kind, int fd, pid_t pid);
/* Somebody connects to ctl. */
void member_accept(struct supervisor *s);
/* What poll(2) has found at a member. False if the member is no more. */
MUST_CHECK bool member_serve(struct supervisor *s, struct member *m, short events);

/* --- supervisor_join.c ------------------------------------------------------------------------------------------------- */

struct protocol_packet;

/* Answers a request that came in on a connection. */
void join_serve(struct supervisor *s, struct member *m, struct protocol_packet *p);
/* Serves a listener that the notify gate needs, in a thread. */
MUST_CHECK int join_notify(struct supervisor *s, int listener);

/* --- supervisor_call.c ------------------------------------------------------------------------------------------------- */

/* From now on s->calls answers. */
void calls_begin(struct supervisor *s);

/* --- supervisor_sidecar.c ---------------------------------------------------------------------------------------------- */

/* Opens the sidecar and fills the index: before there are guests. INSTANCE_SIDECAR is set if that works. */
MUST_CHECK int sidecar_begin(struct supervisor *s);
/* INSTANCE_CALL_SIDECAR, one at a time. */
MUST_CHECK int sidecar_keep(struct supervisor *s, uint64_t area, uint64_t size);
/* INSTANCE_CALL_SIDECAR_READ */
MUST_CHECK int sidecar_tell(struct supervisor *s, uint64_t area, uint64_t size);
/* To the disk, what is not there yet. */
void sidecar_store(struct supervisor *s);

/* --- keeper.c ---------------------------------------------------------------------------------------------------------- */

/* Starts the process that ends the guests when this one is killed: s->keeper and s->keeper_fd. */
void keeper_start(struct supervisor *s);
/* It is gone, or not needed any more. */
void keeper_end(struct supervisor *s);

#endif

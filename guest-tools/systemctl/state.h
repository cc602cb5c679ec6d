/*
 * What became of a unit: /run/lxrun/units/NAME, written whole by the unit's monitor. It speaks of one run of the instance,
 * and what it says of processes is asked again when it is read: /run may outlive both.
 */
#ifndef LX_GUEST_TOOLS_STATE_H
#define LX_GUEST_TOOLS_STATE_H

#include "guest-tools/systemctl/processes.h"

#define STATE_DIRECTORY "/run/lxrun/units"
#define INVOCATION_SIZE 33 /* 32 hexadecimal digits and a NUL */

enum active_state { STATE_INACTIVE, STATE_ACTIVATING, STATE_ACTIVE, STATE_DEACTIVATING, STATE_FAILED };

struct state {
	enum active_state active;
	const char *sub;    /* "running", "exited", "dead", "start", "stop" ... */
	const char *result; /* "success", "exit-code", "signal", "timeout" ... */
	char text[256];     /* what the service says of itself (STATUS= of sd_notify) */
	struct process monitor, main;
	char invocation[INVOCATION_SIZE];
	int main_status; /* of waitpid(2), once the main process has ended */
	bool main_ended;
	long since; /* seconds since the epoch */
	unsigned restarts;
	bool outside; /* not started by us: its init script or its PID file says that it runs */
};

const char *state_active_name(enum active_state active);
/* A unit that nobody started is inactive. */
void state_read(struct pool *p, const char *name, struct state *ret);
MUST_CHECK int state_write(const char *name, const struct state *s);
/* The directory of states; the user must be root. */
MUST_CHECK int state_prepare(void);
void state_forget(const char *name);
/* STATE_DIRECTORY/NAME<suffix> */
char *state_path(struct pool *p, const char *name, const char *suffix);
/* All units of which there is a state. */
void state_names(struct pool *p, struct list *ret);
/* Waits until no other systemctl is at the unit. The descriptor keeps others away until it is closed. */
MUST_CHECK int state_lock(struct pool *p, const char *name);

#endif

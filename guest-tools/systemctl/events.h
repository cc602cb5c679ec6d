/*
 * What the monitor of a service waits for: its children's ends (it adopts the service's orphans), messages on NOTIFY_SOCKET,
 * the request to stop (SIGTERM), and time.
 */
#ifndef LX_GUEST_TOOLS_EVENTS_H
#define LX_GUEST_TOOLS_EVENTS_H

#include "guest-tools/systemctl/service.h"

struct events {
	struct service *s;
	int signals, notify;
	pid_t control; /* a command that is being waited for; 0: none */
	bool control_ended;
	int control_status;
	bool stop;     /* asked to */
	bool ready;    /* READY=1 came */
	bool children; /* there are some */
};

#define EVENTS_NEVER (-1L)

/* listen: make NOTIFY_SOCKET, if the service wants one. */
MUST_CHECK int events_init(struct events *e, struct service *s, bool listen);
void events_done(struct events *e);
/* Milliseconds of a clock that only goes forward; and that in `after`, which may be EVENTS_NEVER. */
long events_now(void);
long events_deadline(long after);

/* Waits for something to happen, until the deadline or, where that is sooner, `tick` milliseconds. */
void events_wait(struct events *e, long deadline, long tick);
bool events_late(long deadline);

#endif

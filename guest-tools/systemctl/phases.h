/* The phases of a service's life, each from its beginning to its end. Results are words of `systemctl show -p Result`. */
#ifndef LX_GUEST_TOOLS_PHASES_H
#define LX_GUEST_TOOLS_PHASES_H

#include "guest-tools/systemctl/events.h"

/* Up to where the service counts as started. NULL: it has; "skipped": ExecCondition= said no. */
const char *phase_start(struct events *e);
/* Until it has ended by itself or is asked to stop. */
const char *phase_run(struct events *e);
/* ExecStop= if `orderly`, signals, ExecStopPost=. `result` is what is known so far; returns what it is then. */
const char *phase_stop(struct events *e, bool orderly, const char *result);

/* Runs ExecReload=, from any process. "success" or why not. */
const char *phase_reload(struct service *s);

/* Notes what the service is doing, for others to see. */
void phase_note(struct service *s, enum active_state active, const char *sub);

#endif

/*
 * A service's monitor: a process of ours that starts it, is its parent, watches it, starts it again where Restart= says so,
 * and ends it when it is told to (SIGTERM). It is there as long as the service has processes.
 */
#ifndef LX_GUEST_TOOLS_MONITOR_H
#define LX_GUEST_TOOLS_MONITOR_H

#include "guest-tools/systemctl/service.h"

/*
 * Starts the service in a new monitor and, if `wait`, waits until it is started. 0: it is; 1: it is not, and *ret_result
 * says why in systemd's words, in the unit's pool. -errno: no monitor could be made.
 */
MUST_CHECK int monitor_start(struct service *s, bool wait, const char **ret_result);

/*
 * Ends it and waits until it is. A service without a monitor (it was killed, or others started the service) gets one for
 * this. Results as above.
 */
MUST_CHECK int monitor_stop(struct service *s, bool wait, const char **ret_result);

/* argv of main(), which a monitor overwrites with what ps is to show. May be NULL. */
extern char **title_words;

#endif

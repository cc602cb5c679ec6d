/*
 * The sockets of a service that has NAME.socket: made when the service starts and passed to it (LISTEN_FDS). Nobody listens on
 * them before, so nothing is started by a connection.
 */
#ifndef LX_GUEST_TOOLS_SOCKETS_H
#define LX_GUEST_TOOLS_SOCKETS_H

#include "guest-tools/systemctl/service.h"

/* Fills in s->sockets and s->socket_fds. */
MUST_CHECK int sockets_open(struct service *s);
/* Removes their names from the file system, where RemoveOnStop= says so. */
void sockets_remove(struct service *s);

#endif

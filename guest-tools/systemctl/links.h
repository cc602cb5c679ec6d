/* The links in /etc/systemd/system that enable a unit: TARGET.wants/NAME, and aliases. */
#ifndef LX_GUEST_TOOLS_LINKS_H
#define LX_GUEST_TOOLS_LINKS_H

#include "guest-tools/pool.h"

#define LINKS_DIRECTORY "/etc/systemd/system"

/* Their paths; of a template, those of all its instances. */
void links_to(struct pool *p, const char *name, struct list *ret);

#endif

/* %i and its kin in values of unit files (systemd.unit(5), "Specifiers"). */
#ifndef LX_GUEST_TOOLS_SPECIFIER_H
#define LX_GUEST_TOOLS_SPECIFIER_H

#include "guest-tools/accounts.h"

struct specifiers {
	const char *name;    /* the unit's whole name */
	const char *path;    /* its file's, or "" */
	struct account user; /* whose units these are: root's */
};

/* An unknown one stays as it is. */
char *specifier_expand(struct pool *p, const struct specifiers *s, const char *text);

#endif

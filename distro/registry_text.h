/*
 * The registry as text, private to distro/. The same form is used for a distribution's own copy beside its files: one
 * distribution in it, and no default.
 *
 *	[registry]
 *	format = "1"
 *	default = "debian"
 *	defaultVersion = "1"
 *	[distribution 0123456789abcdef]
 *	name = "debian"
 *	...
 *	[end]
 *	distributions = "1"
 *
 * Keys that are not known are left alone, so that what a later lxrun adds does no harm; another format is refused.
 */
#ifndef LX_DISTRO_REGISTRY_TEXT_H
#define LX_DISTRO_REGISTRY_TEXT_H

#include <stddef.h>
#include <stdio.h>

#include "distro/distro.h"

/*
 * *ret's distributions, default_name and default_version from text. 0; -EBADMSG where it is damaged: cut short, lines that are
 * none, entries that make no sense or are there twice. Then what could be understood is in *ret all the same. -EPROTO: it is of
 * a later format. -ENOMEM. registry_done() frees *ret in each case.
 */
MUST_CHECK int registry_from_text(const char *text, size_t size, struct registry *ret);

void registry_to_text(const struct registry *r, FILE *f);

/* Appends a copy of d. */
MUST_CHECK int registry_append(struct registry *r, const struct distro *d);

#endif

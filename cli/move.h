/* --manage --move. */
#ifndef LX_CLI_MOVE_H
#define LX_CLI_MOVE_H

#include "distro/distro.h"

/* Moves d, of a registry that is held, to the directory `to`, which must be empty or not there; commits and ends r. */
void move_distribution(struct registry *r, struct distro *d, const char *to);

#endif

/* --manage --move. */
#ifndef LX_CLI_MOVE_H
#define LX_CLI_MOVE_H

#include "distro/distro.h"

/* Moves d, of a registry that is held, to the directory `to`, which must be empty or not there; commits and ends r. */
void move_distribution(struct registry *r, struct distro *d, const char *to, bool quiet);
/*
 * d's last move was killed, and its location is held: what is half done is finished or undone, so that the location has all and
 * nothing is at `moving`. Then the registry may forget of that; -errno: not yet.
 */
MUST_CHECK int move_recover(const struct distro *d);

#endif

/* A private place for a test: its own XDG_RUNTIME_DIR, HOME and root directory. */
#ifndef LX_TESTS_UNIT_RUNDIR_PLACE_H
#define LX_TESTS_UNIT_RUNDIR_PLACE_H

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stddef.h>

#include "cli/rundir.h"

struct place {
	char dir[40];
	char run[64];  /* $XDG_RUNTIME_DIR */
	char base[72]; /* lxrun in it */
	char root[64];
	char home[64];
	char message[512];
};

void place_start(struct place *p);
void place_end(struct place *p);
/* Ends the place and skips the test. */
void place_skip(struct place *p, const char *why);
/* rundir_create() with /bin/sleep as the resident; NULL and p->message on failure, *ret_error says which. */
struct instance *place_create(struct place *p, int *ret_error);
/* Root gives the place to a user whom nobody else is, and becomes that user. */
void place_change_user(struct place *p);
size_t count_entries(const char *dir);
/* A path in one of a few buffers that take turns. */
const char *path_in(const char *dir, const char *name);

#endif

/* What the command line of systemctl asks for, and the verbs that do it. */
#ifndef LX_GUEST_TOOLS_REQUEST_H
#define LX_GUEST_TOOLS_REQUEST_H

#include "guest-tools/systemctl/state.h"
#include "guest-tools/systemctl/unit.h"

/* systemctl's exit statuses, which are those of LSB's init scripts. */
enum { EXIT_NOT_RUNNING = 3, EXIT_NO_PERMISSION = 4, EXIT_NO_UNIT = 4, EXIT_NOT_INSTALLED = 5 };

struct request {
	struct pool pool;
	const char *verb;
	struct list words; /* behind the verb, as written */
	bool quiet, now, force, all, value, no_legend, no_block;
	const char *types, *states; /* lists with commas, or NULL */
	struct list properties;
	unsigned lines;
	int signal;
	const char *whom; /* of kill */
};

/* One verb for all its words. They return the exit status. */
int verb_start(struct request *r);
int verb_stop(struct request *r);
int verb_restart(struct request *r); /* and its conditional kin */
int verb_reload(struct request *r);
int verb_kill(struct request *r);
int verb_reset_failed(struct request *r);
int verb_is_active(struct request *r);
int verb_is_failed(struct request *r);
int verb_is_enabled(struct request *r);
int verb_status(struct request *r);
int verb_show(struct request *r);
int verb_cat(struct request *r);
int verb_list_units(struct request *r);
int verb_list_unit_files(struct request *r);
int verb_list_dependencies(struct request *r);
int verb_enable(struct request *r);
int verb_disable(struct request *r);
int verb_reenable(struct request *r);
int verb_preset(struct request *r);
int verb_mask(struct request *r);
int verb_unmask(struct request *r);
int verb_link(struct request *r);

/*
 * The state of a loaded unit, also of one that others started: its init script or its PID file knows. Not for units that are
 * no services: those are inactive.
 */
void look_at(struct unit *u, struct state *ret);

/* "enabled", "static" and so on; "" if there is no such unit file. */
const char *unit_file_state(struct pool *p, const char *name);
/* "enabled" or "disabled". */
const char *unit_file_preset(struct pool *p, const char *name);

/* A name of the command line as a unit's; NULL, with a sentence, if it cannot be one. */
char *unit_argument(struct request *r, const char *word);
/* The same with * and ?: the names of units, or of unit files, that match. */
void unit_arguments(struct request *r, bool files, struct list *ret);
/* All names of unit files and init scripts. */
void unit_file_names(struct pool *p, struct list *ret);

#endif

/*
 * A unit as its files say: the unit file, its drop-ins, the links that make it known by other names. Settings are kept as
 * text, in the order of reading; who needs one asks for it by section and key. Everything is in the unit's pool.
 */
#ifndef LX_GUEST_TOOLS_UNIT_H
#define LX_GUEST_TOOLS_UNIT_H

#include "guest-tools/systemctl/command.h"

enum unit_load_state {
	UNIT_NOT_FOUND,
	UNIT_LOADED,
	UNIT_MASKED,
	UNIT_BAD, /* the file cannot be read, or links go in a circle */
};

struct setting {
	const char *section, *key, *value;
};

struct unit {
	struct pool pool;
	enum unit_load_state state;
	const char *name;        /* the canonical one: an alias' target */
	const char *path;        /* of the unit file, "" if there is none; the init script's for one of version V's */
	const char *init_script; /* set: made from /etc/init.d/NAME, there is no unit file */
	struct list drop_ins;
	struct list names; /* those under which it was found, `name` last */
	struct setting *settings;
	size_t count, room;
	struct specifiers specifiers;
};

/* Where everything is looked for: "" but for --root and tests. */
extern const char *unit_root;
/* Directories of unit files, those that win first; NULL-terminated. */
extern const char *const unit_directories[];

/* Always fills in *ret, whatever its state; `name` is valid. Files that cannot be parsed give what of them can. */
void unit_load(const char *name, struct unit *ret);
/* The text of a unit file without any files: for tests. */
void unit_load_text(const char *name, const char *text, size_t size, struct unit *ret);
void unit_done(struct unit *u);

/* The last value, with specifiers filled in; `otherwise` if it is not set or set to nothing. */
const char *unit_get(struct unit *u, const char *section, const char *key, const char *otherwise);
bool unit_truth(struct unit *u, const char *section, const char *key, bool otherwise);
long unit_milliseconds(struct unit *u, const char *key, long otherwise); /* of [Service]; -1: without end */
int unit_signal(struct unit *u, const char *key, int otherwise);
/* All values as they are written, from the last empty one on. */
void unit_values(struct unit *u, const char *section, const char *key, struct list *ret);
/* The words of all values, specifiers filled in. */
void unit_words(struct unit *u, const char *section, const char *key, struct list *ret);
/* The commands of all values; a bad line is -EINVAL. */
MUST_CHECK int unit_commands(struct unit *u, const char *key, struct command **ret);

/* The file NAME in the first directory that has it, also a dangling link; NULL if none has. */
char *unit_file_find(struct pool *p, const char *name);
/* A path below unit_root. */
char *unit_path(struct pool *p, const char *directory, const char *name);
bool unit_is_null_link(const char *path); /* what "mask" makes */

#endif

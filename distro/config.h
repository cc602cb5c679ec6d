/*
 * Configuration files by a table of their keys, private to distro/. What is wrong is said and left out, so that a file can
 * never keep a distribution from starting.
 */
#ifndef LX_DISTRO_CONFIG_H
#define LX_DISTRO_CONFIG_H

#include <stddef.h>

#include "distro/distro.h"

enum config_kind {
	CONFIG_IGNORED,  /* a key of WSL's that has no meaning here */
	CONFIG_BOOL,     /* bool: true, false, 1, 0 */
	CONFIG_STRING,   /* char[size] */
	CONFIG_PATH,     /* char[size], absolute */
	CONFIG_HOME,     /* the same, or below the caller's home as ~/ */
	CONFIG_HOSTNAME, /* char[size]: letters, digits, - and . */
	CONFIG_NAME,     /* char[size]: a distribution's name */
	CONFIG_INTEGER,  /* int64_t from min to max */
	CONFIG_SIZE,     /* uint64_t bytes: N[B|K|KB|M|MB|G|GB|T|TB] */
};

struct config_key {
	const char *section, *key;
	enum config_kind kind;
	size_t offset, size; /* in the struct that is filled */
	int64_t min, max;
};

/* A row for a member of a struct. */
#define CONFIG_KEY(section, key, kind, type, member, ...)                                              \
	{                                                                                              \
		section, key, kind, offsetof(type, member), sizeof(((type *)0)->member), ##__VA_ARGS__ \
	}

struct config_file {
	const char *name; /* in warnings */
	const struct config_key *keys;
	size_t count;
	const struct config_warnings *warnings; /* NULL: nobody reads them */
};

/* Sets in *ret, which has the defaults, what the text says. Of a key that is there twice the first one counts. */
void config_read_text(const struct config_file *f, const char *text, size_t size, void *ret);

/* The same with the content of fd, which is -errno where the file could not be opened; closes it. */
void config_read_fd(const struct config_file *f, int fd, void *ret);

/* etc/NAME below a distribution's root, opened through links only as far as they stay below it; -errno. */
MUST_CHECK int config_open_in_root(int root_fd, const char *name);

#endif

/* The processes of an instance as the host's /proc shows them: who runs the instance's resident is one. */
#ifndef LX_CLI_GUESTS_H
#define LX_CLI_GUESTS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/attr.h"

/* The identity of an instance's resident. */
struct guests {
	dev_t device;
	ino_t inode;
};

/* Of the instance whose runtime directory is dir; -errno. */
MUST_CHECK int guests_of(int dir, struct guests *ret);

/* True if there is one; also if that cannot be known. */
bool guests_any(const struct guests *g);
/* Sends sig to each that is found in one pass; how many there were. */
int guests_signal(const struct guests *g, int sig);
/* Kills them until a pass finds none. False if some were left after that many milliseconds (they wait in the kernel). */
bool guests_kill(const struct guests *g, int milliseconds);

#define TERMINALS_MAX 64

/* The terminals that guests have, open for writing. */
struct terminals {
	int fds[TERMINALS_MAX];
	dev_t devices[TERMINALS_MAX];
	unsigned count;
};

void terminals_find(const struct guests *g, struct terminals *ret);
/* Writes a line to each, waiting for none, and closes them. */
void terminals_say(struct terminals *t, const char *sentence);

#endif

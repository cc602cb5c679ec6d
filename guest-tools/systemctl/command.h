/* The command lines of ExecStart= and its kin. */
#ifndef LX_GUEST_TOOLS_COMMAND_H
#define LX_GUEST_TOOLS_COMMAND_H

#include "guest-tools/systemctl/specifier.h"

struct command {
	struct command *next;
	bool ignore_failure; /* - */
	bool name_apart;     /* @: the first word behind the path is argv[0] */
	bool literal;        /* :, no variables */
	bool privileged;     /* + and !: as root, whatever User= says */
	const char *path;
	struct list arguments; /* argv, before variables are filled in */
};

/*
 * One line, which may hold several commands divided by ";". They are added at the end of *ret. -EINVAL: no path, an open
 * quote; nothing is added then.
 */
MUST_CHECK int command_parse(struct pool *p, const struct specifiers *s, const char *line, struct command **ret);

/*
 * argv with the variables of `environment` filled in: ${NAME} anywhere, $NAME as a word of its own becomes its words, $$ is
 * a $. Unset ones are empty.
 */
void command_arguments(struct pool *p, const struct command *c, const struct list *environment, struct list *ret);

#endif

/* systemd's quoting (systemd.syntax(7), systemd.service(5)). */
#ifndef LX_GUEST_TOOLS_WORDS_H
#define LX_GUEST_TOOLS_WORDS_H

#include "guest-tools/pool.h"

/*
 * The next word of *text, which moves behind it: blanks divide, "..." and '...' keep together, C's escapes are undone; an
 * unknown escape stays as it is. NULL: no word is left, or (*bad) a quote is not closed. *plain says if the word had neither
 * quotes nor escapes; all of the last three may be NULL.
 */
char *words_next(struct pool *p, const char **text, bool *bad, bool *plain);

/* All of them. -EINVAL: a quote is not closed. */
MUST_CHECK int words_split(struct pool *p, const char *text, struct list *ret);

/* "yes", "true", "on", "1" and their opposites; anything else is `otherwise`. */
bool words_truth(const char *text, bool otherwise);

/* "5min 20s", "90", "infinity" (-1). -EINVAL for anything else. */
MUST_CHECK int words_milliseconds(const char *text, long *ret);

/* A signal by its name, with or without SIG, or its number. -EINVAL */
MUST_CHECK int words_signal(const char *text);
/* "KILL" for SIGKILL. */
const char *words_signal_name(int number);

#endif

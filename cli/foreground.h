/* A child that has the terminal, as a shell's does. Links the libc only. */
#ifndef LX_CLI_FOREGROUND_H
#define LX_CLI_FOREGROUND_H

/*
 * What a child does (act does not return), while this process waits for it and lets the terminal's signals pass: it is in the
 * caller's process group, so they reach it. wait(2)'s status.
 */
int foreground_run(void (*act)(void *context), void *context);

#endif

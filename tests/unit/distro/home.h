/* A home of a test's own, and distributions in it. */
#ifndef LX_TESTS_UNIT_DISTRO_HOME_H
#define LX_TESTS_UNIT_DISTRO_HOME_H

#include <criterion/criterion.h>

#include "distro/distro.h"

extern char home[64];
extern struct message message;

void home_start(void);
void home_end(void);
/* A path below the home, in one of a few buffers that take turns. */
const char *in_home(const char *format, ...) PRINTF_LIKE(1, 2);
void write_text(const char *path, const char *text);
/* All of a file, in a buffer that the next call uses again. */
const char *text_of(const char *path);
bool exists(const char *path);
/* A file with one byte in the middle gone. */
void damage(const char *path);

/* A location with a root file system in it, registered and committed. */
struct distro new_distro(const char *name);
void install(const char *name);
#define REGISTRY in_home(".local/share/lxrun/registry")

#endif

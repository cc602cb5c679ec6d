/* The agreement between launcher.c and the tests that run it. */
#ifndef LX_TESTS_UNIT_LOADER_LAUNCHER_H
#define LX_TESTS_UNIT_LOADER_LAUNCHER_H

/* Where the launcher finds the open program. */
#define PROGRAM_FD 240

#endif

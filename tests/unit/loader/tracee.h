/*
 * A program at its first instruction: started by the kernel, or by the launcher in the kernel's place, and looked at
 * with ptrace. Nothing of the program runs.
 */
#ifndef LX_TESTS_UNIT_LOADER_TRACEE_H
#define LX_TESTS_UNIT_LOADER_TRACEE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

enum outcome {
	STARTED,
	REFUSED, /* with an errno: before the point of no return */
	KILLED,  /* by SIGSEGV: behind it */
	BROKEN,  /* something else, a fault of the test or of the launcher */
};

/* The numbers of /proc/PID/stat that ldr_set_mm() decides. */
enum stat_field {
	START_CODE,
	END_CODE,
	START_STACK,
	START_DATA,
	END_DATA,
	START_BRK,
	ARG_START,
	ARG_END,
	ENV_START,
	ENV_END,
	STAT_FIELDS
};

#define SNAPSHOT_TEXT 65536

struct snapshot {
	enum outcome outcome;
	int error; /* REFUSED: the errno; BROKEN: a wait status */
	struct user_regs_struct regs;
	uint64_t stat[STAT_FIELDS];
	Elf64_auxv_t auxv[64];
	size_t auxv_count;
	char execfn[256];
	char maps[SNAPSHOT_TEXT];
	char cmdline[SNAPSHOT_TEXT];
	char environ[SNAPSHOT_TEXT];
	size_t cmdline_size, environ_size;
};

/* Addresses are not random, arguments and environment are fixed. */
void start_native(const char *path, struct snapshot *ret);
/* The same through the launcher; the errno is what the loader's probes answer. */
void start_launched(const char *launcher, const char *path, struct snapshot *ret);

#endif

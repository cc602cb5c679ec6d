/* What tell.c writes to its standard output: who it is, as the kernel says. */
#ifndef LX_TESTS_UNIT_IDS_TOLD_H
#define LX_TESTS_UNIT_IDS_TOLD_H

#include "base/creds.h"

struct told {
	struct creds creds;
	int secure, dumpable, death_signal;
	unsigned personality;
};

#endif

/* Random calls about ids, groups, capabilities and signals, to be made natively and by the handlers. */
#ifndef LX_TESTS_UNIT_IDS_OPS_H
#define LX_TESTS_UNIT_IDS_OPS_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>

#include "fake.h"

#define OP_MAY_SIGNAL (-2) /* stands for "may I send this signal": no number of a call */

/* What a call's pointers point to; the native call and the handler have one each. */
struct memory {
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[2];
	uint32_t id[CREDS_GROUPS_MAX + 8];
};

struct op {
	long nr;
	uint64_t arg[5];
	/* arg[i] is an offset into struct memory. */
	bool pointer[5];
	struct memory before;
};

/* Everything random here comes from this seed. */
void ops_seed(uint64_t seed);
uint32_t ops_random(uint32_t below);
/* True in so many cases of a hundred. */
bool ops_chance(uint32_t percent);

/* A call that makes some sense for who the fake process is. */
void ops_make(struct op *ret);
/* The call on the plain kernel, and by the handler for the fake process. */
long ops_native(const struct op *o, struct memory *m);
long ops_handler(const struct op *o, struct memory *m);

#endif

/* The table of operations of the differential test. */
#ifndef LX_TESTS_UNIT_VFS_OPS_H
#define LX_TESTS_UNIT_VFS_OPS_H

#include "api.h"

/* Text that a case gives back: what was answered, and what the tree looks like after it. */
struct report {
	size_t length;
	char text[60000];
};
void say(struct report *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct op {
	const char *name;
	/* Answers >= 0 or -errno; says more in the report if the answer is not all. */
	int (*run)(const struct api *api, int dir, const char *path, const struct op *op, struct report *r);
	long a, b;
	uint64_t c;
	bool changes;  /* the tree is looked at and made again after a success */
	bool cwd_only; /* the call takes no directory */
	bool once;     /* it takes no path either */
};

extern const struct op open_ops[], look_ops[], make_ops[], rename_ops[], attr_ops[], openat2_ops[], scenario_ops[];

/* users.c, filled before main(). */
extern struct op users_ops[];

/* All of the tree, as api sees it. */
void tell_tree(const struct api *api, struct report *r);

#endif

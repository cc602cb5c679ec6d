/* Which gates of version 1 the host allows. */
#ifndef LX_CLI_GATES_H
#define LX_CLI_GATES_H

#include "base/attr.h"
#include "base/instance.h"

extern const char *const gate_names[3];

/* 0, or what the kernel said when a child tried what the gate needs: -errno. */
MUST_CHECK int gate_try(enum instance_gate gate);
/* What that means. */
const char *gate_reason(enum instance_gate gate, int error);

#endif

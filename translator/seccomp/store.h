/*
 * Private to translator/seccomp: the programs that a guest has installed, where every later process of the family finds
 * them. Theory: README.md.
 */
#ifndef LX_TRANSLATOR_SECCOMP_STORE_H
#define LX_TRANSLATOR_SECCOMP_STORE_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/instance.h"

/* A stack of programs, newest first, as it lies in a file of the instance. */
struct seccomp_stack {
	uint32_t size; /* bytes, with this header */
	uint32_t count;
	struct sock_filter code[]; /* each program: one instruction that is none (struct seccomp_head), then its own */
};

/* In the place of an instruction, in front of each program. */
struct seccomp_head {
	uint16_t length; /* instructions that follow */
	uint8_t strict;  /* the program stands for SECCOMP_MODE_STRICT: its traps are SIGKILL */
	uint8_t unused[5];
};
_Static_assert(sizeof(struct seccomp_head) == sizeof(struct sock_filter), "a head is as large as an instruction");

/* Linux allows 32768 instructions in all filters of a thread. */
#define SECCOMP_STACK_MAX (sizeof(struct seccomp_stack) + 32768 * sizeof(struct sock_filter))

/* Numbers of stacks: 22 bits, two answers of the probe (prologue.h). 0 is none. */
#define SECCOMP_ID_BITS 22

/*
 * The number of a stack with this content: an old one if the instance has it, else a new one. -ENOMEM when there are too
 * many, or what the host says of the file.
 */
MUST_CHECK long seccomp_store_put(const struct instance *in, const struct seccomp_stack *stack);

/* The stack with this number, mapped for good; NULL if it cannot be had. */
const struct seccomp_stack *seccomp_store_get(const struct instance *in, uint32_t id);

#endif

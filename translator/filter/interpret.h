/*
 * Classic BPF as seccomp runs it: checks a program as the kernel does at installation, and runs it.
 *
 * For the filters that guests install, which the kernel would also run on the resident's own calls, and for the tests of
 * our own filter. Freestanding, no state. Programs are the caller's and must not change between check and run.
 */
#ifndef LX_TRANSLATOR_FILTER_INTERPRET_H
#define LX_TRANSLATOR_FILTER_INTERPRET_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/*
 * 0 if seccomp(2) would take the program: only instructions that it knows, jumps and loads in range, every path ends in a
 * return, scratch memory is written before it is read; else -EINVAL.
 */
MUST_CHECK int tr_filter_check(const struct sock_filter *program, size_t n);

/*
 * The program's answer (SECCOMP_RET_*, with its data) for one call. The program must have passed tr_filter_check().
 * ret_loaded, where not NULL, receives one bit for each 32-bit word of *data that the executed path loaded: bit i for the
 * bytes from 4 * i.
 */
uint32_t tr_filter_run(const struct sock_filter *program, size_t n, const struct seccomp_data *data,
		       uint32_t *ret_loaded);

#endif

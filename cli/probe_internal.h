/* What the probes share. Private to cli/probe*.c. */
#ifndef LX_CLI_PROBE_INTERNAL_H
#define LX_CLI_PROBE_INTERNAL_H

#include <stdbool.h>

#include "base/attr.h"
#include "cli/probe.h"

/* The three texts of a result; NULL: none. */
void probe_say(struct probe_result *r, enum probe_state state, const char *means, const char *cure);
void probe_found(struct probe_result *r, const char *format, ...) PRINTF_LIKE(2, 3);

/* Runs attempt in a child that ends with it; its result, or -errno of what went wrong: -ECHILD if a signal ended it. */
MUST_CHECK int probe_in_child(int (*attempt)(void));
/* A small file's first line without its newline; false if it cannot be read. */
bool probe_read_line(const char *path, char *ret, size_t size);

void probe_seccomp(const char *store, struct probe_result *ret);
void probe_seccomp_flags(const char *store, struct probe_result *ret);
void probe_listener(const char *store, struct probe_result *ret);
void probe_refused_calls(const char *store, struct probe_result *ret);
void probe_ptrace(const char *store, struct probe_result *ret);
void probe_yama(const char *store, struct probe_result *ret);
void probe_openat2(const char *store, struct probe_result *ret);
void probe_runtime(const char *store, struct probe_result *ret);
void probe_hidepid(const char *store, struct probe_result *ret);
void probe_security_modules(const char *store, struct probe_result *ret);
void probe_ports(const char *store, struct probe_result *ret);
void probe_attributes(const char *store, struct probe_result *ret);
void probe_mount_flags(const char *store, struct probe_result *ret);
void probe_space(const char *store, struct probe_result *ret);

#endif

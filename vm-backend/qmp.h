/* QEMU's monitor: one request, one answer, as JSON in lines. Private to vm-backend. */
#ifndef LX_VM_BACKEND_QMP_H
#define LX_VM_BACKEND_QMP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

/* Speaks first. 0 or -errno. */
MUST_CHECK int qmp_greet(int fd);
/* 0; -EIO when QEMU refuses, with its sentence in said; -ETIMEDOUT, -EPIPE. */
MUST_CHECK int qmp_ask(int fd, char *said, size_t size, const char *format, ...) PRINTF_LIKE(4, 5);
/* As the inside of a JSON string; false where it has no room. */
MUST_CHECK bool qmp_quote(const char *text, char *ret, size_t size);

#endif

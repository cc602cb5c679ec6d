/* The VM's network: libslirp, in the host process's loop. Private to vm-backend. */
#ifndef LX_VM_BACKEND_NETWORK_H
#define LX_VM_BACKEND_NETWORK_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

#define NETWORK_POLLS 1024

/* *ret_vm: the VM's end. Once per process. */
MUST_CHECK int network_open(int *ret_vm);
/* How many of the entries it uses; *timeout (milliseconds, -1: none) gets shorter. */
size_t network_poll(struct pollfd *set, int *timeout);
void network_serve(struct pollfd *set);
/* A port of the host's 127.0.0.1 leads to the same one of the VM. 0 or -errno (-EADDRINUSE, -EACCES). */
MUST_CHECK int network_forward(uint16_t port, bool listening);

#endif

/*
 * The port of a call that the supervisor makes on a guest's behalf: memory through process_vm_readv and process_vm_writev,
 * descriptors through /proc/TID/fd. Private to translator/supervisor.
 */
#ifndef LX_TRANSLATOR_SUPERVISOR_NOTIFY_PORT_H
#define LX_TRANSLATOR_SUPERVISOR_NOTIFY_PORT_H

#include <linux/seccomp.h>

#include "translator/supervisor/instance_calls.h"
#include "translator/translator.h"

#define NOTIFY_BORROWED_MAX 8

/* A request and what its call has borrowed. The call comes first: the port gets from it to the rest. */
struct notify_request {
	struct tr_call call;
	struct instance_calls *calls;
	int listener;
	uint64_t id;
	pid_t tid;
	int borrowed[NOTIFY_BORROWED_MAX];
	unsigned borrowed_count;
	char scratch[TR_SCRATCH_SIZE];
	struct tr_process process;
};

extern const struct tr_port notify_port;

/* Closes what was borrowed. */
void notify_port_done(struct notify_request *r);

/* True while the guest still waits for this answer: what was read from its memory was its own. */
MUST_CHECK bool notify_request_valid(const struct notify_request *r);

#endif

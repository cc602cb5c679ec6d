/*
 * Instance calls: what a guest's resident asks the supervisor for, because only one process can do it for the whole instance.
 *
 * A call comes by one of two ways that mean the same: as a user notification of the filter (number INSTANCE_CALL_NR, with the
 * fields id, kind, arg and key in this order as arguments), or, where there can be no listener, as a packet to the supervisor's
 * socket (the form of cli/protocol.h). Who calls marshals; nobody reads another process's memory.
 *
 * A program that tries numbers must not find this one: what comes without the instance's key is an unknown call.
 *
 * A call may arrive twice: a signal can end the wait for an answer, and then the call is made again, with the same id. The
 * supervisor does nothing twice that has one id, and tells the second time what it told the first.
 */
#ifndef LX_BASE_INSTANCE_CALL_H
#define LX_BASE_INSTANCE_CALL_H

#include <stdint.h>

enum instance_call_kind {
	/* Nothing: answers 0, for who wants to know whether somebody answers. */
	INSTANCE_CALL_NONE = 0,
	/* The instance is to end: reboot(2). Whoever calls should not wait for what follows. */
	INSTANCE_CALL_END = 1,
	/*
	 * A record for the sidecar: arg[1] bytes (sidecar_encode) behind a uint64_t, its device, in the payload area arg[0]
	 * (instance.payloads). The device is the host's; answers 0 when the record is in the file and in the index.
	 */
	INSTANCE_CALL_SIDECAR = 2,
	/*
	 * What the sidecar has of attributes: arg as above, of a record of an attribute without its value, or of "removed" for the
	 * names of all, each with a NUL. Answers its size, and it is in the payload area then; -ENODATA for a name that is not kept.
	 */
	INSTANCE_CALL_SIDECAR_READ = 3,
};

struct instance_call {
	uint64_t id; /* from instance.call_ids: never given to two calls */
	uint32_t kind;
	uint32_t tid; /* the caller's */
	uint64_t arg[3];
	uint64_t key; /* instance.call_key */
};

/* The answer of a notification is this much more than that of the call, so that an error is one of the way, not of the call. */
#define INSTANCE_CALL_ANSWER 0x100000

/* The packets. Plain, versioned by `fixed`: newer ones are longer. */
struct instance_call_packet {
	uint32_t magic;
	uint16_t kind; /* INSTANCE_PACKET_CALL */
	uint16_t fixed;
	struct instance_call call;
};

struct instance_answer_packet {
	uint32_t magic;
	uint16_t kind; /* INSTANCE_PACKET_ANSWER */
	uint16_t fixed;
	int32_t status;
};

#define INSTANCE_PACKET_MAGIC  0x6c786331u
#define INSTANCE_PACKET_ANSWER 3
#define INSTANCE_PACKET_CALL   5

#endif

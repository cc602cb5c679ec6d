/*
 * What lxrun and the supervisor of an instance say to each other, over SEQPACKET sockets to the instance's `ctl`: a packet
 * is a request, the packet that comes back its answer.
 *
 * An instance keeps the supervisor that it was started with, so the two may be of different versions, and this is what stays
 * the same between them: a packet is a header, the fields of its kind, and strings, each ended by a NUL. Newer versions add
 * fields and strings behind those that are there: a receiver takes fields that were not sent as 0 and strings as "", and does
 * not look at what it does not know. A kind that it does not know is answered by -ENOSYS.
 */
#ifndef LX_CLI_PROTOCOL_H
#define LX_CLI_PROTOCOL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/creds.h"
#include "base/instance_call.h"

#define PROTOCOL_MAGIC       INSTANCE_PACKET_MAGIC
#define PROTOCOL_PACKET_MAX  16384
#define PROTOCOL_STRINGS_MAX 4

enum protocol_kind {
	/* The sender is about to execute the instance's resident and to become the program that is named. */
	PROTOCOL_JOIN = 1,
	/* After an answer with PROTOCOL_TRACER: the sender may be traced by the process that the answer named. */
	PROTOCOL_TRACE_ME = 2,
	PROTOCOL_ANSWER = INSTANCE_PACKET_ANSWER,
	/* What is to outlast the instance is to be stored now: which calls its programs made in vain. */
	PROTOCOL_STORE = 4,
	/* An instance call of a guest that has no listener. */
	PROTOCOL_CALL = INSTANCE_PACKET_CALL,
};

struct protocol_header {
	uint32_t magic;
	uint16_t kind;
	uint16_t fixed; /* how many bytes stand in front of the strings, this header included */
};

/* Strings: the directory to start in and the program, as the guest names them; its root directory, "" the instance's. */
struct protocol_join {
	struct protocol_header header;
	uint32_t flags; /* enum protocol_join_flags */
	int32_t socket; /* the number of this very connection in the sender: the resident finds it there */
	uint32_t uid, gid;
	uint32_t group_count;
	uint32_t groups[CREDS_GROUPS_MAX];
};

enum protocol_join_flags {
	/* Calls are traced to the descriptor that comes along. */
	PROTOCOL_TRACE = 1 << 0,
	/* Where the directory cannot be entered the program starts in its home. */
	PROTOCOL_HOME_ELSE = 1 << 1,
};

struct protocol_call {
	struct protocol_header header;
	struct instance_call call;
};
_Static_assert(sizeof(struct protocol_call) == sizeof(struct instance_call_packet), "the resident's form of it");

/* Strings: a sentence for people if status is an error and there is more to say about it. */
struct protocol_answer {
	struct protocol_header header;
	int32_t status; /* 0 or -errno */
	uint32_t flags; /* enum protocol_answer_flags */
	int32_t supervisor;
};

enum protocol_answer_flags {
	/* The program is to be traced: say PROTOCOL_TRACE_ME when the supervisor may do so. */
	PROTOCOL_TRACER = 1 << 0,
};

/* A packet as it came. */
struct protocol_packet {
	union {
		struct protocol_header header;
		struct protocol_join join;
		struct protocol_call call;
		struct protocol_answer answer;
		char bytes[PROTOCOL_PACKET_MAX];
	} fields; /* those that were not sent are 0 */
	const char *strings[PROTOCOL_STRINGS_MAX];
	char text[PROTOCOL_PACKET_MAX + 1];
	int fd;           /* that came along; -1, or the receiver's */
	bool is_protocol; /* false: something else of `size` bytes, as it is */
	size_t size;
};

/*
 * fields begins with a header, whose kind is set; strings is NULL-terminated. fd is sent along unless it is -1. 0 or -errno
 * (-EMSGSIZE, -EPIPE, -EAGAIN after the socket's timeout ...). Never raises SIGPIPE.
 */
MUST_CHECK int protocol_send(int socket, void *fields, size_t size, const char *const *strings, int fd);
/* One packet: its size, 0 at the end, or -errno. flags are recvmsg(2)'s. */
MUST_CHECK ssize_t protocol_receive(int socket, int flags, struct protocol_packet *ret);

/* A connection to the supervisor whose answers are waited for so long; -ECONNREFUSED if there is none. */
MUST_CHECK int protocol_connect(const char *runtime, int seconds);
/* Sends (as protocol_send) and receives the answer. -ECONNREFUSED: the supervisor has gone without having done anything. */
MUST_CHECK int protocol_ask(int socket, void *request, size_t size, const char *const *strings, int fd,
			    struct protocol_packet *ret);

#endif

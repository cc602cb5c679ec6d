/*
 * The channel protocol: many streams on one byte stream, the same between lxrun and the VM's host process (a socket) and between
 * that and the agent (a serial line). Public; libc only.
 *
 * A frame is a header of 8 bytes and at most FRAME_PAYLOAD_MAX bytes. Both sides begin with FRAME_HELLO. A stream belongs to who
 * opened it; a request on it is FRAME_FIELDS, as many as it takes, and then the frame that says what is asked for.
 *
 * Flow control: of each direction of each stream only as many bytes may be under way as the receiver has given credit for
 * (FRAME_WINDOW at first, then FRAME_CREDIT for what it has passed on). So a receiver can always take what comes, and a stream
 * that nobody reads stops nobody else's. Frames other than FRAME_DATA are few and small and need no credit.
 *
 * Numbers are little-endian, as on the only machine that there is.
 */
#ifndef LX_VM_BACKEND_FRAME_H
#define LX_VM_BACKEND_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

#define FRAME_VERSION     1
#define FRAME_MAGIC       0x6e72786cu /* "lxrn" */
#define FRAME_HEADER      8
#define FRAME_PAYLOAD_MAX 8192
#define FRAME_WINDOW      (256u << 10)
/* The fields of one request: arguments and environment together have such a limit in Linux. */
#define FRAME_FIELDS_MAX (4u << 20)

enum frame_type {
	FRAME_HELLO = 1, /* struct frame_hello */
	FRAME_FIELDS,    /* a part of a request's fields */
	FRAME_START, /* a distribution; to the host: bring it up; answered by DONE or ERROR, later EXIT when it has ended */
	FRAME_STOP,     /* end a distribution */
	FRAME_RUN,      /* a command; answered by STARTED or ERROR, then EXIT */
	FRAME_SHUTDOWN, /* end everything */
	FRAME_LIST,     /* what runs: DONE with fields */
	FRAME_STARTED,
	FRAME_DONE,
	FRAME_ERROR,  /* after FRAME_FIELDS: FIELD_TEXT, FIELD_NUMBER (an exit status) */
	FRAME_EXIT,   /* u32: as wait(2) has it */
	FRAME_DATA,   /* sub: whose */
	FRAME_EOF,    /* sub: no more DATA of this */
	FRAME_CREDIT, /* sub, u32 */
	FRAME_SIGNAL, /* u32 */
	FRAME_SIZE,   /* struct frame_size */
	FRAME_CLOSE,  /* who opened the stream is gone */
	FRAME_ACK,    /* u32 bytes of the channel itself, where it needs a window */
	FRAME_PORT,   /* struct frame_port */
	FRAME_TIME,   /* u64: nanoseconds since 1970, what the clock is to be */
	FRAME_DISK,   /* of a distribution that runs: give unused blocks back, or grow to FIELD_NUMBER; DONE or ERROR */
	FRAME_SWAP,   /* use the disk FIELD_DEVICE for swap */
	/* End a distribution if nothing runs in it. Not a field of FRAME_STOP: who does not know it must not end what is at work. */
	FRAME_STOP_IDLE,
	FRAME_MEMORY, /* struct frame_memory: what the VM has and does not use */
	FRAME_FORGET, /* what has not been used for a while: file contents in memory, when there is nothing to do */
	FRAME_TYPE_END,
};

/* Of a command: its descriptors, and its terminal. */
enum frame_sub { SUB_IN, SUB_OUT, SUB_ERR, SUB_TERMINAL, SUB_COUNT };

struct frame_hello {
	uint32_t magic, version;
	uint32_t window; /* bytes that may be under way towards who says this, 0: any number */
	uint32_t reserved;
};

struct frame_size {
	uint16_t rows, columns, x, y;
};

struct frame_port {
	uint16_t port;
	uint8_t listening; /* or no more */
	uint8_t reserved;
};

struct frame_memory {
	uint64_t total, unused; /* bytes */
};

struct frame {
	uint32_t stream;
	uint8_t type, sub;
	uint16_t length;
	const uint8_t *payload; /* in the parsed bytes */
};

/*
 * Looks at the first of n bytes: how many bytes the frame is long, 0 if there is not all of it, -EPROTO for what is no frame.
 * Frames whose payload is a number or a struct have exactly its size.
 */
MUST_CHECK long frame_parse(const uint8_t *bytes, size_t n, struct frame *ret);
/* A payload of four bytes. */
uint32_t frame_number(const struct frame *f);

/* --- bytes that wait ------------------------------------------------------------------------------------------------------ */

struct queue {
	uint8_t *bytes;
	size_t start, end, room;
};

static inline size_t queue_length(const struct queue *q)
{
	return q->end - q->start;
}

static inline const uint8_t *queue_bytes(const struct queue *q)
{
	return q->bytes + q->start;
}

/* Room for n more bytes at the end, to be written there and then added to end; NULL without memory. */
MUST_CHECK uint8_t *queue_reserve(struct queue *q, size_t n);
MUST_CHECK int queue_put(struct queue *q, const void *bytes, size_t n);
void queue_drop(struct queue *q, size_t n);
void queue_done(struct queue *q);
/* A frame; 0 or -ENOMEM. */
MUST_CHECK int queue_frame(struct queue *q, uint32_t stream, enum frame_type type, unsigned sub, const void *payload,
			   size_t length);
/* read(2) and write(2) as far as they go without waiting. The number of bytes, 0: not now, -EPIPE: the other end is gone. */
MUST_CHECK long queue_read(struct queue *q, int fd, size_t most);
MUST_CHECK long queue_write(struct queue *q, int fd);

/* --- fields ----------------------------------------------------------------------------------------------------------------- */

enum field_key {
	FIELD_ID = 1,   /* a distribution's */
	FIELD_NAME,     /* its name */
	FIELD_DISK,     /* the host's path of its disk */
	FIELD_DEVICE,   /* the VM's name for that disk */
	FIELD_HOSTNAME, /* where its wsl.conf has none */
	FIELD_USER,     /* who runs; not there: the distribution's default */
	FIELD_UID,      /* text: the default user's number, where wsl.conf names none */
	FIELD_DIRECTORY,
	FIELD_HOME_ELSE, /* there: where the directory is not, the home will do */
	FIELD_PATH,      /* what is executed */
	FIELD_WORD,      /* its words, in order */
	FIELD_VARIABLE,  /* the caller's environment */
	FIELD_EXTRA,     /* variables of the command line */
	FIELD_MODE,      /* text: enum run_mode */
	FIELD_TTYS,      /* text: a bit for each of the three descriptors that is a terminal */
	FIELD_SIZE,      /* struct frame_size */
	FIELD_TEXT,      /* a sentence for people */
	FIELD_NUMBER,    /* text */
	FIELD_IDLE,      /* text: milliseconds */
	FIELD_FORCE,
	FIELD_BACKEND,
	FIELD_AGAIN, /* of an error: what was asked for may well succeed when it is asked for again */
};

/* What is executed. */
enum run_mode {
	RUN_COMMAND, /* FIELD_WORDs as they are, the first one looked for along PATH */
	RUN_SHELL,   /* the user's shell */
	RUN_LOGIN_SHELL,
	RUN_LINE, /* the user's shell with -c and the words */
	RUN_LOGIN_LINE,
};

struct field {
	uint8_t key;
	size_t length;
	const char *text; /* with a NUL behind it */
};

/* Appends a field. */
MUST_CHECK int fields_put(struct queue *q, enum field_key key, const void *bytes, size_t n);
MUST_CHECK int fields_put_text(struct queue *q, enum field_key key, const char *text);
/* The field at *at, which is moved behind it: 1, 0 at the end, -EPROTO. */
MUST_CHECK int fields_next(const uint8_t *bytes, size_t n, size_t *at, struct field *ret);
/* The first field of a key; NULL if there is none. For fields that fields_check() has seen. */
const char *fields_text(const struct queue *q, enum field_key key);
/* The same for one of exactly n bytes. */
const char *fields_bytes(const struct queue *q, enum field_key key, size_t n);
MUST_CHECK int fields_check(const struct queue *q);
/* The fields as frames of a stream, and the frame that asks. */
MUST_CHECK int fields_send(struct queue *to, uint32_t stream, enum frame_type type, const struct queue *fields);

#endif

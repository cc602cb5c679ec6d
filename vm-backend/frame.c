/* Frames, the bytes that wait to be sent or understood, and the fields of requests. frame.h has the protocol. */
#include "vm-backend/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANY UINT16_MAX

/* How long a payload has to be, by type. */
static const uint16_t lengths[FRAME_TYPE_END] = {
	[FRAME_HELLO] = sizeof(struct frame_hello),
	[FRAME_FIELDS] = ANY,
	[FRAME_EXIT] = 4,
	[FRAME_DATA] = ANY,
	[FRAME_CREDIT] = 4,
	[FRAME_SIGNAL] = 4,
	[FRAME_SIZE] = sizeof(struct frame_size),
	[FRAME_ACK] = 4,
	[FRAME_PORT] = sizeof(struct frame_port),
	[FRAME_TIME] = 8,
	[FRAME_MEMORY] = sizeof(struct frame_memory),
};

long frame_parse(const uint8_t *bytes, size_t n, struct frame *ret)
{
	struct frame f = {0};

	if (n < FRAME_HEADER)
		return 0;
	memcpy(&f.stream, bytes, 4);
	f.type = bytes[4];
	f.sub = bytes[5];
	memcpy(&f.length, bytes + 6, 2);
	if (f.type == 0 || f.type >= FRAME_TYPE_END || f.sub >= SUB_COUNT || f.length > FRAME_PAYLOAD_MAX)
		return -EPROTO;
	if (lengths[f.type] != ANY && f.length != lengths[f.type])
		return -EPROTO;
	if (n < (size_t)FRAME_HEADER + f.length)
		return 0;
	f.payload = bytes + FRAME_HEADER;
	*ret = f;
	return FRAME_HEADER + f.length;
}

uint32_t frame_number(const struct frame *f)
{
	uint32_t n = 0;

	memcpy(&n, f->payload, f->length < 4 ? f->length : 4);
	return n;
}

/* --- bytes that wait ------------------------------------------------------------------------------------------------------ */

uint8_t *queue_reserve(struct queue *q, size_t n)
{
	size_t length = queue_length(q), room;
	uint8_t *bytes;

	if (q->room - q->end >= n)
		return q->bytes + q->end;
	if (q->start > 0) {
		memmove(q->bytes, q->bytes + q->start, length);
		q->start = 0;
		q->end = length;
	}
	if (q->room - q->end >= n)
		return q->bytes + q->end;
	room = q->room > 0 ? q->room : 4096;
	while (room - q->end < n)
		room *= 2;
	bytes = realloc(q->bytes, room);
	if (bytes == NULL)
		return NULL;
	q->bytes = bytes;
	q->room = room;
	return q->bytes + q->end;
}

int queue_put(struct queue *q, const void *bytes, size_t n)
{
	uint8_t *to;

	if (n == 0)
		return 0;
	to = queue_reserve(q, n);
	if (to == NULL)
		return -ENOMEM;
	memcpy(to, bytes, n);
	q->end += n;
	return 0;
}

void queue_drop(struct queue *q, size_t n)
{
	q->start += n;
	if (q->start == q->end)
		q->start = q->end = 0;
}

void queue_done(struct queue *q)
{
	free(q->bytes);
	*q = (struct queue){0};
}

int queue_frame(struct queue *q, uint32_t stream, enum frame_type type, unsigned sub, const void *payload,
		size_t length)
{
	uint8_t header[FRAME_HEADER] = {0};
	uint16_t n = (uint16_t)length;

	if (length > FRAME_PAYLOAD_MAX)
		lx_bug();
	memcpy(header, &stream, 4);
	header[4] = (uint8_t)type;
	header[5] = (uint8_t)sub;
	memcpy(header + 6, &n, 2);
	if (queue_reserve(q, FRAME_HEADER + length) == NULL)
		return -ENOMEM;
	(void)!queue_put(q, header, FRAME_HEADER);
	return queue_put(q, payload, length);
}

static long not_now(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -EPIPE;
}

long queue_read(struct queue *q, int fd, size_t most)
{
	uint8_t *to = queue_reserve(q, most);
	ssize_t n;

	if (to == NULL)
		return -ENOMEM;
	n = read(fd, to, most);
	if (n <= 0)
		return n == 0 ? -EPIPE : not_now();
	q->end += (size_t)n;
	return n;
}

long queue_write(struct queue *q, int fd)
{
	ssize_t n;

	if (queue_length(q) == 0)
		return 0;
	n = write(fd, queue_bytes(q), queue_length(q));
	if (n < 0)
		return not_now();
	queue_drop(q, (size_t)n);
	return n;
}

/* --- fields ----------------------------------------------------------------------------------------------------------------- */

/* A key, the length in four bytes, the bytes, a NUL. */
#define FIELD_HEADER 5

int fields_put(struct queue *q, enum field_key key, const void *bytes, size_t n)
{
	uint8_t header[FIELD_HEADER] = {(uint8_t)key};
	uint32_t length = (uint32_t)n;

	if (n > FRAME_FIELDS_MAX || queue_length(q) + n + FIELD_HEADER + 1 > FRAME_FIELDS_MAX)
		return -E2BIG;
	memcpy(header + 1, &length, 4);
	if (queue_reserve(q, FIELD_HEADER + n + 1) == NULL)
		return -ENOMEM;
	(void)!queue_put(q, header, FIELD_HEADER);
	(void)!queue_put(q, bytes, n);
	return queue_put(q, "", 1);
}

int fields_put_text(struct queue *q, enum field_key key, const char *text)
{
	return fields_put(q, key, text, strlen(text));
}

int fields_next(const uint8_t *bytes, size_t n, size_t *at, struct field *ret)
{
	size_t left = n - *at;
	uint32_t length;

	if (left == 0)
		return 0;
	if (left < FIELD_HEADER + 1)
		return -EPROTO;
	memcpy(&length, bytes + *at + 1, 4);
	if (length > left - FIELD_HEADER - 1 || bytes[*at + FIELD_HEADER + length] != '\0')
		return -EPROTO;
	*ret = (struct field){bytes[*at], length, (const char *)bytes + *at + FIELD_HEADER};
	*at += FIELD_HEADER + length + 1;
	return 1;
}

int fields_check(const struct queue *q)
{
	struct field f;
	size_t at = 0;
	int r;

	while ((r = fields_next(queue_bytes(q), queue_length(q), &at, &f)) > 0)
		;
	return r;
}

const char *fields_text(const struct queue *q, enum field_key key)
{
	struct field f;
	size_t at = 0;

	while (fields_next(queue_bytes(q), queue_length(q), &at, &f) > 0)
		if (f.key == key)
			return f.text;
	return NULL;
}

const char *fields_bytes(const struct queue *q, enum field_key key, size_t n)
{
	struct field f;
	size_t at = 0;

	while (fields_next(queue_bytes(q), queue_length(q), &at, &f) > 0)
		if (f.key == key)
			return f.length == n ? f.text : NULL;
	return NULL;
}

int fields_send(struct queue *to, uint32_t stream, enum frame_type type, const struct queue *fields)
{
	const uint8_t *bytes = queue_bytes(fields);
	size_t left = queue_length(fields);

	while (left > 0) {
		size_t n = left < FRAME_PAYLOAD_MAX ? left : FRAME_PAYLOAD_MAX;
		int r = queue_frame(to, stream, FRAME_FIELDS, 0, bytes, n);

		if (r < 0)
			return r;
		bytes += n;
		left -= n;
	}
	return queue_frame(to, stream, type, 0, NULL, 0);
}

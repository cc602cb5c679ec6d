/* Any bytes as what comes over the channel: frames are inside of them, within their limits, and fields inside of frames. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vm-backend/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void look_at_fields(const struct queue *q)
{
	struct field f;
	size_t at = 0;
	int r;

	while ((r = fields_next(queue_bytes(q), queue_length(q), &at, &f)) > 0)
		require(f.text[f.length] == '\0' && at <= queue_length(q) &&
			f.text + f.length < (const char *)queue_bytes(q) + queue_length(q));
	require(r == fields_check(q));
	(void)fields_text(q, FIELD_ID);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct queue fields = {0};
	size_t at = 0;
	struct frame f;
	long n;

	while ((n = frame_parse(data + at, size - at, &f)) > 0) {
		require(f.type > 0 && f.type < FRAME_TYPE_END && f.sub < SUB_COUNT && f.length <= FRAME_PAYLOAD_MAX);
		require(f.payload == data + at + FRAME_HEADER && (size_t)n == (size_t)FRAME_HEADER + f.length);
		(void)frame_number(&f);
		if (f.type == FRAME_FIELDS)
			require(queue_put(&fields, f.payload, f.length) == 0);
		at += (size_t)n;
		require(at <= size);
	}
	look_at_fields(&fields);
	queue_done(&fields);
	fields.bytes = malloc(size + 1);
	require(fields.bytes != NULL);
	memcpy(fields.bytes, data, size);
	fields.end = fields.room = size;
	look_at_fields(&fields);
	queue_done(&fields);
	return 0;
}

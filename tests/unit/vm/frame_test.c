/* Frames, queues and fields: what is put comes out, what is no frame is refused, nothing is read that is not there. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "vm-backend/frame.h"

Test(frame, comes_out_as_it_was_put)
{
	struct queue q = {0};
	struct frame f;

	cr_assert_eq(queue_frame(&q, 70000, FRAME_DATA, SUB_ERR, "words", 5), 0);
	cr_assert_eq(queue_frame(&q, 1, FRAME_EOF, SUB_IN, NULL, 0), 0);
	cr_assert_eq(frame_parse(queue_bytes(&q), queue_length(&q), &f), FRAME_HEADER + 5);
	cr_assert_eq(f.stream, 70000);
	cr_assert_eq(f.type, FRAME_DATA);
	cr_assert_eq(f.sub, SUB_ERR);
	cr_assert_eq(f.length, 5);
	cr_assert_eq(memcmp(f.payload, "words", 5), 0);
	queue_drop(&q, FRAME_HEADER + 5);
	cr_assert_eq(frame_parse(queue_bytes(&q), queue_length(&q), &f), FRAME_HEADER);
	cr_assert_eq(f.type, FRAME_EOF);
	queue_done(&q);
}

Test(frame, waits_for_all_of_it)
{
	struct queue q = {0};
	struct frame f;

	cr_assert_eq(queue_frame(&q, 1, FRAME_DATA, 0, "1234567", 7), 0);
	for (size_t n = 0; n < FRAME_HEADER + 7; n++)
		cr_assert_eq(frame_parse(queue_bytes(&q), n, &f), 0, "%zu bytes are no frame", n);
	queue_done(&q);
}

Test(frame, refuses_what_is_none)
{
	static const struct {
		const char *why;
		uint8_t bytes[FRAME_HEADER + 8];
	} wrong[] = {
		{"type 0", {1, 0, 0, 0, 0, 0, 0, 0}},
		{"a type beyond the last", {1, 0, 0, 0, FRAME_TYPE_END, 0, 0, 0}},
		{"a sub beyond the last", {1, 0, 0, 0, FRAME_DATA, SUB_COUNT, 0, 0}},
		{"a payload that is too long", {1, 0, 0, 0, FRAME_DATA, 0, 0xff, 0xff}},
		{"a number of three bytes", {1, 0, 0, 0, FRAME_EXIT, 0, 3, 0}},
		{"an end with a payload", {1, 0, 0, 0, FRAME_EOF, 0, 1, 0}},
		{"a request with a payload", {1, 0, 0, 0, FRAME_RUN, 0, 4, 0}},
	};
	struct frame f;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		cr_assert_eq(frame_parse(wrong[i].bytes, sizeof(wrong[i].bytes), &f), -EPROTO, "%s", wrong[i].why);
}

Test(frame, queues_keep_order_over_reads_and_writes)
{
	struct queue from = {0}, to = {0};
	uint8_t sent = 0, got = 0;
	int ends[2];

	cr_assert_eq(pipe2(ends, O_NONBLOCK), 0);
	for (int round = 0; round < 2000; round++) {
		uint8_t bytes[97];

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = sent++;
		cr_assert_eq(queue_put(&from, bytes, sizeof(bytes)), 0);
		cr_assert_geq(queue_write(&from, ends[1]), 0);
		cr_assert_geq(queue_read(&to, ends[0], (size_t)(round % 150 + 1)), 0);
		for (size_t n = (size_t)round % 89; n > 0 && queue_length(&to) > 0; n--) {
			cr_assert_eq(queue_bytes(&to)[0], got++);
			queue_drop(&to, 1);
		}
	}
	close(ends[1]);
	while (queue_read(&to, ends[0], 4096) >= 0)
		;
	for (; queue_length(&to) > 0; queue_drop(&to, 1))
		cr_assert_eq(queue_bytes(&to)[0], got++);
	close(ends[0]);
	queue_done(&from);
	queue_done(&to);
}

Test(frame, fields_cross)
{
	struct queue q = {0}, sent = {0}, back = {0};
	char large[3 * FRAME_PAYLOAD_MAX];
	struct frame f;
	long n;

	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	cr_assert_eq(fields_put_text(&q, FIELD_ID, "0123"), 0);
	cr_assert_eq(fields_put_text(&q, FIELD_WORD, large), 0);
	cr_assert_eq(fields_put_text(&q, FIELD_WORD, ""), 0);
	cr_assert_eq(fields_send(&sent, 7, FRAME_RUN, &q), 0);
	while ((n = frame_parse(queue_bytes(&sent), queue_length(&sent), &f)) > 0) {
		cr_assert_eq(f.stream, 7);
		if (f.type == FRAME_FIELDS)
			cr_assert_eq(queue_put(&back, f.payload, f.length), 0);
		queue_drop(&sent, (size_t)n);
	}
	cr_assert_eq(f.type, FRAME_RUN);
	cr_assert_eq(fields_check(&back), 0);
	cr_assert_str_eq(fields_text(&back, FIELD_ID), "0123");
	cr_assert_str_eq(fields_text(&back, FIELD_WORD), large);
	cr_assert_null(fields_text(&back, FIELD_DISK));
	/* Cut anywhere, they are damaged, unless it is between two. */
	for (size_t cut = 1; cut < 9; cut++) {
		struct queue part = back;

		part.end -= cut;
		cr_assert_eq(fields_check(&part), cut == 6 ? 0 : -EPROTO, "%zu bytes less", cut);
	}
	queue_done(&q);
	queue_done(&sent);
	queue_done(&back);
}

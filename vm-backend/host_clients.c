/* Clients: each has one request at a time, and at most one command. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vm-backend/host.h"

#define READ_MOST (64u << 10)

void client_add(int fd)
{
	struct client *c = calloc(1, sizeof(*c));
	struct frame_hello hello = {.magic = FRAME_MAGIC, .version = FRAME_VERSION};

	if (c == NULL)
		abort();
	c->fd = fd;
	c->next = host.clients;
	host.clients = c;
	must(queue_frame(&c->out, 0, FRAME_HELLO, 0, &hello, sizeof(hello)));
}

struct client *client_of_stream(uint32_t stream)
{
	for (struct client *c = host.clients; c != NULL; c = c->next)
		if (c->stream == stream && stream != 0)
			return c;
	return NULL;
}

static void answer(struct client *c, enum frame_type type, enum field_key key, const char *text)
{
	struct queue q = {0};

	if (text != NULL)
		must(fields_put_text(&q, key, text));
	must(fields_send(&c->out, 1, type, &q));
	queue_done(&q);
}

void client_error(struct client *c, const char *sentence)
{
	if (c->ending)
		return;
	answer(c, FRAME_ERROR, FIELD_TEXT, sentence);
	c->ending = true;
}

void clients_wake(struct member *m, const char *error)
{
	for (struct client *c = host.clients; c != NULL; c = c->next) {
		if (c->member != m)
			continue;
		c->member = NULL;
		if (c->wait == WAIT_END)
			continue;
		if (c->wait == WAIT_STOP)
			answer(c, FRAME_DONE, 0, NULL);
		else if (c->wait == WAIT_START && error != NULL)
			client_error(c, error);
		else if (c->wait == WAIT_START && m->said.end > m->said.start)
			/* What was not as it should be when it started; the first who waits says so. */
			must(queue_frame(&c->out, 1, FRAME_FIELDS, 0, queue_bytes(&m->said), queue_length(&m->said)));
		c->wait = WAIT_NOTHING;
	}
}

/* --- requests ---------------------------------------------------------------------------------------------------------------- */

static void start(struct client *c, const struct queue *fields)
{
	struct vm_message m;
	struct member *member = member_get(fields, &m);

	if (member == NULL) {
		client_error(c, m.text);
		return;
	}
	if (member->ready && !member->ending)
		return;
	c->member = member;
	c->wait = WAIT_START;
	if (member->stopping || member->ending) {
		c->wait = WAIT_END;
		must(queue_put(&c->start, queue_bytes(fields), queue_length(fields)));
	}
}

void clients_start_again(void)
{
	for (struct client *c = host.clients; c != NULL; c = c->next) {
		struct queue fields = c->start;

		if (c->wait != WAIT_END || c->member != NULL)
			continue;
		c->wait = WAIT_NOTHING;
		c->start = (struct queue){0};
		start(c, &fields);
		queue_done(&fields);
	}
}

static void run(struct client *c)
{
	if (c->stream != 0) {
		client_error(c, "one client runs one command");
		return;
	}
	c->stream = host.next_stream++;
	must(fields_send(&host.out, c->stream, FRAME_RUN, &c->fields));
}

static void stop(struct client *c, enum frame_type type)
{
	const char *id = fields_text(&c->fields, FIELD_ID);
	struct member *m = id != NULL ? member_find(id) : NULL;

	if (m == NULL) {
		answer(c, FRAME_DONE, 0, NULL);
		return;
	}
	c->member = m;
	c->wait = WAIT_STOP;
	member_stop(m, type, &c->fields);
}

static void care(struct client *c)
{
	struct vm_message m;

	if (c->stream != 0 || disk_request(c, &m) < 0)
		client_error(c, c->stream != 0 ? "one client has one request" : m.text);
}

static void list(struct client *c)
{
	struct queue q = {0};

	must(fields_put_text(&q, FIELD_BACKEND, host.vm.backend->name));
	for (const struct member *m = host.members; m != NULL; m = m->next)
		must(fields_put_text(&q, FIELD_ID, m->id));
	must(fields_send(&c->out, 1, FRAME_DONE, &q));
	queue_done(&q);
}

static void take_frame(struct client *c, const struct frame *f)
{
	if (f->type == FRAME_FIELDS) {
		if (queue_length(&c->fields) + f->length > FRAME_FIELDS_MAX)
			c->gone = true;
		else
			must(queue_put(&c->fields, f->payload, f->length));
		return;
	}
	if (f->type >= FRAME_DATA && f->type < FRAME_DISK) {
		if (c->stream != 0)
			must(queue_frame(&host.out, c->stream, (enum frame_type)f->type, f->sub, f->payload,
					 f->length));
		return;
	}
	if (f->type == FRAME_HELLO) {
		struct frame_hello hello;

		memcpy(&hello, f->payload, sizeof(hello));
		c->greeted = hello.magic == FRAME_MAGIC && hello.version == FRAME_VERSION;
		if (!c->greeted)
			client_error(c, "the utility VM was started by another lxrun: lxrun --shutdown ends it");
		return;
	}
	if (!c->greeted || fields_check(&c->fields) < 0) {
		c->gone = true;
		return;
	}
	if (f->type == FRAME_START)
		start(c, &c->fields);
	else if (f->type == FRAME_RUN)
		run(c);
	else if (f->type == FRAME_STOP || f->type == FRAME_STOP_IDLE)
		stop(c, (enum frame_type)f->type);
	else if (f->type == FRAME_LIST)
		list(c);
	else if (f->type == FRAME_DISK)
		care(c);
	else if (f->type == FRAME_SHUTDOWN)
		host_shutdown(fields_text(&c->fields, FIELD_FORCE) != NULL);
	queue_drop(&c->fields, queue_length(&c->fields));
}

/* --- bytes -------------------------------------------------------------------------------------------------------------------- */

static void take_frames(struct client *c)
{
	struct frame f;
	long n;

	while (c->wait == WAIT_NOTHING && !c->gone && !c->ending && !host.leaving && (host.up || !c->greeted) &&
	       (n = frame_parse(queue_bytes(&c->in), queue_length(&c->in), &f)) != 0) {
		if (n < 0) {
			c->gone = true;
			return;
		}
		take_frame(c, &f);
		queue_drop(&c->in, (size_t)n);
	}
}

void client_serve(struct client *c, short events)
{
	if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 && (c->wait == WAIT_NOTHING || (events & POLLHUP) != 0)) {
		long n = queue_read(&c->in, c->fd, READ_MOST);

		if (n < 0)
			c->gone = true;
	}
	take_frames(c);
	if (queue_length(&c->out) > 0 && queue_write(&c->out, c->fd) < 0)
		c->gone = true;
	if (c->ending && queue_length(&c->out) == 0)
		c->gone = true;
}

void clients_sweep(void)
{
	for (struct client **at = &host.clients; *at != NULL;) {
		struct client *c = *at;

		if (!c->gone) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		if (c->stream != 0 && !host.leaving)
			must(queue_frame(&host.out, c->stream, FRAME_CLOSE, 0, NULL, 0));
		close(c->fd);
		queue_done(&c->in);
		queue_done(&c->out);
		queue_done(&c->fields);
		queue_done(&c->start);
		free(c);
	}
}

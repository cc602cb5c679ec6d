/* Distributions in the VM: their disks, and what the agent says of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm-backend/host.h"

struct member *member_find(const char *id)
{
	for (struct member *m = host.members; m != NULL; m = m->next)
		if (strcmp(m->id, id) == 0)
			return m;
	return NULL;
}

struct member *member_of_stream(uint32_t stream)
{
	for (struct member *m = host.members; m != NULL; m = m->next)
		if (m->stream == stream)
			return m;
	return NULL;
}

static void drop(struct member *m)
{
	for (struct member **at = &host.members; *at != NULL; at = &(*at)->next)
		if (*at == m) {
			*at = m->next;
			break;
		}
	queue_done(&m->said);
	free(m->sentences);
	free(m->id);
	free(m->name);
	free(m);
}

/* The client's fields, and the disk as the VM knows it. */
static void ask_start(struct member *m, const struct queue *fields)
{
	struct queue q = {0};

	must(queue_put(&q, queue_bytes(fields), queue_length(fields)));
	must(fields_put_text(&q, FIELD_DEVICE, m->device));
	must(fields_send(&host.out, m->stream, FRAME_START, &q));
	queue_done(&q);
}

struct member *member_get(const struct queue *fields, struct vm_message *message)
{
	const char *id = fields_text(fields, FIELD_ID), *name = fields_text(fields, FIELD_NAME);
	const char *disk = fields_text(fields, FIELD_DISK);
	struct member *m = id != NULL ? member_find(id) : NULL;

	if (m != NULL)
		return m;
	if (id == NULL || name == NULL || disk == NULL) {
		(void)vm_fail(message, 0, "a request to start a distribution names none");
		return NULL;
	}
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		abort();
	if (host.vm.backend->attach(&host.vm, disk, m->device, sizeof(m->device), message) < 0) {
		free(m);
		return NULL;
	}
	m->id = host_copy(id);
	m->name = host_copy(name);
	m->stream = host.next_stream++;
	m->next = host.members;
	host.members = m;
	ask_start(m, fields);
	return m;
}

void member_stop(struct member *m, enum frame_type type, const struct queue *fields)
{
	struct queue q = {0};

	must(fields_put_text(&q, FIELD_ID, m->id));
	if (fields_text(fields, FIELD_FORCE) != NULL)
		must(fields_put_text(&q, FIELD_FORCE, ""));
	/* On a stream that nobody has: the answer that counts is the end. */
	must(fields_send(&host.out, host.next_stream++, type, &q));
	queue_done(&q);
}

static void ended(struct member *m)
{
	m->ending = true;
	m->ready = false;
	/* The kernel lets go of a disk a moment after its last user has. */
	if (host.vm.backend->detach(&host.vm, m->device) == -EBUSY && m->detach_tries++ < 40)
		return;
	clients_wake(m, "it has been ended");
	drop(m);
	clients_start_again();
}

void members_tick(void)
{
	for (struct member *m = host.members, *next; m != NULL; m = next) {
		next = m->next;
		if (m->ending)
			ended(m);
	}
}

void member_frame(struct member *m, const struct frame *f)
{
	const char *text;
	char sentence[VM_MESSAGE];

	switch (f->type) {
	case FRAME_FIELDS:
		must(queue_put(&m->said, f->payload, f->length));
		return;
	case FRAME_STOP:
		m->ready = false;
		m->stopping = true;
		break;
	case FRAME_DONE:
		m->ready = true;
		clients_wake(m, NULL);
		break;
	case FRAME_ERROR:
		text = fields_check(&m->said) == 0 ? fields_text(&m->said, FIELD_TEXT) : NULL;
		snprintf(sentence, sizeof(sentence), "%s cannot be started: %.400s", m->name,
			 text != NULL ? text : "the agent does not say why");
		clients_wake(m, sentence);
		break;
	case FRAME_EXIT:
		ended(m);
		return;
	default:
		return;
	}
	queue_drop(&m->said, queue_length(&m->said));
}

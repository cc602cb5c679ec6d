/* What the agent says, to whom it concerns. */
#include <string.h>

#include "vm-backend/host.h"
#include "vm-backend/network.h"

static void take_hello(const struct frame *f)
{
	struct frame_hello own = {.magic = FRAME_MAGIC, .version = FRAME_VERSION}, theirs;

	memcpy(&theirs, f->payload, sizeof(theirs));
	if (theirs.magic != FRAME_MAGIC || theirs.version != FRAME_VERSION) {
		host_leave("the agent in the utility VM is of another lxrun");
		return;
	}
	host.window = theirs.window;
	host.up = true;
	must(queue_frame(&host.out, 0, FRAME_HELLO, 0, &own, sizeof(own)));
	host_send_time();
	swap_add(host.swap);
	if (host.forget)
		must(queue_frame(&host.out, 0, FRAME_FORGET, 0, NULL, 0));
}

static void take_port(const struct frame *f)
{
	struct frame_port p;

	memcpy(&p, f->payload, sizeof(p));
	/* A port that the host has taken itself, or does not give away, stays the host's. */
	if (host.forward_ports)
		(void)!network_forward(p.port, p.listening != 0);
}

static void take_frame(const struct frame *f)
{
	struct member *m;
	struct client *c;

	if (f->type == FRAME_HELLO) {
		take_hello(f);
	} else if (f->type == FRAME_ACK) {
		uint32_t n = frame_number(f);

		host.under_way -= n < host.under_way ? n : host.under_way;
	} else if (f->type == FRAME_PORT) {
		take_port(f);
	} else if (f->type == FRAME_MEMORY) {
		memory_said(f);
	} else if ((m = member_of_stream(f->stream)) != NULL) {
		member_frame(m, f);
	} else if ((c = client_of_stream(f->stream)) != NULL) {
		/* Whatever a command says is its client's, whose only stream is 1. */
		must(queue_frame(&c->out, 1, (enum frame_type)f->type, f->sub, f->payload, f->length));
		if (f->type == FRAME_EXIT || f->type == FRAME_ERROR || f->type == FRAME_DONE) {
			c->stream = 0;
			c->ending = true;
		}
	}
}

void channel_frames(void)
{
	struct frame f;
	long n;

	while (!host.leaving && (n = frame_parse(queue_bytes(&host.in), queue_length(&host.in), &f)) != 0) {
		if (n < 0) {
			host_leave("the utility VM sent what is no message, and was ended");
			return;
		}
		take_frame(&f);
		queue_drop(&host.in, (size_t)n);
	}
}

/* The channel: bytes to frames, frames to whom they concern. When the other side is gone, so is the VM. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "vm-backend/agent/agent.h"

#define READ_MOST    (64u << 10)
#define SMALL_WINDOW 2048
#define TIME_CLOSE   20000000 /* nanoseconds */

struct queue channel_out;

/* Fields of requests that are not complete: one request at a time comes from one stream, and few streams ask at once. */
struct pending {
	struct pending *next;
	uint32_t stream;
	struct queue fields;
};

static int fd = -1;
static struct queue in;
static struct pending *pending;
static uint32_t window, unacknowledged;

int channel_fd(void)
{
	return fd;
}

short channel_wants(void)
{
	return (short)(POLLIN | (queue_length(&channel_out) > 0 ? POLLOUT : 0));
}

static void must(int r)
{
	if (r < 0)
		lost("no memory for the channel: %s", strerror(-r));
}

void answer(uint32_t stream, enum frame_type type)
{
	must(queue_frame(&channel_out, stream, type, 0, NULL, 0));
}

static void answer_field(uint32_t stream, enum field_key key, const char *text)
{
	struct queue f = {0};

	must(fields_put_text(&f, key, text));
	must(queue_frame(&channel_out, stream, FRAME_FIELDS, 0, queue_bytes(&f), queue_length(&f)));
	queue_done(&f);
}

void answer_text(uint32_t stream, const char *text)
{
	answer_field(stream, FIELD_TEXT, text);
}

void answer_again(uint32_t stream)
{
	answer_field(stream, FIELD_AGAIN, "");
}

void answer_error(uint32_t stream, int status, const char *format, ...)
{
	char text[1024], number[16];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	snprintf(number, sizeof(number), "%d", status);
	answer_text(stream, text);
	answer_field(stream, FIELD_NUMBER, number);
	answer(stream, FRAME_ERROR);
}

void channel_open(const char *path)
{
	struct frame_hello hello = {.magic = FRAME_MAGIC, .version = FRAME_VERSION};
	struct utsname kernel;
	struct termios t;

	fd = channel_wait(path);
	if (fd < 0)
		lost("cannot open the channel %s: %s", path, strerror(-fd));
	if (tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		(void)tcsetattr(fd, TCSANOW, &t);
	}
	/* Another kernel's serial line stops for good when more than its buffer comes at once; ours has a patch. */
	if (isatty(fd) && uname(&kernel) == 0 && strstr(kernel.release, "-lx") == NULL)
		window = SMALL_WINDOW;
	hello.window = window;
	must(queue_frame(&channel_out, 0, FRAME_HELLO, 0, &hello, sizeof(hello)));
}

/* --- requests -------------------------------------------------------------------------------------------------------------- */

static struct queue *pending_of(uint32_t stream)
{
	struct pending *p;

	for (p = pending; p != NULL; p = p->next)
		if (p->stream == stream)
			return &p->fields;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		lost("no memory");
	p->stream = stream;
	p->next = pending;
	pending = p;
	return &p->fields;
}

/* The complete fields, which are the caller's now. */
static struct queue take_pending(uint32_t stream)
{
	struct queue fields = {0};

	for (struct pending **at = &pending; *at != NULL; at = &(*at)->next) {
		struct pending *p = *at;

		if (p->stream != stream)
			continue;
		fields = p->fields;
		*at = p->next;
		free(p);
		break;
	}
	if (fields_check(&fields) < 0)
		lost("the host sent damaged fields");
	return fields;
}

static void stop(struct queue *fields, uint32_t stream, bool idle)
{
	const char *id = fields_text(fields, FIELD_ID);
	struct distribution *d = id != NULL ? distro_find(id) : NULL;

	if (d != NULL && idle && !distro_is_idle(d))
		answer_error(d->stream, 125, "programs run in it");
	else if (d != NULL)
		distro_stop(d, fields_text(fields, FIELD_FORCE) != NULL);
	answer(stream, FRAME_DONE);
	queue_done(fields);
}

static void set_time(const struct frame *f)
{
	struct timespec now;
	int64_t difference;
	uint64_t ns;

	memcpy(&ns, f->payload, sizeof(ns));
	/* It may have been on its way for a while: small differences are none. */
	clock_gettime(CLOCK_REALTIME, &now);
	difference = (int64_t)ns - ((int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
	if (difference < TIME_CLOSE && difference > -TIME_CLOSE)
		return;
	(void)clock_settime(CLOCK_REALTIME, &(struct timespec){(time_t)(ns / 1000000000), (long)(ns % 1000000000)});
}

static void take_hello(const struct frame *f)
{
	struct frame_hello hello;

	memcpy(&hello, f->payload, sizeof(hello));
	if (hello.magic != FRAME_MAGIC || hello.version != FRAME_VERSION)
		lost("the host speaks version %u of the protocol, this is %d", hello.version, FRAME_VERSION);
}

static void take_frame(const struct frame *f)
{
	struct session *s;
	struct queue fields;

	switch (f->type) {
	case FRAME_HELLO:
		take_hello(f);
		return;
	case FRAME_FIELDS: {
		struct queue *q = pending_of(f->stream);

		if (queue_length(q) + f->length > FRAME_FIELDS_MAX)
			lost("the host sent too many fields");
		must(queue_put(q, f->payload, f->length));
		return;
	}
	case FRAME_START:
		fields = take_pending(f->stream);
		distro_start(f->stream, &fields);
		return;
	case FRAME_RUN:
		fields = take_pending(f->stream);
		session_run(f->stream, &fields);
		return;
	case FRAME_STOP:
	case FRAME_STOP_IDLE:
		fields = take_pending(f->stream);
		stop(&fields, f->stream, f->type == FRAME_STOP_IDLE);
		return;
	case FRAME_DISK:
		fields = take_pending(f->stream);
		disk_care(f->stream, &fields);
		return;
	case FRAME_SWAP:
		fields = take_pending(f->stream);
		swap_use(&fields);
		return;
	case FRAME_FORGET:
		memory_forget_when_idle();
		return;
	case FRAME_SHUTDOWN:
		power_off();
	case FRAME_TIME:
		set_time(f);
		return;
	default:
		s = session_find(f->stream);
		if (s != NULL)
			session_frame(s, f);
		return;
	}
}

/* --- bytes ------------------------------------------------------------------------------------------------------------------ */

static void acknowledge(uint32_t n)
{
	unacknowledged += n;
	if (window == 0 || unacknowledged < window / 4)
		return;
	must(queue_frame(&channel_out, 0, FRAME_ACK, 0, &unacknowledged, sizeof(unacknowledged)));
	unacknowledged = 0;
}

static void take_bytes(void)
{
	struct frame f;
	long n = queue_read(&in, fd, READ_MOST);

	if (n < 0)
		power_off();
	if (n > 0)
		acknowledge((uint32_t)n);
	while ((n = frame_parse(queue_bytes(&in), queue_length(&in), &f)) > 0) {
		take_frame(&f);
		queue_drop(&in, (size_t)n);
	}
	if (n < 0)
		lost("the host sent what is no frame");
}

void channel_serve(short events)
{
	if ((events & POLLIN) != 0)
		take_bytes();
	else if ((events & (POLLHUP | POLLERR)) != 0)
		power_off();
	if (queue_length(&channel_out) > 0 && queue_write(&channel_out, fd) < 0)
		power_off();
}

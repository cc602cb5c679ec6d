/* Sessions: a command's descriptors on one side, frames on the other, with credit in both directions. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vm-backend/agent/agent.h"

#define CREDIT_STEP (FRAME_WINDOW / 4)

struct session *sessions;

struct session *session_find(uint32_t stream)
{
	for (struct session *s = sessions; s != NULL; s = s->next)
		if (s->stream == stream)
			return s;
	return NULL;
}

static void must(int r)
{
	if (r < 0)
		lost("no memory for a command's data: %s", strerror(-r));
}

static void close_sub(struct session *s, unsigned sub)
{
	if (s->fds[sub] >= 0)
		close(s->fds[sub]);
	s->fds[sub] = -1;
}

void session_run(uint32_t stream, struct queue *fields)
{
	const char *id = fields_text(fields, FIELD_ID);
	struct distribution *d = id != NULL ? distro_find(id) : NULL;
	const char *size = fields_bytes(fields, FIELD_SIZE, sizeof(struct frame_size));
	struct session *s;
	int r;

	if (d == NULL || !d->ready || d->stopping) {
		/* It has just begun to end, perhaps, and whoever asked did not know. */
		answer_again(stream);
		answer_error(stream, 125, "the distribution does not run");
		queue_done(fields);
		return;
	}
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		lost("no memory");
	*s = (struct session){.stream = stream, .distro = d, .fields = *fields, .reports = -1, .next = sessions};
	for (unsigned i = 0; i < SUB_COUNT; i++) {
		s->fds[i] = -1;
		s->credit[i] = FRAME_WINDOW;
	}
	if (size != NULL)
		memcpy(&s->size, size, sizeof(s->size));
	sessions = s;
	d->sessions++;
	r = spawn(s);
	if (r < 0) {
		answer_error(stream, 125, "the command cannot be started: %s", strerror(-r));
		s->reaped = s->closed = true;
	}
}

/* --- what the child says --------------------------------------------------------------------------------------------------- */

static void failed(struct session *s, const struct report *r)
{
	answer_error(s->stream, r->number, "%s", r->text);
	s->closed = true;
	if (s->pid == 0)
		s->reaped = true;
}

void session_report(struct session *s)
{
	struct report r;
	int fd, n;

	while ((n = report_take(s->reports, &r, &fd)) > 0) {
		if (fd >= 0 && r.kind == REPORT_TERMINAL) {
			s->fds[SUB_TERMINAL] = fd;
			(void)ioctl(fd, TIOCSWINSZ, &s->size);
		} else if (r.kind == REPORT_PID) {
			s->pid = r.number;
		} else if (r.kind == REPORT_ERROR) {
			failed(s, &r);
		}
	}
	if (n == 0)
		return;
	/* Closed by exec, or by an end without a word. */
	close(s->reports);
	s->reports = -1;
	if (s->pid == 0 && !s->closed)
		failed(s,
		       &(struct report){.number = 125, .text = "the command could not be started in the distribution"});
	if (!s->closed)
		answer(s->stream, FRAME_STARTED);
	s->started = true;
}

bool session_reaped(pid_t pid, int status)
{
	for (struct session *s = sessions; s != NULL; s = s->next)
		if (s->pid == pid && !s->reaped) {
			s->reaped = true;
			s->status = status;
			return true;
		}
	return false;
}

/* --- what comes ------------------------------------------------------------------------------------------------------------- */

static int in_fd(const struct session *s)
{
	return s->fds[SUB_IN] >= 0 ? s->fds[SUB_IN] : s->fds[SUB_TERMINAL];
}

static void hang_up(struct session *s)
{
	/* Closing the master hangs the terminal up; who has none gets the signal that its terminal would have sent. */
	if (s->pid > 0 && !s->reaped && s->fds[SUB_TERMINAL] < 0)
		kill(s->pid, SIGHUP);
	for (unsigned i = 0; i < SUB_COUNT; i++)
		close_sub(s, i);
	s->closed = true;
}

/* A signal for the command; from a terminal's keys it goes to the terminal's foreground group by itself. */
static void send_signal(struct session *s, uint32_t signal)
{
	if (s->pid > 0 && !s->reaped && signal > 0 && signal <= 64)
		kill(s->pid, (int)signal);
}

void session_frame(struct session *s, const struct frame *f)
{
	switch (f->type) {
	case FRAME_DATA:
		if (s->taken + f->length > FRAME_WINDOW)
			lost("the host sent more than it had credit for");
		s->taken += f->length;
		if (!s->closed)
			must(queue_put(&s->in, f->payload, f->length));
		return;
	case FRAME_EOF:
		s->in_ended = true;
		return;
	case FRAME_CREDIT:
		s->credit[f->sub] += frame_number(f);
		return;
	case FRAME_SIGNAL:
		send_signal(s, frame_number(f));
		return;
	case FRAME_SIZE:
		memcpy(&s->size, f->payload, sizeof(s->size));
		if (s->fds[SUB_TERMINAL] >= 0)
			(void)ioctl(s->fds[SUB_TERMINAL], TIOCSWINSZ, &s->size);
		return;
	case FRAME_CLOSE:
		hang_up(s);
		return;
	default:
		return;
	}
}

/* What has been passed on, or dropped, may be sent again. */
static void give_credit(struct session *s)
{
	uint32_t waiting = (uint32_t)queue_length(&s->in), passed = s->taken - waiting;

	if (passed < CREDIT_STEP)
		return;
	must(queue_frame(&channel_out, s->stream, FRAME_CREDIT, SUB_IN, &passed, sizeof(passed)));
	s->taken = waiting;
}

static void pass_in(struct session *s)
{
	int fd = in_fd(s);
	long n;

	/* Until the terminal is there. */
	if (fd < 0 && s->started) {
		queue_drop(&s->in, queue_length(&s->in));
	} else if (fd >= 0) {
		n = queue_write(&s->in, fd);
		if (n < 0) {
			queue_drop(&s->in, queue_length(&s->in));
			close_sub(s, SUB_IN);
		}
	}
	if (s->in_ended && queue_length(&s->in) == 0)
		close_sub(s, SUB_IN);
	give_credit(s);
}

/* --- what goes -------------------------------------------------------------------------------------------------------------- */

static bool may_send(const struct session *s, unsigned sub)
{
	return sub != SUB_IN && s->fds[sub] >= 0 && s->credit[sub] > 0 && !s->closed;
}

/* One frame's worth; false when there is nothing more to be had now. */
static bool pass_out(struct session *s, unsigned sub)
{
	uint8_t bytes[FRAME_PAYLOAD_MAX];
	size_t most = s->credit[sub] < sizeof(bytes) ? s->credit[sub] : sizeof(bytes);
	ssize_t n = read(s->fds[sub], bytes, most);

	if (n > 0) {
		s->credit[sub] -= (uint32_t)n;
		must(queue_frame(&channel_out, s->stream, FRAME_DATA, sub, bytes, (size_t)n));
		return true;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	/* EIO is a terminal's way to say that nobody has it open. */
	close_sub(s, sub);
	must(queue_frame(&channel_out, s->stream, FRAME_EOF, sub, NULL, 0));
	return false;
}

void session_poll(const struct session *s, struct pollfd *set)
{
	bool much = queue_length(&channel_out) > CHANNEL_OUT_MUCH;

	set[0] = (struct pollfd){.fd = s->reports, .events = POLLIN};
	for (unsigned i = 0; i < SUB_COUNT; i++) {
		set[1 + i] = (struct pollfd){.fd = -1};
		if (may_send(s, i) && !much)
			set[1 + i] = (struct pollfd){.fd = s->fds[i], .events = POLLIN};
		if (s->fds[i] >= 0 && s->fds[i] == in_fd(s) && queue_length(&s->in) > 0)
			set[1 + i].fd = s->fds[i], set[1 + i].events |= POLLOUT;
	}
}

/* The last of what it wrote, then how it ended. */
static void finish(struct session *s)
{
	uint32_t status = (uint32_t)s->status;

	for (unsigned i = 0; i < SUB_COUNT; i++) {
		while (may_send(s, i) && pass_out(s, i))
			;
		/* The reader is slow: there may be more when it has given credit. */
		if (i != SUB_IN && s->fds[i] >= 0 && s->credit[i] == 0)
			return;
	}
	must(queue_frame(&channel_out, s->stream, FRAME_EXIT, 0, &status, sizeof(status)));
	s->closed = true;
}

void session_serve(struct session *s, const struct pollfd *set)
{
	if (s->reports >= 0 && set[0].revents != 0)
		session_report(s);
	for (unsigned i = 0; i < SUB_COUNT; i++)
		if ((set[1 + i].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && may_send(s, i) &&
		    set[1 + i].fd == s->fds[i])
			(void)pass_out(s, i);
	if (queue_length(&s->in) > 0 || s->in_ended || s->taken > 0)
		pass_in(s);
}

void sessions_sweep(void)
{
	for (struct session **at = &sessions; *at != NULL;) {
		struct session *s = *at;

		if (s->reaped && !s->closed && s->reports < 0)
			finish(s);
		if (!s->closed || !s->reaped || s->reports >= 0) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		for (unsigned i = 0; i < SUB_COUNT; i++)
			close_sub(s, i);
		if (--s->distro->sessions == 0)
			s->distro->idle_since = now_ms();
		queue_done(&s->in);
		queue_done(&s->fields);
		free(s);
	}
}

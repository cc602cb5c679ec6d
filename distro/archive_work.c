#include "distro/archive_work.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TICK 200000000ll

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

void work_begin(struct archive_work *w, const struct archive_options *o, struct message *message)
{
	static const struct archive_options none;

	*w = (struct archive_work){.options = o != NULL ? o : &none, .message = message};
	w->progress = w->options->done;
	message->text[0] = '\0';
	w->next_tick = now() + TICK;
}

static int call(struct archive_work *w)
{
	if (w->options->progress == NULL || w->options->progress(w->options->context, &w->progress) == 0)
		return 0;
	return work_fail(w, -ECANCELED, "it was interrupted");
}

int work_tick(struct archive_work *w)
{
	int64_t t = now();

	if (t < w->next_tick)
		return 0;
	w->next_tick = t + TICK;
	return call(w);
}

int work_end(struct archive_work *w)
{
	return call(w);
}

int work_fail(struct archive_work *w, int error, const char *format, ...)
{
	va_list ap;

	if (w->failed)
		return error;
	w->failed = true;
	va_start(ap, format);
	(void)vsnprintf(w->message->text, sizeof(w->message->text), format, ap);
	va_end(ap);
	return error;
}

int work_fail_on(struct archive_work *w, int error, const char *what, const char *name)
{
	if (error == -ENOSPC || error == -EDQUOT)
		return work_fail(w, error, "there is no space left for %s", show_name(name).text);
	return work_fail(w, error, "cannot %s %s: %s", what, show_name(name).text, strerror(-error));
}

struct shown_name show_name(const char *name)
{
	struct shown_name s;
	size_t n = 0;

	s.text[n++] = '\'';
	for (; *name != '\0' && n < sizeof(s.text) - 8; name++) {
		unsigned char c = (unsigned char)*name;

		if (c < ' ' || c == 0x7f)
			n += (size_t)snprintf(s.text + n, 5, "\\%03o", c);
		else
			s.text[n++] = (char)c;
	}
	strcpy(s.text + n, *name != '\0' ? "...'" : "'");
	return s;
}

#include "cli/progress.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "cli/report.h"

#define BAR_WIDTH 30
#define MEGABYTE  1e6

static volatile sig_atomic_t stopped;
static const char *title;
static bool quiet, terminal, shown;
static time_t last_line;

static int update(void *context, const struct archive_progress *p);
static struct archive_options options = {.progress = update};

static void on_signal(int signal)
{
	stopped = signal;
}

static void print_bar(const struct archive_progress *p, unsigned percent)
{
	char bar[BAR_WIDTH + 1];

	if (p->bytes_total == 0) {
		(void)fprintf(stderr, "\r%s: %" PRIu64 " MB, %" PRIu64 " files\033[K", title, p->content >> 20,
			      p->entries);
	} else {
		memset(bar, ' ', BAR_WIDTH);
		memset(bar, '#', (size_t)percent * BAR_WIDTH / 100);
		bar[BAR_WIDTH] = '\0';
		(void)fprintf(stderr, "\r%s: [%s] %3u%%  %" PRIu64 " MB, %" PRIu64 " files\033[K", title, bar, percent,
			      p->content >> 20, p->entries);
	}
	shown = true;
}

static double rate(uint64_t now);
static int show(uint64_t now, uint64_t total, const char *text);

/* Of work whose size is known. */
static int update_known(const struct archive_progress *p)
{
	double speed = rate(p->content);
	char text[160], left[64] = "";
	/* What is read under each of its names was counted once. */
	uint64_t done = p->content < p->content_total ? p->content : p->content_total;

	if (p->content_total > done && speed > 0)
		snprintf(left, sizeof(left), ", %.0f s left", (double)(p->content_total - done) / speed);
	snprintf(text, sizeof(text), "%u%%, %" PRIu64 " files, %.1f of %.1f MB, %.1f MB/s%s",
		 (unsigned)(done * 100 / p->content_total), p->entries, (double)done / MEGABYTE,
		 (double)p->content_total / MEGABYTE, speed / MEGABYTE, left);
	return show(done, p->content_total, text);
}

static int update(void *context, const struct archive_progress *p)
{
	unsigned percent = 0;
	time_t now = time(NULL);

	(void)context;
	if (quiet)
		return stopped;
	if (p->content_total > 0)
		return update_known(p);
	if (p->bytes_total > 0)
		percent = p->bytes < p->bytes_total ? (unsigned)(p->bytes * 100 / p->bytes_total) : 100;
	if (!quiet && terminal) {
		print_bar(p, percent);
	} else if (!quiet && now > last_line) {
		last_line = now;
		if (p->bytes_total > 0)
			(void)fprintf(stderr, "%s: %u%%, %" PRIu64 " MB, %" PRIu64 " files\n", title, percent,
				      p->content >> 20, p->entries);
		else
			(void)fprintf(stderr, "%s: %" PRIu64 " MB, %" PRIu64 " files\n", title, p->content >> 20,
				      p->entries);
	}
	return stopped;
}

int progress_say(const char *text)
{
	time_t now = time(NULL);

	if (quiet)
		return stopped;
	if (terminal) {
		(void)fprintf(stderr, "\r%s: %.*s\033[K", title, 100, text);
		shown = true;
	} else if (now > last_line) {
		last_line = now;
		(void)fprintf(stderr, "%s: %s\n", title, text);
	}
	return stopped;
}

/* --- a download --------------------------------------------------------------------------------------------------------- */

/* Bytes a second, of the last few seconds. */
static double rate(uint64_t now)
{
	static struct timespec last;
	static uint64_t before;
	static double smooth;
	struct timespec t;
	double seconds;

	clock_gettime(CLOCK_MONOTONIC, &t);
	seconds = (double)(t.tv_sec - last.tv_sec) + (double)(t.tv_nsec - last.tv_nsec) / 1e9;
	if (last.tv_sec == 0 || now < before) {
		smooth = 0;
	} else if (seconds < 0.5) {
		return smooth;
	} else {
		double fresh = (double)(now - before) / seconds;

		smooth = smooth == 0 ? fresh : 0.7 * smooth + 0.3 * fresh;
	}
	last = t;
	before = now;
	return smooth;
}

/* The text, on a terminal behind a bar. */
static int show(uint64_t now, uint64_t total, const char *text)
{
	char bar[BAR_WIDTH + 1];
	int n = now < total ? (int)(now * BAR_WIDTH / total) : BAR_WIDTH;

	if (!terminal || total == 0)
		return progress_say(text);
	memset(bar, ' ', BAR_WIDTH);
	memset(bar, '#', (size_t)n);
	bar[BAR_WIDTH] = '\0';
	(void)fprintf(stderr, "\r%s: [%s] %s\033[K", title, bar, text);
	shown = true;
	return stopped;
}

int progress_download(void *context, uint64_t now, uint64_t total)
{
	double speed = rate(now);
	char text[160], left[64] = "";

	(void)context;
	if (quiet)
		return stopped;
	if (total > now && speed > 0)
		snprintf(left, sizeof(left), ", %.0f s left", (double)(total - now) / speed);
	if (total == 0)
		snprintf(text, sizeof(text), "%.1f MB, %.1f MB/s", (double)now / MEGABYTE, speed / MEGABYTE);
	else
		snprintf(text, sizeof(text), "%u%%, %.1f of %.1f MB, %.1f MB/s%s",
			 now < total ? (unsigned)(now * 100 / total) : 100, (double)now / MEGABYTE,
			 (double)total / MEGABYTE, speed / MEGABYTE, left);
	return show(now, total, text);
}

void progress_title(const char *what)
{
	title = what;
}

const struct archive_options *progress_begin(const char *what, bool be_quiet)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction sa = {.sa_handler = on_signal}, old;

	title = what;
	quiet = be_quiet;
	terminal = isatty(STDERR_FILENO) != 0;
	last_line = time(NULL);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		/* What nohup has closed stays closed. */
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			(void)sigaction(signals[i], &sa, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	return &options;
}

int progress_end(void)
{
	if (shown)
		(void)fputs("\r\033[K", stderr);
	shown = false;
	return stopped;
}

void progress_die(int number)
{
	(void)signal(number, SIG_DFL);
	(void)raise(number);
	exit(EXIT_OWN_FAILURE);
}

uint64_t progress_size(const char *text)
{
	static const char *const units[] = {"", "B", "K", "KB", "M", "MB", "G", "GB", "T", "TB"};
	static const unsigned shifts[] = {0, 0, 10, 10, 20, 20, 30, 30, 40, 40};
	char *end;
	unsigned long long v = strtoull(text, &end, 10);

	for (size_t i = 0; text[0] >= '0' && text[0] <= '9' && i < ARRAY_SIZE(units); i++)
		if (strcasecmp(end, units[i]) == 0 && v > 0 && v <= UINT64_MAX >> 1 >> shifts[i])
			return (uint64_t)v << shifts[i];
	report_fatal("'%s' is no size: it is a number and K, M, G or T", text);
}

void progress_set_limit(uint64_t content_max)
{
	options.content_max = content_max;
}

#include "cli/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "syscall-tables/names.h"

/* The one trace of this supervisor. */
static struct {
	int fd; /* where it goes; 0: there is none */
	bool has_fifo;
	int from, keep; /* both ends of the FIFO: as long as `keep` is open there is no end to read */
	pthread_t thread;
} trace;

/* May processes of this user, who have no capabilities, as this one has none, open it anew? */
static bool can_be_opened(const char *path)
{
	int fd CLEANUP(host_close_at) = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	return fd >= 0;
}

/* In a file, lines that are written at its end and those at the descriptor's own place must not cover each other. */
static void write_at_the_end(int fd)
{
	struct stat st;
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		(void)fcntl(fd, F_SETFL, flags | O_APPEND);
}

static void *copy(void *unused)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(trace.from, buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR))
		/* Nobody waits because nobody reads: what cannot be written is lost. */
		if (n > 0)
			(void)!host_write_full(trace.fd, buf, (size_t)n);
	return unused;
}

static void fifo_path(const struct instance *in, char *path, size_t size)
{
	snprintf(path, size, "%s/trace", in->runtime);
}

static int begin_fifo(const struct instance *in)
{
	char path[sizeof(in->runtime) + 8];
	int from CLEANUP(host_close_at) = -1;
	int keep CLEANUP(host_close_at) = -1;
	int r;

	fifo_path(in, path, sizeof(path));
	if (mkfifo(path, 0600) < 0 && errno != EEXIST)
		return -errno;
	from = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	keep = open(path, O_WRONLY | O_CLOEXEC);
	if (from < 0 || keep < 0 || fcntl(from, F_SETFL, 0) < 0)
		return -errno;
	trace.from = from;
	r = -pthread_create(&trace.thread, NULL, copy, NULL);
	if (r < 0)
		return r;
	(void)take_fd(&from);
	trace.keep = take_fd(&keep);
	trace.has_fifo = true;
	return 0;
}

int trace_begin(struct instance *in, int fd)
{
	char path[sizeof(in->trace_path)];
	int r = 0;

	if (trace.fd > 0)
		return -EBUSY;
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return -errno;
	trace.fd = fd;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), fd);
	if (can_be_opened(path)) {
		write_at_the_end(fd);
	} else {
		r = begin_fifo(in);
		fifo_path(in, path, sizeof(path));
	}
	if (r == 0) {
		strcpy(in->trace_path, path);
		return 0;
	}
	close(fd);
	trace.fd = 0;
	return r;
}

/* --- the summary ----------------------------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b, void *in)
{
	const struct instance *i = in;
	uint64_t x = atomic_load(&i->calls[*(const unsigned *)a].nanoseconds);
	uint64_t y = atomic_load(&i->calls[*(const unsigned *)b].nanoseconds);

	return (x < y) - (x > y);
}

static void print_summary(struct instance *in, FILE *f)
{
	unsigned order[ARRAY_SIZE(in->calls)];

	for (unsigned i = 0; i < ARRAY_SIZE(order); i++)
		order[i] = i;
	qsort_r(order, ARRAY_SIZE(order), sizeof(order[0]), by_time, in);
	fprintf(f, "%12s %12s  %s\n", "calls", "microseconds", "name");
	for (unsigned i = 0; i < ARRAY_SIZE(order); i++) {
		const struct syscall_info *info = syscall_info(order[i]);
		uint64_t count = atomic_exchange(&in->calls[order[i]].count, 0);
		uint64_t nanoseconds = atomic_exchange(&in->calls[order[i]].nanoseconds, 0);

		if (count > 0 && info != NULL)
			fprintf(f, "%12lu %12lu  %s\n", count, nanoseconds / 1000, info->name);
	}
	for (size_t i = 0; i < ARRAY_SIZE(in->unknown_calls) && in->unknown_calls[i] != 0; i++)
		fprintf(f, "call %u has no name: it answered ENOSYS\n", (uint32_t)in->unknown_calls[i]);
}

void trace_finish(struct instance *in)
{
	FILE *f;

	if (trace.fd <= 0)
		return;
	in->trace_path[0] = '\0';
	if (trace.has_fifo) {
		(void)close(trace.keep);
		(void)pthread_join(trace.thread, NULL);
		(void)close(trace.from);
		trace.has_fifo = false;
	}
	f = fdopen(trace.fd, "a");
	if (f != NULL) {
		print_summary(in, f);
		(void)fclose(f);
	}
	trace.fd = 0;
}

#include "cli/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "base/privileges.h"
#include "syscall-tables/names.h"

#define STANDARD_ERROR "/proc/self/fd/2"

static void fifo_path(const struct instance *in, char *path, size_t size)
{
	snprintf(path, size, "%s/trace", in->runtime);
}

/* May processes of this user, who have no capabilities even if it is root, open standard error anew? */
static bool can_be_opened(void)
{
	int fd CLEANUP(host_close_at) = open(STANDARD_ERROR, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return false;
	return geteuid() != 0 || (st.st_mode & (st.st_uid == 0 ? 0200 : st.st_gid == 0 ? 0020 : 0002)) != 0;
}

/* In a file, lines that are written at its end and those at the descriptor's own place must not cover each other. */
static void write_at_the_end(int fd)
{
	struct stat st;
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		(void)fcntl(fd, F_SETFL, flags | O_APPEND);
}

int trace_prepare(struct instance *in, const char *file)
{
	char path[sizeof(in->runtime) + 8];

	in->features |= INSTANCE_TRACE;
	if (file[0] != '\0') {
		snprintf(in->trace_path, sizeof(in->trace_path), "%s", file);
		return 0;
	}
	if (can_be_opened()) {
		write_at_the_end(2);
		return 0;
	}
	fifo_path(in, path, sizeof(path));
	if (mkfifo(path, 0600) < 0)
		return -errno;
	snprintf(in->trace_path, sizeof(in->trace_path), "%s", path);
	return 0;
}

void trace_begin(struct instance *in)
{
	/* The supervisor keeps this standard error for as long as anybody is there to trace. */
	if (in->trace_path[0] == '\0')
		snprintf(in->trace_path, sizeof(in->trace_path), "/proc/%d/fd/2", in->supervisor);
}

/* --- the FIFO -------------------------------------------------------------------------------------------------------- */

static struct {
	int from, keep; /* both ends: as long as `keep` is open there is no end to read */
	pthread_t thread;
	bool runs;
} fifo;

static void *copy(void *unused)
{
	char buf[4096];
	ssize_t n;

	(void)!privileges_drop();
	while ((n = read(fifo.from, buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR))
		/* Nobody waits because nobody reads: what cannot be written is lost. */
		if (n > 0)
			(void)!host_write_full(2, buf, (size_t)n);
	return unused;
}

void trace_serve(struct instance *in)
{
	char path[sizeof(in->runtime) + 8];

	fifo_path(in, path, sizeof(path));
	if (strcmp(in->trace_path, path) != 0)
		return;
	fifo.from = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	fifo.keep = open(path, O_WRONLY | O_CLOEXEC);
	if (fifo.from < 0 || fifo.keep < 0 || fcntl(fifo.from, F_SETFL, 0) < 0)
		return;
	fifo.runs = pthread_create(&fifo.thread, NULL, copy, NULL) == 0;
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
		uint64_t count = atomic_load(&in->calls[order[i]].count);

		if (count > 0 && info != NULL)
			fprintf(f, "%12lu %12lu  %s\n", count, atomic_load(&in->calls[order[i]].nanoseconds) / 1000,
				info->name);
	}
	for (size_t i = 0; i < ARRAY_SIZE(in->unknown_calls) && in->unknown_calls[i] != 0; i++)
		fprintf(f, "call %u has no name: it answered ENOSYS\n", (uint32_t)in->unknown_calls[i]);
}

void trace_finish(struct instance *in)
{
	FILE *f = NULL;

	if (fifo.runs) {
		(void)close(fifo.keep);
		(void)pthread_join(fifo.thread, NULL);
	} else {
		/* Where the lines went, behind the last of them. */
		f = fopen(in->trace_path, "ae");
	}
	print_summary(in, f != NULL ? f : stderr);
	if (f != NULL)
		(void)fclose(f);
}

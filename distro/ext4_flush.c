#include "distro/ext4_flush.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#define ENOUGH ((size_t)32 << 20)

static void *flush(void *context)
{
	struct flusher *f = context;

	pthread_mutex_lock(&f->lock);
	while (!f->ended) {
		if (!f->wanted) {
			pthread_cond_wait(&f->wake, &f->lock);
			continue;
		}
		f->wanted = false;
		pthread_mutex_unlock(&f->lock);
		/* Whether it worked is asked by who syncs. */
		if (f->whole)
			(void)syncfs(f->fd);
		else
			(void)sync_file_range(f->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
		pthread_mutex_lock(&f->lock);
	}
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

void flush_begin(struct flusher *f, int fd, bool whole)
{
	*f = (struct flusher){.fd = fd, .whole = whole};
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->wake, NULL);
}

/* With the first that is enough: most trees never need it. Signals are for the others. */
static void start(struct flusher *f)
{
	sigset_t all, before;

	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	f->there = pthread_create(&f->thread, NULL, flush, f) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void flush_written(struct flusher *f, size_t n)
{
	f->pending += n;
	if (f->pending < ENOUGH)
		return;
	f->pending = 0;
	if (!f->there)
		start(f);
	pthread_mutex_lock(&f->lock);
	f->wanted = true;
	pthread_cond_signal(&f->wake);
	pthread_mutex_unlock(&f->lock);
}

void flush_end(struct flusher *f)
{
	if (!f->there)
		return;
	pthread_mutex_lock(&f->lock);
	f->ended = true;
	pthread_cond_signal(&f->wake);
	pthread_mutex_unlock(&f->lock);
	(void)pthread_join(f->thread, NULL);
	f->there = false;
}

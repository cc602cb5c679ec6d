/*
 * The disk is to work while what it writes is still being made: a thread tells the kernel now and then to begin, so that whoever syncs
 * at the end waits for less. It is never needed: where no thread can be made everything is written at the end. Private to
 * distro/ext4*.c.
 */
#ifndef LX_DISTRO_EXT4_FLUSH_H
#define LX_DISTRO_EXT4_FLUSH_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct flusher {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	int fd;
	bool whole; /* the file system, not the file */
	bool there, wanted, ended;
	size_t pending;
};

/* fd: a file that grows, or, with `whole`, anything on a file system. f must stay where it is until flush_end(). */
void flush_begin(struct flusher *f, int fd, bool whole);
/* So many bytes have been written. */
void flush_written(struct flusher *f, size_t n);
/* Also after no flush_begin(). */
void flush_end(struct flusher *f);

#endif

/* An image once more, as it is. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "distro/archive_work.h"
#include "distro/disk.h"

#define PIECE ((size_t)1 << 20)

static int copy_piece(struct archive_work *w, int from, int to, off_t at, off_t end, char *buffer)
{
	while (at < end) {
		size_t n = end - at < (off_t)PIECE ? (size_t)(end - at) : PIECE;
		ssize_t got = host_pread_full(from, buffer, n, at);
		int r = got < 0 ? (int)got : 0;

		if (r == 0 && got > 0)
			r = host_pwrite_full(to, buffer, (size_t)got, at);
		if (r < 0)
			return work_fail(w, r, "cannot copy the disk: %s", strerror(-r));
		if (got == 0)
			break;
		at += got;
		w->progress.content += (uint64_t)got;
		r = work_tick(w);
		if (r < 0)
			return r;
	}
	return 0;
}

static int copy_pieces(struct archive_work *w, int from, int to, off_t size)
{
	char *buffer = malloc(PIECE);
	off_t at = 0;
	int r = buffer == NULL ? work_fail(w, -ENOMEM, "there is not enough memory") : 0;

	while (r == 0 && at < size) {
		off_t data = lseek(from, at, SEEK_DATA), end;

		if (data < 0 && errno == ENXIO)
			break;
		data = data < 0 ? at : data;
		end = lseek(from, data, SEEK_HOLE);
		end = end < 0 || end > size ? size : end;
		r = copy_piece(w, from, to, data, end, buffer);
		at = end;
	}
	free(buffer);
	return r;
}

int disk_copy(const char *path, int fd, const struct archive_options *o, struct message *message)
{
	int from CLEANUP(host_close_at) = open(path, O_RDONLY | O_CLOEXEC);
	struct archive_work w;
	struct stat st;
	int r = 0;

	work_begin(&w, o, message);
	if (from < 0 || fstat(from, &st) < 0)
		return work_fail(&w, -errno, "cannot open the disk '%.300s': %s", path, strerror(errno));
	w.progress.content_total = (uint64_t)st.st_blocks * 512;
	if (ioctl(fd, FICLONE, from) == 0)
		return work_end(&w);
	if (ftruncate(fd, st.st_size) < 0)
		return work_fail(&w, -errno, "cannot copy the disk: %s", strerror(errno));
	r = copy_pieces(&w, from, fd, st.st_size);
	if (r == 0 && fsync(fd) < 0)
		r = work_fail(&w, -errno, "cannot copy the disk: %s", strerror(errno));
	return r == 0 ? work_end(&w) : r;
}

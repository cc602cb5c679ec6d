/* An image once more, as it is. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "distro/archive_work.h"
#include "distro/disk.h"
#include "distro/range_copy.h"

static int copy_pieces(struct archive_work *w, int from, int to, off_t size)
{
	off_t at = 0;
	bool by_hand = false;
	int r = 0;

	while (r == 0 && at < size) {
		off_t data = lseek(from, at, SEEK_DATA), end;

		if (data < 0 && errno == ENXIO)
			break;
		data = data < 0 ? at : data;
		end = lseek(from, data, SEEK_HOLE);
		end = end < 0 || end > size ? size : end;
		for (at = data; r == 0 && at < end; at += (off_t)RANGE_MAX) {
			size_t n = end - at < (off_t)RANGE_MAX ? (size_t)(end - at) : RANGE_MAX;

			r = range_copy(from, at, to, at, n, &by_hand);
			if (r < 0)
				return work_fail(w, r, "cannot copy the disk: %s", strerror(-r));
			w->progress.content += n;
			r = work_tick(w);
		}
		at = end;
	}
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

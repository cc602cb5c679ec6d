#include "distro/range_copy.h"

#include <errno.h>
#include <unistd.h>

#include "base/host.h"

/* Small enough to be in the processor's cache when it is written. */
#define PIECE ((size_t)256 << 10)

static int copy_by_hand(int from, off_t at, int to, off_t where, size_t n)
{
	static char bytes[PIECE];

	while (n > 0) {
		size_t some = n < PIECE ? n : PIECE;
		ssize_t got = host_pread_full(from, bytes, some, at);
		int r = got < 0 ? (int)got : host_pwrite_full(to, bytes, (size_t)got, where);

		/* Shorter than it was: what is missing will be found to be. */
		if (r < 0 || (size_t)got < some)
			return r;
		n -= some;
		at += got;
		where += got;
	}
	return 0;
}

/* What one file system or another says to what it has not got, or not for these two files. */
static bool is_missing(int error)
{
	return error == EXDEV || error == EINVAL || error == EOPNOTSUPP || error == ENOSYS || error == EPERM;
}

int range_copy(int from, off_t at, int to, off_t where, size_t n, bool *by_hand)
{
	while (n > 0 && !*by_hand) {
		ssize_t done = copy_file_range(from, &at, to, &where, n, 0);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && !is_missing(errno))
			return -errno;
		if (done == 0)
			return 0;
		*by_hand = done < 0;
		n -= done > 0 ? (size_t)done : 0;
	}
	return copy_by_hand(from, at, to, where, n);
}

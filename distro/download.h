/*
 * Files from elsewhere: http, https and file, by libcurl, and what they must be. Only lxrun-archive uses it. Proxies are those that
 * the environment names (http_proxy, https_proxy, all_proxy, no_proxy).
 */
#ifndef LX_DISTRO_DOWNLOAD_H
#define LX_DISTRO_DOWNLOAD_H

#include "distro/distro.h"

struct download_options {
	/* Called a few times a second, total 0 while it is unknown; a result other than 0 stops the work with -ECANCELED. NULL. */
	int (*progress)(void *context, uint64_t now, uint64_t total);
	void *context;
	uint64_t size_max; /* a larger file is refused */
};

/*
 * Downloads to the empty file fd. What breaks off is gone on with where it was, a few times, as long as the server still has the
 * same; what hangs for half a minute counts as broken. -errno with a sentence; fd's content is worth nothing then.
 */
MUST_CHECK int download(const char *url, int fd, const struct download_options *o, struct message *m);

/* The SHA-256 of a file as 64 small hex digits. Leaves fd at its beginning. */
MUST_CHECK int download_digest(int fd, char ret[65]);

#endif

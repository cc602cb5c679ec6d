#include "distro/archive_gzip.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

struct gzip {
	z_stream z;
	gzip_source *source;
	void *context;
	bool within; /* a member has begun */
	bool any;    /* there was one */
	bool ended;
};

struct gzip *gzip_open(gzip_source *source, void *context)
{
	struct gzip *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->source = source;
	g->context = context;
	if (inflateInit2(&g->z, MAX_WBITS + 16) != Z_OK) {
		free(g);
		return NULL;
	}
	return g;
}

void gzip_close(struct gzip *g)
{
	if (g == NULL)
		return;
	(void)inflateEnd(&g->z);
	free(g);
}

/* More to inflate: 1, 0 at the end. */
static int refill(struct gzip *g)
{
	const void *p;
	ssize_t n;

	if (g->z.avail_in > 0)
		return 1;
	n = g->source(g->context, &p);
	if (n <= 0)
		return (int)n;
	/* zlib's member is not const in old ones. */
	g->z.next_in = (Bytef *)(uintptr_t)p;
	g->z.avail_in = (uInt)n;
	return 1;
}

/* One step; the members of a file follow each other, and what follows them and is none does not count. */
static int step(struct gzip *g, const char **why)
{
	int r = refill(g);

	if (r < 0)
		return r;
	if (r == 0 || (!g->within && g->any && g->z.next_in[0] != 0x1f)) {
		g->ended = true;
		if (!g->within)
			return 0;
		*why = "truncated gzip input";
		return -EBADMSG;
	}
	g->within = g->any = true;
	r = inflate(&g->z, Z_NO_FLUSH);
	if (r == Z_STREAM_END) {
		g->within = false;
		return inflateReset(&g->z) == Z_OK ? 0 : -ENOMEM;
	}
	if (r == Z_OK || r == Z_BUF_ERROR)
		return 0;
	*why = g->z.msg != NULL ? g->z.msg : "gzip";
	return r == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
}

ssize_t gzip_read(struct gzip *g, void *buf, size_t n, const char **why)
{
	g->z.next_out = buf;
	g->z.avail_out = (uInt)n;
	while (g->z.avail_out == n && !g->ended) {
		int r = step(g, why);

		if (r < 0)
			return r;
	}
	return (ssize_t)(n - g->z.avail_out);
}

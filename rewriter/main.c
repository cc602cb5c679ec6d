/*
 * lxrun-rewrite, a program of its own, started by lxrun:
 *
 *	lxrun-rewrite CACHE ROOT PATH...    prepares files of the root directory ROOT, as far as they are there
 *	lxrun-rewrite --report FILE         prints which sites a file has and what would become of them
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/host.h"
#include "base/text.h"
#include "rewriter/rewriter.h"
#include "syscall-tables/names.h"

/* Nobody waits longer for it. */
#define SECONDS 20

static int fail(const char *what, const char *name, int r)
{
	fprintf(stderr, "lxrun: %s '%s': %s\n", what, name, strerror(-r));
	return 125;
}

/* --- report ---------------------------------------------------------------------------------------------------------- */

static void print_site(const struct rw_site *site)
{
	bool known = site->verdict != RW_NO_NUMBER && site->verdict != RW_NO_START && site->verdict != RW_NOT_CODE;
	const struct syscall_info *info = known ? syscall_info(site->nr) : NULL;

	printf("  %#lx %s: %s\n", (unsigned long)site->address, info != NULL ? info->name : "?",
	       rw_verdict_texts[site->verdict]);
}

static int report_segment(const struct rw_object *o, const struct rw_segment *s)
{
	unsigned long counts[RW_VERDICTS] = {0};
	struct rw_site *sites = NULL;
	uint8_t *bytes = NULL;
	size_t size;
	long r, count = rw_classify(o, s, &sites);

	r = count < 0 ? count : rw_prepare(o, s, sites, (size_t)count, &bytes, &size);
	free(bytes);
	if (r >= 0) {
		printf("text at %#lx, %lu bytes\n", (unsigned long)s->address, (unsigned long)s->size);
		for (long i = 0; i < count; i++) {
			print_site(&sites[i]);
			counts[sites[i].verdict]++;
		}
		for (unsigned i = 0; i < RW_VERDICTS; i++)
			if (counts[i] > 0)
				printf("%lu: %s\n", counts[i], rw_verdict_texts[i]);
	}
	free(sites);
	return r < 0 ? (int)r : 0;
}

static int report(const char *name)
{
	int fd CLEANUP(host_close_at) = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct rw_object o;
	int r = fd < 0 ? -errno : rw_object_open(fd, &o);

	if (r == -ENOEXEC) {
		printf("no text that can be prepared\n");
		return 0;
	}
	if (r < 0)
		return fail("cannot read", name, r);
	for (unsigned i = 0; i < o.segments && r == 0; i++)
		r = report_segment(&o, &o.segment[i]);
	rw_object_done(&o);
	return r < 0 ? fail("cannot look at", name, r) : 0;
}

/* --- the cache ------------------------------------------------------------------------------------------------------- */

static void prepare(int cache, int root, const char *path)
{
	int fd CLEANUP(host_close_at) = host_openat2(root, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0,
						     RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	struct text_key key;
	char name[TEXT_NAME_MAX];
	struct stat st;

	if (fd < 0 || host_fstat(fd, &st) < 0)
		return;
	text_key_of(&st, TEXT_LOOKED_AT, &key);
	(void)text_name(&key, name);
	/* What cannot be prepared traps, which is no reason to complain. */
	if (faccessat(cache, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		(void)!rw_store(cache, fd);
}

int main(int argc, char **argv)
{
	int cache, root;

	if (argc == 3 && strcmp(argv[1], "--report") == 0)
		return report(argv[2]);
	if (argc < 4) {
		fprintf(stderr, "lxrun: this program is a part of lxrun and is started by it\n");
		return 125;
	}
	(void)alarm(SECONDS);
	cache = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	root = open(argv[2], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (cache < 0 || root < 0)
		return fail("cannot open", argv[cache < 0 ? 1 : 2], -errno);
	for (int i = 3; i < argc; i++)
		prepare(cache, root, argv[i]);
	rw_cache_limit(cache);
	return 0;
}

#include "cli/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "distro/download.h"

/* --- the list -------------------------------------------------------------------------------------------------------------- */

static int add_text(struct manifest *m, const char *url, int fd, struct message *message)
{
	struct message why;
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = size >= 0 ? malloc((size_t)size + 1) : NULL;
	int r = text == NULL || pread(fd, text, (size_t)size, 0) != (ssize_t)size ? -EIO : 0;

	if (r < 0) {
		message_set(message, "cannot read the list of distributions from '%.512s'", url);
	} else {
		r = manifest_add(m, text, (size_t)size, &why);
		if (r < 0)
			message_set(message, "what is at '%.512s' is no list of distributions: %.256s", url, why.text);
	}
	free(text);
	return r;
}

static int add_list(struct manifest *m, const char *url, struct message *message)
{
	int fd CLEANUP(host_close_at) = memfd_create("manifest", MFD_CLOEXEC);
	struct download_options o = {.size_max = MANIFEST_SIZE_MAX};
	int r;

	if (fd < 0) {
		message_set(message, "cannot keep the list of distributions: %s", strerror(errno));
		return -EIO;
	}
	r = download(url, fd, &o, message);
	return r < 0 ? r : add_text(m, url, fd, message);
}

int fetch_manifest(struct manifest *ret, struct message *m)
{
	const char *url = getenv("LXRUN_MANIFEST");
	struct lxrun_config config;
	int r;

	*ret = (struct manifest){.count = 0};
	lxrun_config_read(NULL, &config);
	if (url == NULL || url[0] == '\0')
		url = config.manifest_url[0] != '\0' ? config.manifest_url : MANIFEST_URL;
	r = add_list(ret, url, m);
	if (r == 0 && config.manifest_append_url[0] != '\0')
		r = add_list(ret, config.manifest_append_url, m);
	if (r < 0)
		manifest_done(ret);
	return r;
}

/* --- an archive ------------------------------------------------------------------------------------------------------------ */

/* In the location, and nowhere by name: whatever ends this process, it is gone. */
static int make_nameless(const struct install *n)
{
	int fd = openat(n->lock, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	/* A file system that has none such. */
	fd = openat(n->root, ".download", O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	(void)unlinkat(n->root, ".download", 0);
	return fd;
}

static int check(const struct manifest_entry *e, int fd, struct message *m)
{
	char digest[65];
	int r = download_digest(fd, digest);

	if (r < 0) {
		message_set(m, "cannot read what was downloaded: %s", strerror(-r));
		return r;
	}
	if (strcmp(digest, e->sha256) == 0)
		return 0;
	message_set(m, "what came from '%.512s' is not %s as it was published: its SHA-256 is %s, not %s", e->url,
		    e->name, digest, e->sha256);
	return -EBADMSG;
}

static int open_download(struct install *n, void *context, struct message *m)
{
	static char title[DISTRO_NAME_MAX + 32];
	const struct manifest_entry *e = context;
	struct download_options o = {.progress = progress_download, .size_max = ARCHIVE_CONTENT_MAX};
	int fd CLEANUP(host_close_at) = make_nameless(n);
	int r;

	if (fd < 0) {
		message_set(m, "cannot make a file in '%s': %s", n->d.location, strerror(-fd));
		return take_fd(&fd);
	}
	r = download(e->url, fd, &o, m);
	if (r == 0)
		r = check(e, fd, m);
	snprintf(title, sizeof(title), "installing %s", n->d.name);
	progress_title(title);
	return r < 0 ? r : take_fd(&fd);
}

void fetch_install(struct install *n, const struct manifest_entry *e, bool quiet)
{
	char title[DISTRO_NAME_MAX + 32];

	snprintf(title, sizeof(title), "downloading %s", e->name);
	install_from_archive(n, open_download, (void *)(uintptr_t)e, title, true, quiet);
}

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/export.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/store.h"
#include "distro/disk.h"
#include "distro/ext4.h"

/* Not an archive: a disk of version 2. */
#define FORMAT_EXT4 ((enum archive_format) - 1)

static const struct {
	const char *name;
	enum archive_format format;
} formats[] = {
	{"tar", ARCHIVE_TAR},         {"tar.gz", ARCHIVE_TAR_GZ}, {"tar.xz", ARCHIVE_TAR_XZ},
	{"tar.zst", ARCHIVE_TAR_ZST}, {"ext4", FORMAT_EXT4},      {"tgz", ARCHIVE_TAR_GZ},
	{"txz", ARCHIVE_TAR_XZ},      {"tzst", ARCHIVE_TAR_ZST},  {"wsl", ARCHIVE_TAR_GZ},
};

/* The first five are --format's; all are extensions. */
#define FORMATS 5

static enum archive_format find_format(const struct options *o, const char *file)
{
	const char *said = o->values[OPTION_FORMAT];

	for (size_t i = 0; said != NULL && i < FORMATS; i++)
		if (strcmp(said, formats[i].name) == 0)
			return formats[i].format;
	if (said != NULL)
		report_fatal("there is no format '%s': it is one of tar, tar.gz, tar.xz, tar.zst, ext4", said);
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		size_t n = strlen(formats[i].name), all = strlen(file);

		if (all > n + 1 && file[all - n - 1] == '.' && strcmp(file + all - n, formats[i].name) == 0)
			return formats[i].format;
	}
	return ARCHIVE_TAR;
}

/* --- the file -------------------------------------------------------------------------------------------------------------- */

struct target {
	const char *file;
	int fd;
	bool nameless; /* it gets its name at the end; till then nothing is to be removed */
	bool made;
};

static int open_target(const char *file, struct target *ret, struct message *m)
{
	char directory[PATH_MAX];
	const char *slash = strrchr(file, '/');
	struct stat st;
	int error;

	*ret = (struct target){.file = file, .fd = -1};
	if (strcmp(file, "-") == 0) {
		if (isatty(STDOUT_FILENO) != 0) {
			message_set(m, "the standard output is a terminal, which an archive is not for");
			return -EINVAL;
		}
		ret->fd = STDOUT_FILENO;
		return 0;
	}
	if (stat(file, &st) == 0 && !S_ISREG(st.st_mode)) {
		ret->fd = open(file, O_WRONLY | O_CLOEXEC);
	} else {
		(void)snprintf(directory, sizeof(directory), "%.*s", slash != NULL ? (int)(slash - file) + 1 : 1,
			       slash != NULL ? file : ".");
		ret->fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
		ret->nameless = ret->fd >= 0;
		if (ret->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT || errno == EINVAL)) {
			ret->fd = open(file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
			ret->made = ret->fd >= 0;
		}
	}
	error = -errno;
	if (ret->fd >= 0)
		return 0;
	message_set(m, "cannot write '%s': %s", file, strerror(errno));
	return error;
}

/* A file of that name goes first: at no moment there is another name that could be left. */
static int name_target(struct target *t, struct message *m)
{
	char path[32];
	int error;

	if (!t->nameless)
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", t->fd);
	for (int i = 0; i < 100; i++) {
		if (linkat(AT_FDCWD, path, AT_FDCWD, t->file, AT_SYMLINK_FOLLOW) == 0)
			return 0;
		if (errno != EEXIST || unlink(t->file) < 0)
			break;
	}
	error = -errno;
	message_set(m, "cannot write '%s': %s", t->file, strerror(errno));
	return error;
}

/* What is written to it is not in order, and there is much that is not written at all. */
static int check_disk_target(const struct target *t, struct message *m)
{
	struct stat st;

	if (fstat(t->fd, &st) == 0 && S_ISREG(st.st_mode) && t->fd != STDOUT_FILENO)
		return 0;
	message_set(m, "'%s' is no file that a disk could be written to", t->file);
	return -EINVAL;
}

static int write_disk(struct reading *g, const struct target *t, const struct archive_options *o, struct message *m)
{
	char path[PATH_MAX];
	int r = check_disk_target(t, m);

	if (r < 0)
		return r;
	if (g->d.version == 1) {
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", t->fd);
		r = ext4_write_file(g->root, t->fd, store_disk_size(), o, m);
		return r == 0 ? ext4_sync(path, m) : r;
	}
	r = reading_disk(g, path, sizeof(path), m);
	return r == 0 ? disk_copy(path, t->fd, o, m) : r;
}

static int write_it(struct reading *g, const struct target *t, enum archive_format format,
		    const struct archive_options *options, struct message *m)
{
	struct archive_options o = *options;
	int r = format != FORMAT_EXT4 ? reading_files(g, &o, m) : 0;

	if (r == 0)
		r = store_sidecar(g->lock, false, &o.sidecar, m);
	if (r == 0)
		r = format == FORMAT_EXT4 ? write_disk(g, t, &o, m) : archive_pack(g->root, t->fd, format, &o, m);
	sidecar_close(o.sidecar);
	return r;
}

int cmd_export(const struct options *o)
{
	enum archive_format format = find_format(o, o->arguments[1]);
	char what[DISTRO_NAME_MAX + 32];
	struct archive_options options;
	struct reading g;
	struct target t;
	struct message m;
	int r, signal;

	r = reading_begin(&g, o->arguments[0], &m);
	if (r < 0)
		report_fatal("%s", m.text);
	r = open_target(o->arguments[1], &t, &m);
	(void)snprintf(what, sizeof(what), "exporting %s", g.d.name);
	options = *progress_begin(what, o->given[OPTION_SILENT]);
	if (r == 0)
		r = write_it(&g, &t, format, &options, &m);
	signal = progress_end();
	if (r == 0)
		r = name_target(&t, &m);
	reading_end(&g);
	if (r < 0 && t.made)
		(void)unlink(t.file);
	if (r < 0 && signal != 0)
		progress_die(signal);
	if (r < 0)
		report_fatal("%s", m.text);
	return 0;
}

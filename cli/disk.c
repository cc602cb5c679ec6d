#include "cli/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/report.h"
#include "cli/vm.h"

#define BLOCK             4096
#define CARE_MILLISECONDS 300000

static void check_version(const struct distro *d, const char *what)
{
	if (d->version != 2)
		report_fatal("%s is of version 1, whose files are the host's own: there is no disk to %s", d->name,
			     what);
}

/* Asks the agent, which does it in the distribution; bytes: to grow to, 0: to give back what is not used. */
static void ask(const struct distro *d, uint64_t bytes)
{
	struct queue out = {0}, fields = {0}, said = {0};
	struct message m;
	const char *why;
	char number[32];
	int fd CLEANUP(host_close_at) = vm_connect(true, &m), r;

	if (fd < 0)
		report_fatal("%s", m.text);
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	r = vm_put_hello(&out);
	vm_put_start(&out, d);
	if (r == 0)
		r = fields_put_text(&fields, FIELD_ID, d->id);
	snprintf(number, sizeof(number), "%llu", (unsigned long long)bytes);
	if (r == 0 && bytes != 0)
		r = fields_put_text(&fields, FIELD_NUMBER, number);
	if (r == 0)
		r = fields_send(&out, 1, FRAME_DISK, &fields);
	if (r == 0)
		r = vm_exchange(fd, &out, CARE_MILLISECONDS, &said);
	why = fields_check(&said) == 0 ? fields_text(&said, FIELD_TEXT) : NULL;
	if (r < 0)
		report_fatal("the disk of %s: %s", d->name, why != NULL ? why : strerror(-r));
	queue_done(&out);
	queue_done(&fields);
	queue_done(&said);
}

static int open_disk(const struct distro *d, struct stat *st)
{
	char path[PATH_MAX];
	int fd = distro_path(d, "disk.ext4", path, sizeof(path)) < 0 ? -1 : open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0 || fstat(fd, st) < 0)
		report_fatal("the disk of %s cannot be used: '%s/disk.ext4': %s", d->name, d->location,
			     strerror(errno));
	return fd;
}

/* Its file system grows at the next start, when the agent sees that there is more. */
void disk_resize(const struct distro *d, const char *size)
{
	int fd CLEANUP(host_close_at) = -1;
	struct stat st;
	uint64_t bytes;

	check_version(d, "resize");
	if (!size_read(size, &bytes))
		report_fatal("'%s' is no size: 2TB and 1500GB are", size);
	bytes = bytes / BLOCK * BLOCK;
	fd = open_disk(d, &st);
	if (bytes < (uint64_t)st.st_size)
		report_fatal("a disk only grows, and that of %s has %llu GB already; it takes no more room than its "
			     "files do",
			     d->name, (unsigned long long)st.st_size >> 30);
	if (bytes == (uint64_t)st.st_size)
		return;
	if (vm_is_running(d))
		ask(d, bytes);
	else if (ftruncate(fd, (off_t)bytes) < 0)
		report_fatal("the disk of %s does not grow: %s", d->name, strerror(errno));
}

void disk_compact(const struct distro *d)
{
	struct stat before, after;
	int fd CLEANUP(host_close_at) = -1;

	check_version(d, "compact");
	fd = open_disk(d, &before);
	ask(d, 0);
	if (fstat(fd, &after) == 0)
		printf("%s took %lld MB, and takes %lld MB now\n", d->name, (long long)before.st_blocks / 2048,
		       (long long)after.st_blocks / 2048);
}

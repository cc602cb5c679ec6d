/* Disks grow, shrink and serve as swap. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "vm-backend/host.h"

/* linux/swap.h: the header is the first page; all fields that are not set are zero. */
#define PAGE            4096
#define SWAP_VERSION_AT 1024
#define SWAP_LAST_AT    1028
#define SWAP_MAGIC      "SWAPSPACE2"

static int grow(const struct member *m, const char *bytes, struct vm_message *message)
{
	uint64_t size = strtoull(bytes, NULL, 10);
	int r;

	if (host.vm.backend->resize == NULL)
		return vm_fail(message, -EOPNOTSUPP,
			       "a disk does not grow while its distribution runs by the backend %s: 'lxrun --terminate "
			       "%.200s' ends it",
			       host.vm.backend->name, m->name);
	r = host.vm.backend->resize(&host.vm, m->device, size);
	return r < 0 ? vm_fail(message, r, "the disk of %.200s does not grow: %s", m->name, strerror(-r)) : 0;
}

int disk_request(struct client *c, struct vm_message *message)
{
	const char *id = fields_text(&c->fields, FIELD_ID), *bytes = fields_text(&c->fields, FIELD_NUMBER);
	const struct member *m = id != NULL ? member_find(id) : NULL;
	int r = 0;

	if (m == NULL || !m->ready)
		return vm_fail(message, -ENOENT, "the distribution does not run in the utility VM");
	if (bytes != NULL)
		r = grow(m, bytes, message);
	if (r < 0)
		return r;
	c->stream = host.next_stream++;
	must(fields_send(&host.out, c->stream, FRAME_DISK, &c->fields));
	return 0;
}

/* --- swap ------------------------------------------------------------------------------------------------------------------- */

/* A file that nobody else sees and that takes the room that is swapped to; not where runtime directories are, which is memory. */
static int make_file(uint64_t bytes)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	uint8_t page[PAGE] = {0};
	const uint32_t version = 1, last = (uint32_t)(bytes / PAGE - 1);
	char path[PATH_MAX];
	int fd;

	if (cache != NULL && cache[0] == '/')
		snprintf(path, sizeof(path), "%s", cache);
	else
		snprintf(path, sizeof(path), "%s/.cache", home != NULL ? home : "/var/tmp");
	fd = open(path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		fd = open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	memcpy(page + SWAP_VERSION_AT, &version, sizeof(version));
	memcpy(page + SWAP_LAST_AT, &last, sizeof(last));
	memcpy(page + PAGE - strlen(SWAP_MAGIC), SWAP_MAGIC, strlen(SWAP_MAGIC));
	if (ftruncate(fd, (off_t)(bytes / PAGE * PAGE)) == 0 && host_write_full(fd, page, sizeof(page)) == 0)
		return fd;
	close(fd);
	return -EIO;
}

void swap_add(uint64_t bytes)
{
	char path[64], device[64];
	struct vm_message m;
	struct queue q = {0};
	int fd CLEANUP(host_close_at) = bytes >= 16 * PAGE ? make_file(bytes) : -1;

	if (fd < 0)
		return;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), fd);
	if (host.vm.backend->attach(&host.vm, path, device, sizeof(device), &m) < 0)
		return;
	must(fields_put_text(&q, FIELD_DEVICE, device));
	must(fields_send(&host.out, host.next_stream++, FRAME_SWAP, &q));
	queue_done(&q);
}

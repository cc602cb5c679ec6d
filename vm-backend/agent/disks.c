/* Care for disks: file systems grow when their disk has, give back what they do not use, and swap is used. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/swap.h>
#include <unistd.h>

#include "vm-backend/agent/agent.h"

/* The kernel's own header of ext4 has it, which is none for programs. */
#define EXT4_IOC_RESIZE_FS _IOW('f', 16, uint64_t)
#define SUPERBLOCK         1024
#define BLOCKS_LOW         0x4
#define BLOCKS_HIGH        0x150
#define BLOCK_SHIFT        0x18
#define INCOMPATIBLE       0x60
#define HAS_64_BITS        0x80

#define WAIT_MILLISECONDS  5000

/* Requests that are being done, each by a child whose exit status is the result. */
struct care {
	struct care *next;
	uint32_t stream;
	pid_t child;
	struct distribution *distro; /* which is not idle meanwhile */
};

static struct care *cares;

static uint32_t number_at(const uint8_t *at)
{
	uint32_t n;

	memcpy(&n, at, sizeof(n));
	return n;
}

/* In blocks, as it says of itself and as its disk has room for; false when it says nothing. */
static bool sizes(int disk, uint64_t *ret_has, uint64_t *ret_could)
{
	uint8_t super[1024];
	uint64_t bytes;
	unsigned shift;

	if (pread(disk, super, sizeof(super), SUPERBLOCK) != sizeof(super) || ioctl(disk, BLKGETSIZE64, &bytes) < 0)
		return false;
	shift = 10 + number_at(super + BLOCK_SHIFT);
	if (shift > 16)
		return false;
	*ret_has = number_at(super + BLOCKS_LOW);
	if ((number_at(super + INCOMPATIBLE) & HAS_64_BITS) != 0)
		*ret_has |= (uint64_t)number_at(super + BLOCKS_HIGH) << 32;
	*ret_could = bytes >> shift;
	return true;
}

int disk_grow(const char *device, const char *at)
{
	int disk = open(device, O_RDONLY | O_CLOEXEC), root = open(at, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	uint64_t has, could;

	if (disk < 0 || root < 0)
		r = -errno;
	else if (sizes(disk, &has, &could) && could > has && ioctl(root, EXT4_IOC_RESIZE_FS, &could) < 0)
		r = -errno;
	if (disk >= 0)
		close(disk);
	if (root >= 0)
		close(root);
	return r;
}

/* The kernel learns of a disk's new size a moment later. */
static int grow(const struct distribution *d, const char *at, uint64_t bytes)
{
	const char *name = fields_text(&d->fields, FIELD_DEVICE);
	int64_t end = now_ms() + WAIT_MILLISECONDS;
	char device[64];
	uint64_t size = 0;
	int fd;

	if (name == NULL || disk_find(name, device, sizeof(device)) < 0)
		return -ENODEV;
	fd = open(device, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && ioctl(fd, BLKGETSIZE64, &size) == 0 && size < bytes && now_ms() < end)
		(void)usleep(1000);
	if (fd >= 0)
		close(fd);
	/* Found again: what it is told is forgotten when it grows. */
	return size < bytes || disk_find(name, device, sizeof(device)) < 0 ? -EAGAIN : disk_grow(device, at);
}

/* A mount is the kernel's until the last who is in it is gone; who opens a disk for himself has to wait for that. */
bool disk_is_free(const char *name)
{
	char device[64];
	int fd = disk_find(name, device, sizeof(device)) < 0 ? -1 : open(device, O_RDONLY | O_EXCL | O_CLOEXEC);

	if (fd < 0)
		return errno != EBUSY;
	close(fd);
	return true;
}

static int trim(const char *at)
{
	struct fstrim_range all = {.len = UINT64_MAX};
	int fd = open(at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || ioctl(fd, FITRIM, &all) < 0 ? -errno : 0;
}

static NORETURN void care_for(const struct distribution *d, const char *bytes)
{
	char at[64];

	snprintf(at, sizeof(at), "/proc/%d/root", (int)d->init);
	_exit(-(bytes != NULL ? grow(d, at, strtoull(bytes, NULL, 10)) : trim(at)));
}

void disk_care(uint32_t stream, struct queue *fields)
{
	const char *id = fields_text(fields, FIELD_ID);
	struct distribution *d = id != NULL ? distro_find(id) : NULL;
	struct care *c = d != NULL && d->init > 0 && !d->stopping ? calloc(1, sizeof(*c)) : NULL;

	if (c != NULL) {
		*c = (struct care){cares, stream, fork(), d};
		if (c->child == 0)
			care_for(d, fields_text(fields, FIELD_NUMBER));
		d->sessions++;
		cares = c;
	} else {
		answer_error(stream, 125, "it does not run");
	}
	queue_done(fields);
}

bool disk_reaped(pid_t pid, int status)
{
	for (struct care **at = &cares; *at != NULL; at = &(*at)->next) {
		struct care *c = *at;

		if (c->child != pid)
			continue;
		if (status == 0)
			answer(c->stream, FRAME_DONE);
		else
			answer_error(c->stream, 125, "its file system refuses: %s", strerror(status >> 8));
		if (--c->distro->sessions == 0)
			c->distro->idle_since = now_ms();
		*at = c->next;
		free(c);
		return true;
	}
	return false;
}

void swap_use(struct queue *fields)
{
	const char *name = fields_text(fields, FIELD_DEVICE);
	char device[64];

	/* It may take a moment to appear, and nobody waits for it. */
	if (fork() == 0) {
		if (name == NULL || disk_find(name, device, sizeof(device)) < 0 ||
		    swapon(device, SWAP_FLAG_DISCARD) < 0)
			fprintf(stderr, "there is no swap: %s\n", strerror(errno));
		_exit(0);
	}
	queue_done(fields);
}

/* What differs between the VM's kernels and machines: modules, the channel's device, names of disks, the host's files. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "vm-backend/agent/agent.h"

#define WAIT_MILLISECONDS 5000
#define SERIAL_AT         4 /* in page 0x80 of a SCSI disk's vital product data */

static void doze(void)
{
	(void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* --- modules ---------------------------------------------------------------------------------------------------------------- */

static int is_module(const struct dirent *e)
{
	return strstr(e->d_name, ".ko") != NULL;
}

void modules_load(const char *directory)
{
	struct dirent **list;
	int n = scandir(directory, &list, is_module, alphasort);

	for (int i = 0; i < n; i++) {
		char path[512];
		int fd;

		snprintf(path, sizeof(path), "%s/%s", directory, list[i]->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST))
			fprintf(stderr, "cannot load %s: %s\n", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		/* Its memory, which is the initramfs's. */
		(void)unlink(path);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

void modules_load_later(const char *directory)
{
	if (access(directory, R_OK) < 0 || fork() != 0)
		return;
	modules_load(directory);
	_exit(0);
}

/* --- the channel -------------------------------------------------------------------------------------------------------------- */

/* A port of virtio-serial appears a moment after its driver, and is hung up until the host has said that it is there. */
int channel_wait(const char *path)
{
	int64_t end = now_ms() + WAIT_MILLISECONDS;
	struct pollfd p = {.events = POLLIN};

	while ((p.fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)) < 0 && errno == ENOENT && now_ms() < end)
		doze();
	if (p.fd < 0)
		return -errno;
	while (poll(&p, 1, 0) > 0 && (p.revents & POLLHUP) != 0 && now_ms() < end)
		doze();
	return p.fd;
}

/* --- disks -------------------------------------------------------------------------------------------------------------------- */

static bool has_serial(const char *disk, const char *serial)
{
	char path[256], page[256] = "";
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/block/%s/device/vpd_pg80", disk);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, page, sizeof(page) - 1) : -1;
	if (fd >= 0)
		close(fd);
	return n > SERIAL_AT && (size_t)(n - SERIAL_AT) == strlen(serial) && strcmp(page + SERIAL_AT, serial) == 0;
}

/* Its name is there a moment before it is. */
static bool can_be_opened(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/*
 * Zeros are holes: the host's file shall not get room for them. The kernel does not ask for that by itself, since the disk does not
 * promise that blocks that were given back read as zeros, though with this very command they do.
 */
static void make_zeros_holes(const char *disk)
{
	static const char mode[] = "writesame_16_unmap";
	char path[256];
	const struct dirent *e;
	DIR *d;
	int fd;

	snprintf(path, sizeof(path), "/sys/block/%s/device/scsi_disk", disk);
	d = opendir(path);
	while (d != NULL && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/sys/block/%s/device/scsi_disk/%s/zeroing_mode", disk, e->d_name);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd >= 0) {
			(void)!write(fd, mode, strlen(mode));
			close(fd);
		}
	}
	if (d != NULL)
		closedir(d);
}

static bool look_for(const char *serial, char *ret, size_t size)
{
	DIR *d = opendir("/sys/block");
	const struct dirent *e;
	bool found = false;

	while (d != NULL && !found && (e = readdir(d)) != NULL)
		if (has_serial(e->d_name, serial)) {
			snprintf(ret, size, "/dev/%.50s", e->d_name);
			found = can_be_opened(ret);
			if (found)
				make_zeros_holes(e->d_name);
		}
	if (d != NULL)
		closedir(d);
	return found;
}

int disk_find(const char *name, char *ret, size_t size)
{
	int64_t end = now_ms() + WAIT_MILLISECONDS;

	if (name[0] == '/') {
		snprintf(ret, size, "%s", name);
		return 0;
	}
	while (!look_for(name, ret, size)) {
		if (now_ms() >= end)
			return -ENODEV;
		doze();
	}
	return 0;
}

/* --- the host's files --------------------------------------------------------------------------------------------------------- */

#define HOST_FLAGS (MS_NOSUID | MS_NODEV)

void host_files_show(void)
{
	mkdir("/host", 0755);
	if (mount("none", "/host", "hostfs", HOST_FLAGS, "/") == 0)
		return;
	(void)mount("host", "/host", "9p", HOST_FLAGS, "trans=virtio,version=9p2000.L,msize=512000,cache=mmap");
}

/* The same mount once more: 9p has one connection, and so one mount. -1: there is none. */
int host_files_open(void)
{
	struct stat files, own;

	if (stat("/host", &files) < 0 || stat("/", &own) < 0 || files.st_dev == own.st_dev)
		return -1;
	return (int)syscall(SYS_open_tree, AT_FDCWD, "/host", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

int host_files_mount(int host, const char *at)
{
	if (host < 0) {
		errno = ENODEV;
		return -errno;
	}
	return syscall(SYS_move_mount, host, "", AT_FDCWD, at, MOVE_MOUNT_F_EMPTY_PATH) < 0 ? -errno : 0;
}

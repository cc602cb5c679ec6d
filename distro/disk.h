/* A disk of version 2 as a file: needs no library. */
#ifndef LX_DISTRO_DISK_H
#define LX_DISTRO_DISK_H

#include "distro/archive.h"

/* Copies the image at path to an empty file, by reference where the file system can, with its holes. Synced when it returns. */
MUST_CHECK int disk_copy(const char *path, int fd, const struct archive_options *o, struct message *message);

#endif

/* Archives made by hand: blocks that no tar would write. Everything is added to one buffer. */
#ifndef LX_TESTS_UNIT_ARCHIVE_MAKE_H
#define LX_TESTS_UNIT_ARCHIVE_MAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "distro/archive.h"

/* A header, and content padded to blocks. type: tar's letter; link NULL: none. */
void make_entry(char type, const char *name, const char *link, const void *content, size_t size);
void make_file(const char *name, const char *content);
/* The last header's field is written over, and its checksum is right again. */
void make_field(size_t offset, const char *text);
/* A pax header with one record, for the entry that comes. */
void make_pax(const char *key, const void *value, size_t size);
void make_raw(const void *p, size_t n);
/* Two blocks of zeros. */
void make_end(void);
size_t make_size(void);
/* Forgets what is behind. */
void make_cut(size_t size);

/* An empty directory with `root` in it, where archives are unpacked to; removed at the end of the test. */
extern char make_place[64];
void make_setup(void);
void make_teardown(void);
/* Unpacks what was made, and forgets it. */
int make_unpack(const struct archive_options *o, struct message *message);
/* place/..., for a moment. */
const char *make_path(const char *name);
bool make_exists(const char *name);
/* A file's content; "" if there is none. */
const char *make_content(const char *name);

#endif

/*
 * The form of WSL's configuration files, and of the registry: .gitconfig's. [section], key = value, # comments, "quoted",
 * \n \t \\ \" escapes, a \ at the end of a line continues it. (inih, the library for such files, ends lines at 200 bytes and
 * takes " ;" for a comment, which cuts `command = a ; b`.) Private to distro/.
 */
#ifndef LX_DISTRO_INI_H
#define LX_DISTRO_INI_H

#include <stddef.h>
#include <stdio.h>

struct ini_reader {
	/* A key; section and key as they were written, value without quotes and escapes, ended by NUL. */
	void (*key)(void *context, const char *section, const char *key, const char *value, unsigned line);
	/* A line that is none of the above: it is left out. */
	void (*bad_line)(void *context, unsigned line);
	void *context;
};

/*
 * Text of any bytes, in any encoding that has ASCII in its place, with or without a BOM and carriage returns. A NUL outside of a
 * comment makes its line a bad one, as does a section, key or value longer than 8192 bytes. Keys before any section have "" for
 * one, and so have those behind a bad line that was to be a section.
 */
void ini_read(const char *text, size_t size, const struct ini_reader *r);

/* Writes `key = value`, quoted and escaped so that ini_read gives value back, whatever is in it. */
void ini_write(FILE *f, const char *key, const char *value);

#endif

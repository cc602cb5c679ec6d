/*
 * Extended attributes, of links themselves too, for a distribution that has no tools for them.
 *
 * usage: attributes set PATH NAME [TEXT|0xHEX] | get PATH NAME | list PATH | remove PATH NAME
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

static char value[1 << 16];

static size_t bytes_of(const char *text)
{
	size_t n = 0;

	if (strncmp(text, "0x", 2) != 0)
		return strlen(strcpy(value, text));
	for (const char *p = text + 2; p[0] != '\0' && p[1] != '\0'; p += 2)
		value[n++] = (char)strtoul((char[]){p[0], p[1], '\0'}, NULL, 16);
	return n;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static ssize_t list(const char *path)
{
	ssize_t n = llistxattr(path, value, sizeof(value));
	char *names[100];
	size_t count = 0;

	for (char *p = value; n > 0 && p < value + n && count < 100; p += strlen(p) + 1)
		if (strncmp(p, "security.selinux", 16) != 0)
			names[count++] = p;
	qsort(names, count, sizeof(names[0]), by_text);
	for (size_t i = 0; i < count; i++)
		printf("%s%s", i > 0 ? " " : "", names[i]);
	if (n >= 0)
		printf("\n");
	return n;
}

static ssize_t get(const char *path, const char *name)
{
	ssize_t n = lgetxattr(path, name, value, sizeof(value));
	int text = 1;

	for (ssize_t i = 0; i < n; i++)
		text = text && value[i] >= ' ' && value[i] < 127;
	if (!text)
		printf("0x");
	for (ssize_t i = 0; i < n; i++)
		printf(text ? "%c" : "%02x", (unsigned char)value[i]);
	if (n >= 0)
		printf("\n");
	return n;
}

int main(int argc, char **argv)
{
	ssize_t r = -1;

	errno = EINVAL;
	if (argc >= 4 && strcmp(argv[1], "set") == 0)
		r = lsetxattr(argv[2], argv[3], value, bytes_of(argc > 4 ? argv[4] : ""), 0);
	else if (argc == 4 && strcmp(argv[1], "get") == 0)
		r = get(argv[2], argv[3]);
	else if (argc == 3 && strcmp(argv[1], "list") == 0)
		r = list(argv[2]);
	else if (argc == 4 && strcmp(argv[1], "remove") == 0)
		r = lremovexattr(argv[2], argv[3]);
	if (r < 0)
		printf("%s\n", strerrorname_np(errno));
	return r < 0;
}

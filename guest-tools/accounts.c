#include "guest-tools/accounts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guest-tools/files.h"

#define FIELDS 7

/* The next line of a file of records that has `wanted` fields or more; false at the end. */
static bool next_record(char **rest, char *fields[FIELDS], size_t wanted)
{
	while (*rest != NULL && **rest != '\0') {
		char *line = strsep(rest, "\n");
		size_t n = 0;

		while (n < FIELDS && line != NULL)
			fields[n++] = strsep(&line, ":");
		if (n >= wanted && fields[0][0] != '\0' && fields[0][0] != '#')
			return true;
	}
	return false;
}

static bool number(const char *text, unsigned *ret)
{
	char *end;
	unsigned long n;

	if (text[0] < '0' || text[0] > '9')
		return false;
	n = strtoul(text, &end, 10);
	if (*end != '\0' || n >= 0xffffffffu)
		return false;
	*ret = (unsigned)n;
	return true;
}

static void set_account(struct pool *p, struct account *a, char *fields[FIELDS], unsigned uid, unsigned gid)
{
	a->name = pool_copy(p, fields[0]);
	a->home = pool_copy(p, fields[5][0] != '\0' ? fields[5] : "/");
	a->shell = pool_copy(p, fields[6][0] != '\0' ? fields[6] : "/bin/sh");
	a->uid = uid;
	a->gid = gid;
}

int account_find(struct pool *p, const char *name, struct account *ret)
{
	unsigned wanted = 0, uid, gid;
	bool by_number = number(name, &wanted);
	char *rest = NULL, *fields[FIELDS];
	size_t size;

	if (file_read(p, "/etc/passwd", &rest, &size) == 0) {
		while (next_record(&rest, fields, FIELDS)) {
			if (!number(fields[2], &uid) || !number(fields[3], &gid))
				continue;
			if (strcmp(fields[0], name) == 0 || (by_number && uid == wanted)) {
				set_account(p, ret, fields, uid, gid);
				return 0;
			}
		}
	}
	if (!by_number && strcmp(name, "root") != 0)
		return -ENOENT;
	*ret = (struct account){.name = pool_copy(p, name), .uid = wanted, .gid = wanted, .shell = "/bin/sh"};
	ret->home = wanted == 0 ? "/root" : "/";
	return 0;
}

int group_find(struct pool *p, const char *name, gid_t *ret)
{
	char *rest, *fields[FIELDS];
	unsigned gid;
	size_t size;

	if (number(name, &gid)) {
		*ret = gid;
		return 0;
	}
	if (file_read(p, "/etc/group", &rest, &size) == 0) {
		while (next_record(&rest, fields, 3)) {
			if (strcmp(fields[0], name) == 0 && number(fields[2], &gid)) {
				*ret = gid;
				return 0;
			}
		}
	}
	if (strcmp(name, "root") != 0)
		return -ENOENT;
	*ret = 0;
	return 0;
}

static bool is_member(char *members, const char *name)
{
	char *one;

	while ((one = strsep(&members, ",")) != NULL) {
		if (strcmp(one, name) == 0)
			return true;
	}
	return false;
}

size_t account_groups(struct pool *p, const struct account *a, gid_t *groups, size_t room)
{
	char *rest, *fields[FIELDS];
	size_t count = 0, size;
	unsigned gid;

	if (room > 0)
		groups[count++] = a->gid;
	if (file_read(p, "/etc/group", &rest, &size) < 0)
		return count;
	while (count < room && next_record(&rest, fields, 4)) {
		if (number(fields[2], &gid) && gid != a->gid && is_member(fields[3], a->name))
			groups[count++] = gid;
	}
	return count;
}

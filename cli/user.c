#include "cli/user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/below.h"

static bool parse_id(const char *text, uint32_t *ret)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(text, &end, 10);
	if (errno != 0 || *end != '\0' || end == text || text[0] == '-' || text[0] == '+' || v >= UINT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

static bool read_passwd(int root_fd, const char *who, bool by_id, uint32_t id, struct user *ret)
{
	FILE *f CLEANUP(below_close) = below_fopen(root_fd, "/etc/passwd");
	struct passwd *p;

	while (f != NULL && (p = fgetpwent(f)) != NULL) {
		if (by_id ? p->pw_uid != id : strcmp(p->pw_name, who) != 0)
			continue;
		ret->uid = p->pw_uid;
		ret->gid = p->pw_gid;
		snprintf(ret->name, sizeof(ret->name), "%s", p->pw_name);
		snprintf(ret->home, sizeof(ret->home), "%s", p->pw_dir[0] == '/' ? p->pw_dir : "/");
		snprintf(ret->shell, sizeof(ret->shell), "%s", p->pw_shell[0] == '/' ? p->pw_shell : "/bin/sh");
		return true;
	}
	return false;
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void read_groups(int root_fd, struct user *u)
{
	FILE *f CLEANUP(below_close) = below_fopen(root_fd, "/etc/group");
	struct group *g;

	u->groups[u->group_count++] = u->gid;
	while (f != NULL && (g = fgetgrent(f)) != NULL)
		for (char **m = g->gr_mem; *m != NULL; m++)
			if (strcmp(*m, u->name) == 0 && g->gr_gid != u->gid && u->group_count < CREDS_GROUPS_MAX)
				u->groups[u->group_count++] = g->gr_gid;
	/* In the order in which setgroups(2) keeps them. */
	qsort(u->groups, u->group_count, sizeof(u->groups[0]), compare_ids);
}

int user_find(int root_fd, const char *who, struct user *ret)
{
	struct user u = {.name = "root", .home = "/", .shell = "/bin/sh"};
	uint32_t id = 0;
	bool by_id = who == NULL || parse_id(who, &id);

	if (!read_passwd(root_fd, who, by_id, id, &u)) {
		if (!by_id && strcmp(who, "root") != 0)
			return -ENOENT;
		/* A number that passwd does not know has a group of its own. */
		u.uid = u.gid = id;
		if (id != 0)
			snprintf(u.name, sizeof(u.name), "%u", id);
	}
	read_groups(root_fd, &u);
	*ret = u;
	return 0;
}

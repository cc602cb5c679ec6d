/* Paths by chance: few names and little depth, so that calls meet what others have made. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "identity.h"

/* The first four were directories in the beginning. */
static const char *const names[] = {"a", "b", "c", "d", "e"};

/* At most one ".." in each, so that none leads out of what is removed in the end. */
void any_name(char *text, size_t size)
{
	size_t n = 0;
	unsigned depth = dice(8) < 3 ? 1 : dice(4) < 3 ? 2 : 3;
	bool up = one_in(16);
	unsigned where = up ? dice(depth + 1) : depth + 1;

	for (unsigned i = 0; i < depth; i++)
		n += (size_t)snprintf(text + n, size - n, "%s%s", i > 0 ? "/" : "",
				      i == where             ? ".."
				      : i == 0 && one_in(40) ? "."
							     : names[dice(i + 1 < depth && !one_in(16) ? 4 : 5)]);
	if (one_in(30) && text[n - 1] != '.')
		snprintf(text + n, size - n, "/");
	else if (where == depth && one_in(4))
		snprintf(text + n, size - n, "/..");
}

bool is_outside(const char *path)
{
	size_t n = strlen(base);

	return strncmp(path, base, n) != 0 || (path[n] != '/' && path[n] != '\0');
}

int some_slot(const struct worker *w)
{
	unsigned from = dice(SLOTS);

	for (unsigned i = 0; i < SLOTS; i++)
		if (w->slots[(from + i) % SLOTS] >= 0)
			return (int)((from + i) % SLOTS);
	return (int)from;
}

void any_path(struct worker *w, struct path *p)
{
	char name[64];

	p->dir = AT_FDCWD;
	any_name(name, sizeof(name));
	if (one_in(3))
		snprintf(p->text, sizeof(p->text), "%s/%s", w->jailed ? "" : base, name);
	else
		snprintf(p->text, sizeof(p->text), "%s", name);
	if (one_in(8))
		p->dir = w->slots[some_slot(w)];
	if (one_in(100))
		p->text[0] = '\0';
}

void say_path(const struct worker *w, const struct path *p)
{
	if (p->dir != AT_FDCWD)
		for (int i = 0; i < SLOTS; i++)
			if (w->slots[i] == p->dir) {
				say("#%d, ", i);
				break;
			}
	say_text(p->text);
}

static bool is_special(mode_t mode, bool follow)
{
	return S_ISFIFO(mode) || S_ISSOCK(mode) || (S_ISLNK(mode) && !follow);
}

bool is_left_out(const struct path *p, bool follow)
{
	char text[512];
	struct stat st;
	size_t n = strlen(p->text);

	/* What a slash behind a link or FIFO means is found without it. */
	memcpy(text, p->text, n + 1);
	while (n > 1 && text[n - 1] == '/')
		text[--n] = '\0';
	if (fstatat(p->dir, text, &st, AT_EMPTY_PATH | (follow ? 0 : AT_SYMLINK_NOFOLLOW)) < 0)
		return false;
	if (!is_special(st.st_mode, follow))
		return false;
	say(" left out");
	return true;
}

bool is_left_out_fd(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !is_special(st.st_mode, false))
		return false;
	say(" left out");
	return true;
}

bool has_capabilities(const struct worker *w, const struct path *p)
{
	struct stat st;
	char link[64];
	int fd;
	bool has;

	if (!is_almighty() && fstatat(p->dir, p->text, &st, 0) == 0 && (st.st_mode & 06111) != 0)
		return false;
	if (p->dir == AT_FDCWD)
		return getxattr(p->text, "security.capability", NULL, 0) >= 0;
	/* In a root directory without /proc it cannot be known. */
	if (w->jailed)
		return true;
	fd = openat(p->dir, p->text, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	has = getxattr(link, "security.capability", NULL, 0) >= 0;
	close(fd);
	return has;
}

/*
 * What users may do to each other's files: random sequences of calls by three users in a small tree of directories and
 * files with random owners and modes. A sequence is its seed, so that one which has failed can be kept.
 *
 * Links stand in a directory of root's that nobody changes, since they cannot keep another owner. Who opens a file for
 * writing writes, since that is when its set-id bits go, and no file is made with such bits and written to.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ops.h"

/* Those that have failed once. */
static const unsigned kept[] = {0, 1, 4, 7, 9, 13, 19, 22, 23};
#define SEQUENCES 1000
#define CALLS     30

struct op users_ops[sizeof(kept) / sizeof(kept[0]) + SEQUENCES + 1];

struct story {
	const struct api *api;
	struct report *r;
	uint64_t random;
	unsigned call, uid, gid;
};

static unsigned pick(struct story *s, unsigned n)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return (unsigned)(s->random >> 33) % n;
}

#define ONE_OF(s, list) ((list)[pick(s, sizeof(list) / sizeof((list)[0]))])

static const unsigned ids[] = {0, 1000, 1001};
static const mode_t dir_modes[] = {0755, 0750, 0700, 0711, 0777, 01777, 02775, 0733, 0555, 03777, 0770, 0, 0077};
static const mode_t file_modes[] = {0644,  0640,  0600,  0666,  0444, 0755, 0711,
				    04755, 02755, 06711, 02644, 0,    0060, 0006};
static const char *const dirs[] = {"a", "b", "c", "a/d", "b/d"};
static const char *const files[] = {"x", "y"};

static const char *const targets[] = {
	"/t/a",     "/t/b",       "/t/c",     "/t/a/x",    "/t/a/y",   "/t/b/x",    "/t/b/y",    "/t/c/x",
	"/t/c/y",   "/t/a/d",     "/t/a/d/x", "/t/a/d/y",  "/t/b/d",   "/t/b/d/x",  "/t/b/d/y",  "/t/a/new",
	"/t/c/new", "/t/a/d/new", "x",        "y",         "d",        "d/x",       "../x",      "../a/x",
	"../b/d/x", "new",        "d/../x",   "/t/a/../b", "/t/c/d",   "/t/c/d/x",  "/t/b/d/..", "/t/a/d/../../c/x",
	".",        "..",         "d/",       "/t/b/new/", "/t/a/x/y", "/t/none/x", "./x",       "/t/b/./x",
};
static const char *const links[] = {"/t/l/a",   "/t/l/a/x",  "/t/l/x",    "/t/l/dx",
				    "/t/l/d/x", "/t/l/none", "/t/l/up/x", "/t/l/x/"};

static const char *any(struct story *s)
{
	return pick(s, 5) == 0 ? ONE_OF(s, links) : ONE_OF(s, targets);
}

static void answer(struct story *s, const char *what, const char *path, long a, int n)
{
	say(s->r, "%u. %u:%u %s %s %#lo: %s\n", s->call, s->uid, s->gid, what, path, a,
	    n < 0 ? strerrorname_np(-n) : "success");
}

static void become(struct story *s, unsigned uid, unsigned gid)
{
	s->uid = uid;
	s->gid = gid;
	s->api->become(uid, gid);
}

static void call_open(struct story *s)
{
	static const int kinds[] = {
		O_RDONLY,
		O_WRONLY,
		O_RDWR,
		O_RDWR | O_CREAT,
		O_WRONLY | O_CREAT | O_EXCL,
		O_RDONLY | O_TRUNC,
		O_WRONLY | O_CREAT | O_TRUNC,
		O_RDONLY | O_DIRECTORY,
		O_RDONLY | O_NOATIME,
		O_PATH,
		O_TMPFILE | O_RDWR,
		O_RDONLY | O_CREAT,
		O_RDONLY | O_NOFOLLOW,
	};
	int flags = ONE_OF(s, kinds), fd;
	const char *path = any(s);
	mode_t mode = ONE_OF(s, file_modes);

	if ((flags & (O_CREAT | O_TMPFILE)) != 0)
		mode &= 0777;
	fd = s->api->open(AT_FDCWD, path, flags | O_CLOEXEC | O_NONBLOCK, mode, 0);
	answer(s, "open", path, flags, fd);
	if (fd < 0)
		return;
	if ((flags & (O_ACCMODE | O_PATH)) != 0 && (flags & O_PATH) == 0 && write(fd, "w", 1) != 1)
		say(s->r, "not written\n");
	close(fd);
}

static void call_stat(struct story *s)
{
	const char *path = any(s);
	struct stat st;
	int flags = (int)pick(s, 2) * AT_SYMLINK_NOFOLLOW;
	int n = s->api->stat(AT_FDCWD, path, flags, &st);

	answer(s, "stat", path, flags, n);
	if (n == 0)
		say(s->r, "%o %u:%u\n", st.st_mode, st.st_uid, st.st_gid);
}

static void call_access(struct story *s)
{
	const char *path = any(s);
	int mode = (int)pick(s, 8);

	answer(s, "access", path, mode, s->api->access(AT_FDCWD, path, mode, AT_EACCESS));
}

static void call_make(struct story *s)
{
	static const int types[] = {S_IFREG, S_IFCHR};
	const char *path = ONE_OF(s, targets);
	mode_t mode = ONE_OF(s, dir_modes);
	int type = ONE_OF(s, types);

	if (pick(s, 3) != 0)
		answer(s, "mkdir", path, mode, s->api->mkdir(AT_FDCWD, path, mode));
	else
		answer(s, "mknod", path, type, s->api->mknod(AT_FDCWD, path, (mode_t)type | 0644, 0x103));
}

static void call_remove(struct story *s)
{
	const char *path = ONE_OF(s, targets);
	int flags = (int)pick(s, 2) * AT_REMOVEDIR;

	answer(s, "unlink", path, flags, s->api->unlink(AT_FDCWD, path, flags));
}

static void call_two(struct story *s)
{
	static const unsigned how[] = {0, 0, 0, 1, 2};
	const char *from = ONE_OF(s, targets), *to = ONE_OF(s, targets);
	unsigned flags = ONE_OF(s, how);

	say(s->r, "%s to ", from);
	if (pick(s, 2) != 0)
		answer(s, "rename", to, flags, s->api->rename(AT_FDCWD, from, AT_FDCWD, to, flags));
	else
		answer(s, "link", to, 0, s->api->link(AT_FDCWD, from, AT_FDCWD, to, 0));
}

static void call_chmod(struct story *s)
{
	const char *path = ONE_OF(s, targets);
	mode_t mode = pick(s, 2) != 0 ? ONE_OF(s, file_modes) : ONE_OF(s, dir_modes);

	answer(s, "chmod", path, mode, s->api->chmod(AT_FDCWD, path, mode, 0));
}

static void call_chown(struct story *s)
{
	const char *path = ONE_OF(s, targets);
	unsigned uid = pick(s, 2) != 0 ? ONE_OF(s, ids) : (unsigned)-1,
		 gid = pick(s, 2) != 0 ? ONE_OF(s, ids) : (unsigned)-1;

	answer(s, "chown", path, uid == (unsigned)-1 ? 07777 : uid, s->api->chown(AT_FDCWD, path, uid, gid, 0));
}

static void call_times(struct story *s)
{
	static const struct timespec then[2] = {{100, 0}, {200, 0}}, now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}},
				     half[2] = {{0, UTIME_OMIT}, {0, UTIME_NOW}};
	static const struct timespec *const how[] = {NULL, then, now, half};
	const char *path = any(s);
	unsigned i = pick(s, 4);

	answer(s, "utimens", path, i, s->api->utimens(AT_FDCWD, path, how[i], 0));
}

static void call_truncate(struct story *s)
{
	const char *path = any(s);

	answer(s, "truncate", path, 0, s->api->truncate(path, 3));
}

static void call_chdir(struct story *s)
{
	const char *path = any(s);

	answer(s, "chdir", path, 0, s->api->chdir(path));
}

static void call_xattr(struct story *s)
{
	const char *path = any(s);
	char buf[256];

	switch (pick(s, 4)) {
	case 0:
		answer(s, "setxattr", path, 0, s->api->setxattr(path, "user.test", "1", true));
		break;
	case 1:
		answer(s, "getxattr", path, 0, s->api->getxattr(path, "user.test", buf, sizeof(buf), true));
		break;
	case 2:
		answer(s, "listxattr", path, 0, s->api->listxattr(path, buf, sizeof(buf), true));
		break;
	default:
		answer(s, "removexattr", path, 0, s->api->removexattr(path, "user.test", true));
	}
}

static void someone(struct story *s)
{
	/* Root seldom: he is stopped by nothing. */
	unsigned uid = ids[pick(s, 8) == 0 ? 0 : 1 + pick(s, 2)];
	unsigned gid = pick(s, 4) == 0 ? ONE_OF(s, ids) : uid;

	become(s, uid, gid);
}

/* What is there at first. */
static void furnish(struct story *s)
{
	const struct api *api = s->api;
	char path[64];
	int n = api->mkdir(AT_FDCWD, "/t", 0755);

	n |= api->mkdir(AT_FDCWD, "/t/l", 0755);
	n |= api->symlink("../a", AT_FDCWD, "/t/l/a") | api->symlink("../b/x", AT_FDCWD, "/t/l/x");
	n |= api->symlink("/t/a/d/x", AT_FDCWD, "/t/l/dx") | api->symlink("/t/b/d", AT_FDCWD, "/t/l/d");
	n |= api->symlink("../c/none", AT_FDCWD, "/t/l/none") | api->symlink("a/d/..", AT_FDCWD, "/t/l/up");
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "/t/%s", dirs[i]);
		n |= api->mkdir(AT_FDCWD, path, 0755);
		for (size_t j = 0; j < sizeof(files) / sizeof(files[0]); j++) {
			snprintf(path, sizeof(path), "/t/%s/%s", dirs[i], files[j]);
			n |= api->mknod(AT_FDCWD, path, S_IFREG | 0644, 0);
			n |= api->chown(AT_FDCWD, path, ONE_OF(s, ids), ONE_OF(s, ids), 0);
			n |= api->chmod(AT_FDCWD, path, ONE_OF(s, file_modes), 0);
		}
	}
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "/t/%s", dirs[i]);
		n |= api->chown(AT_FDCWD, path, ONE_OF(s, ids), ONE_OF(s, ids), 0);
		n |= api->chmod(AT_FDCWD, path, pick(s, 2) != 0 ? 0755 : ONE_OF(s, dir_modes), 0);
	}
	if (n < 0)
		say(s->r, "not furnished\n");
}

static int run_story(const struct api *api, int dir, const char *path, const struct op *op, struct report *r)
{
	static void (*const calls[])(struct story *) = {
		call_open, call_open,  call_open,  call_stat,  call_access,   call_make,  call_remove, call_two,
		call_two,  call_chmod, call_chown, call_times, call_truncate, call_chdir, call_xattr,
	};
	struct story s = {.api = api, .r = r, .random = (uint64_t)op->a * 0x9e3779b97f4a7c15u + 1};

	(void)dir, (void)path;
	for (int i = 0; i < 10; i++)
		pick(&s, 2);
	furnish(&s);
	for (s.call = 0; s.call < CALLS; s.call++) {
		if (s.call % 3 == 0)
			someone(&s);
		ONE_OF(&s, calls)(&s);
	}
	become(&s, 0, 0);
	if (api->chdir("/") < 0)
		say(r, "no way back\n");
	return 0;
}

/* LXRUN_TEST_SEEDS=FIRST-LAST instead of the usual ones. */
static void __attribute__((constructor)) choose(void)
{
	static char names[sizeof(users_ops) / sizeof(users_ops[0])][24];
	const size_t known = sizeof(kept) / sizeof(kept[0]);
	const char *range = getenv("LXRUN_TEST_SEEDS");
	unsigned first = 24, last = 23 + SEQUENCES;
	size_t n = 0;

	if (range != NULL && sscanf(range, "%u-%u", &first, &last) != 2)
		abort();
	for (size_t i = range == NULL ? 0 : known; n + 1 < sizeof(users_ops) / sizeof(users_ops[0]); i++) {
		unsigned seed = i < known ? kept[i] : first + (unsigned)(i - known);

		if (seed > last && i >= known)
			break;
		snprintf(names[n], sizeof(names[n]), "seed %u", seed);
		users_ops[n] = (struct op){
			.name = names[n], .run = run_story, .a = seed, .changes = true, .cwd_only = true, .once = true};
		n++;
	}
}

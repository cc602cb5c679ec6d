/*
 * Records of names: <runtime>/s/ID.name is a symbolic link whose text is the guest's name (one atomic call to make, one
 * to read), and <runtime>/s/ID, while a socket is being bound, a link to the directory that it is made in.
 */
#include "translator/net/place.h"

#include <errno.h>
#include <time.h>

#include "base/host.h"
#include "base/str.h"

/* Room for <runtime>/s/ID.name. */
#define RECORD_PATH_SIZE (sizeof(((struct instance *)NULL)->runtime) + 32)

static void record_path(const struct instance *in, const char *id, const char *suffix, char to[RECORD_PATH_SIZE])
{
	(void)str_format(to, RECORD_PATH_SIZE, "%s" NET_RECORDS "/%s%s", in->runtime, id, suffix);
}

bool net_record_of(const struct instance *in, const char *text, char id[NET_ID_SIZE])
{
	size_t n = strlen(in->runtime);

	if (strncmp(text, in->runtime, n) != 0 || !str_starts(text + n, NET_RECORDS "/"))
		return false;
	text += n + strlen(NET_RECORDS "/");
	for (n = 0; n < NET_ID_SIZE - 1; n++) {
		if (!((text[n] >= '0' && text[n] <= '9') || (text[n] >= 'a' && text[n] <= 'f')))
			return false;
		id[n] = text[n];
	}
	id[n] = '\0';
	return text[n] == '/';
}

int net_record_read(const struct instance *in, const char *id, char name[PATH_MAX])
{
	char path[RECORD_PATH_SIZE];
	ssize_t n;

	record_path(in, id, ".name", path);
	n = host_readlinkat(AT_FDCWD, path, name, PATH_MAX);
	return n < 0 ? (int)n : 0;
}

/* Different for every call of every thread; what is taken already is tried again. */
static void new_id(char id[NET_ID_SIZE])
{
	struct timespec now = {0};
	uint64_t value;

	(void)host_call(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	value = ((uint64_t)now.tv_sec << 30 ^ (uint64_t)now.tv_nsec) ^ (uint64_t)host_gettid() << 42;
	(void)str_format(id, NET_ID_SIZE, "%016lx", value);
}

static int make_name(const struct instance *in, const char *name, char id[NET_ID_SIZE])
{
	char path[RECORD_PATH_SIZE];
	long r;

	do {
		new_id(id);
		record_path(in, id, ".name", path);
		r = host_call(SYS_symlink, name, path);
	} while (r == -EEXIST);
	return (int)r;
}

int net_record_make(const struct instance *in, const char *name, int dir, char ret_id[NET_ID_SIZE])
{
	char path[RECORD_PATH_SIZE], target[48];
	long r = make_name(in, name, ret_id);

	if (r < 0)
		return (int)r;
	(void)str_format(target, sizeof(target), "/proc/thread-self/fd/%d", dir);
	record_path(in, ret_id, "", path);
	r = host_call(SYS_symlink, target, path);
	if (r < 0)
		net_record_remove(in, ret_id);
	return (int)r;
}

static void remove_link(const struct instance *in, const char *id, const char *suffix)
{
	char path[RECORD_PATH_SIZE];

	record_path(in, id, suffix, path);
	(void)host_call(SYS_unlink, path);
}

void net_record_settle(const struct instance *in, const char *id)
{
	remove_link(in, id, "");
}

void net_record_remove(const struct instance *in, const char *id)
{
	remove_link(in, id, "");
	remove_link(in, id, ".name");
}

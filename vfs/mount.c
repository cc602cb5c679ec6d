/*
 * The mount table, read.
 *
 * It is a flat list in the order of mounting, so the mount that a path is in is the last one whose point is a prefix of
 * the path: a later mount over a directory hides the earlier ones below it, as in Linux.
 */
#include <errno.h>
#include <stdatomic.h>

#include "base/str.h"
#include "vfs/internal.h"

/* A writer that died in the middle must not stop everyone. */
#define TRIES_MAX 10000

uint32_t mount_read_begin(struct instance *in)
{
	return atomic_load_explicit(&in->mounts_generation, memory_order_acquire);
}

bool mount_read_again(struct instance *in, uint32_t generation, unsigned *tries)
{
	atomic_thread_fence(memory_order_acquire);
	if ((generation & 1) == 0 && atomic_load_explicit(&in->mounts_generation, memory_order_relaxed) == generation)
		return false;
	__builtin_ia32_pause();
	return ++*tries < TRIES_MAX;
}

static uint32_t count(const struct instance *in)
{
	return in->mount_count < INSTANCE_MOUNTS ? in->mount_count : INSTANCE_MOUNTS;
}

/* How many bytes of path the point takes, or -1: it is not in there. */
static long below(const char *point, const char *path)
{
	size_t n = strlen(point);

	if (strncmp(path, point, n) != 0 || (path[n] != '\0' && path[n] != '/'))
		return -1;
	return (long)n;
}

static void find(const struct vfs_ns *ns, const char *path, struct mount *ret)
{
	struct instance *in = ns->in;
	size_t root = strlen(ns->root_path);

	ret->id = 0;
	ret->kind = MOUNT_NONE;
	ret->flags = 0;
	ret->above = false;
	ret->point = 0;
	ret->source[0] = '\0';
	if (mount_is_in_none(ns, path))
		return;

	for (uint32_t i = count(in); i-- > 0;) {
		const struct mount_entry *e = &in->mounts[i];
		long n;

		/* Most entries differ in the first letter. */
		if (e->kind == MOUNT_NONE || e->ns != ns->mount_ns ||
		    (root == 0 && e->point[0] != '\0' && e->point[1] != path[1]))
			continue;
		if (strncmp(e->point, ns->root_path, root) == 0 &&
		    (e->point[root] == '/' || (root == 0 && e->point[0] == '\0'))) {
			n = below(e->point + root, path);
			if (n < 0)
				continue;
			ret->point = (size_t)n;
		} else if (root > 0 && path_is_below(ns->root_path, e->point)) {
			ret->above = true;
		} else {
			continue;
		}
		ret->id = e->id;
		ret->kind = e->kind;
		ret->flags = e->flags;
		memcpy(ret->source, e->source, strlen(e->source) + 1);
		return;
	}
}

void mount_find(const struct vfs_ns *ns, const char *path, struct mount *ret)
{
	struct instance *in = ns->in;
	unsigned tries = 0;
	uint32_t generation;

	do {
		generation = mount_read_begin(in);
		find(ns, path, ret);
	} while (mount_read_again(in, generation, &tries));
}

static bool has_name(const struct instance *in, const char *name, size_t length)
{
	for (uint32_t i = 0; i < count(in); i++) {
		const char *point = in->mounts[i].point;

		for (struct component c = path_component(point, 0); c.length != 0;
		     c = path_component(point, c.at + c.length))
			if (c.length == length && memcmp(point + c.at, name, length) == 0)
				return true;
	}
	return false;
}

bool mount_has_name(struct instance *in, const char *name, size_t length)
{
	unsigned tries = 0;
	uint32_t generation;
	bool found;

	do {
		generation = mount_read_begin(in);
		found = (in->mount_names & instance_name_bit(name, length)) != 0 && has_name(in, name, length);
	} while (mount_read_again(in, generation, &tries));
	return found;
}

static bool has_last(const struct instance *in, const char *name, size_t length)
{
	for (uint32_t i = 0; i < count(in); i++) {
		const char *point = in->mounts[i].point;
		size_t n = strlen(point);

		if (n > length && point[n - length - 1] == '/' && memcmp(point + n - length, name, length) == 0)
			return true;
	}
	return false;
}

bool mount_may_cross(struct instance *in, const char *name, size_t length)
{
	unsigned tries = 0;
	uint32_t generation;
	bool found;

	do {
		generation = mount_read_begin(in);
		found = (in->mount_lasts & instance_name_bit(name, length)) != 0 && has_last(in, name, length);
	} while (mount_read_again(in, generation, &tries));
	return found;
}

bool mount_path_may_cross(struct instance *in, const char *path)
{
	for (struct component c = path_component(path, 0); c.length != 0; c = path_component(path, c.at + c.length))
		if ((in->mount_lasts & instance_name_bit(path + c.at, c.length)) != 0 &&
		    mount_may_cross(in, path + c.at, c.length))
			return true;
	return false;
}

bool mount_is_in_none(const struct vfs_ns *ns, const char *path)
{
	struct component c;

	/* A namespace may have a root of its own. */
	if (ns->root_path[0] != '\0' || ns->mount_ns != 0)
		return false;
	c = path_component(path, 0);
	return c.length != 0 && (ns->in->mount_names & instance_name_bit(path + c.at, c.length)) == 0;
}

enum mount_relation mount_relation(const struct vfs_ns *ns, const char *path)
{
	struct instance *in = ns->in;
	enum mount_relation relation;
	unsigned tries = 0;
	uint32_t generation;

	do {
		generation = mount_read_begin(in);
		relation = MOUNT_UNRELATED;
		for (uint32_t i = 0; i < count(in); i++) {
			if (in->mounts[i].ns != ns->mount_ns || !path_is_below(in->mounts[i].point, path))
				continue;
			if (in->mounts[i].point[strlen(path)] == '\0')
				relation = (in->mounts[i].flags & MOUNT_FILE) != 0 ? MOUNT_FILE_POINT : MOUNT_POINT;
			else if (relation == MOUNT_UNRELATED)
				relation = MOUNT_PARENT;
		}
	} while (mount_read_again(in, generation, &tries));
	return relation;
}

bool mount_any(struct instance *in, uint32_t flags)
{
	for (uint32_t i = 0; i < count(in); i++)
		if ((in->mounts[i].flags & flags) != 0)
			return true;
	return false;
}

bool mount_any_read_only(struct instance *in)
{
	for (uint32_t i = 0; i < count(in); i++)
		if ((in->mounts[i].flags & MOUNT_READ_ONLY) != 0 && in->mounts[i].kind != MOUNT_SYS)
			return true;
	return false;
}

bool mount_source_is_guests(const struct instance *in, const char *source)
{
	return path_is_below(source, in->root) || (in->runtime[0] != '\0' && path_is_below(source, in->runtime));
}

bool mount_is_guests(const struct instance *in, const struct mount *m)
{
	switch (m->kind) {
	case MOUNT_NONE:
	case MOUNT_TMPFS:
		return true;
	case MOUNT_BIND:
		return mount_source_is_guests(in, m->source);
	default:
		return false;
	}
}

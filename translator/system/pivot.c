#include "translator/system/pivot.h"

#include <errno.h>

#include "base/str.h"

/* What stands behind prefix in path if path is it or below it, else NULL. */
static const char *below(const char *path, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(path, prefix, n) == 0 && (path[n] == '\0' || path[n] == '/') ? path + n : NULL;
}

static int set_point(struct mount_entry *e, const char *front, const char *rest)
{
	char point[sizeof(e->point)];

	if (str_format(point, sizeof(point), "%s%s", front, rest) >= sizeof(point))
		return -ENAMETOOLONG;
	memcpy(e->point, point, strlen(point) + 1);
	return 0;
}

/* Marks what moves with the new root: what is below it and was mounted later. */
static void mark(struct instance *in, uint32_t ns, uint32_t first, const char *new_root)
{
	for (uint32_t i = first; i < in->mount_count; i++) {
		struct mount_entry e = in->mounts[i];

		if (e.ns != ns || below(e.point, new_root) == NULL)
			continue;
		e.flags |= MOUNT_PIVOTS;
		instance_replace_mount(in, (int)i, &e);
	}
}

/*
 * Those of the namespace that have the mark, or not, go to the end of the table, one by one, in their order, and there lie below
 * `front` without the bytes that `behind` has; last is how many entries have not been looked at since the beginning.
 */
static int move_all(struct instance *in, uint32_t ns, bool marked, const char *front, const char *behind,
		    uint32_t flags, uint32_t *last)
{
	for (uint32_t i = 0; i < *last;) {
		struct mount_entry e = in->mounts[i];
		int r;

		if (e.ns != ns || ((e.flags & MOUNT_PIVOTS) != 0) != marked) {
			i++;
			continue;
		}
		r = set_point(&e, front, e.point + strlen(behind));
		if (r < 0)
			return r;
		e.flags = (e.flags & ~(uint32_t)MOUNT_PIVOTS) | flags;
		instance_delete_mount(in, (int)i);
		(*last)--;
		r = instance_insert_mount(in, &e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* All names fit, and so does one more mount. */
static int check_room(const struct instance *in, uint32_t ns, const char *put)
{
	if (in->mount_count >= INSTANCE_MOUNTS)
		return -ENOSPC;
	for (uint32_t i = 0; i < in->mount_count; i++)
		if (in->mounts[i].ns == ns && strlen(put) + strlen(in->mounts[i].point) >= sizeof(in->mounts[i].point))
			return -ENAMETOOLONG;
	return 0;
}

/* The instance's root, which has no entry as long as it is the root. */
static int add_old_root(struct instance *in, uint32_t ns, const char *put, uint32_t flags)
{
	struct mount_entry e = {.kind = MOUNT_BIND, .flags = flags, .ns = ns};
	int r = set_point(&e, put, "");

	if (r < 0)
		return r;
	if (str_copy(e.source, sizeof(e.source), in->root) < 0)
		return -ENAMETOOLONG;
	(void)str_format(e.device, sizeof(e.device), "lxrun");
	(void)str_format(e.options, sizeof(e.options), "rw,relatime");
	return instance_insert_mount(in, &e);
}

static int pivot_locked(struct instance *in, uint32_t ns, const char *new_root, const char *put_old)
{
	const char *put = below(put_old, new_root);
	const int i = instance_find_mount(in, ns, new_root), root = instance_find_mount(in, ns, "");
	const uint32_t hidden = put != NULL && *put == '\0' ? MOUNT_HIDDEN : 0;
	uint32_t last = in->mount_count;
	char place[sizeof(in->mounts[0].point)], new[sizeof(in->mounts[0].point)];
	int r;

	if (i < 0 || put == NULL || !str_eq(in->mounts[i].point, new_root))
		return -EINVAL;
	r = check_room(in, ns, put);
	if (r < 0)
		return r;
	memcpy(place, put, strlen(put) + 1);
	memcpy(new, new_root, strlen(new_root) + 1);
	mark(in, ns, (uint32_t)i, new);
	/* The old root lies below the new one, or, where it is hidden, in front of it. */
	if (hidden == 0)
		r = move_all(in, ns, true, "", new, 0, &last);
	if (r == 0 && root < 0)
		r = add_old_root(in, ns, place, hidden);
	if (r == 0)
		r = move_all(in, ns, false, place, "", hidden, &last);
	if (r == 0 && hidden != 0)
		r = move_all(in, ns, true, "", new, 0, &last);
	return r;
}

int pivot_mounts(struct instance *in, uint32_t ns, const char *new_root, const char *put_old)
{
	int r;

	instance_mounts_lock(in);
	r = pivot_locked(in, ns, new_root, put_old);
	instance_mounts_unlock(in);
	return r;
}

bool pivot_find(struct instance *in, uint32_t ns, const char *source, char *buf)
{
	bool found = false;

	instance_mounts_lock(in);
	for (uint32_t i = in->mount_count; i-- > 0 && !found;) {
		const struct mount_entry *e = &in->mounts[i];

		found = e->ns == ns && e->kind != MOUNT_NONE && str_eq(e->source, source);
		if (found)
			memcpy(buf, e->point, strlen(e->point) + 1);
	}
	instance_mounts_unlock(in);
	return found;
}

bool pivot_drop_old(struct instance *in, uint32_t ns)
{
	bool dropped = false;

	instance_mounts_lock(in);
	for (uint32_t i = in->mount_count; i-- > 0;)
		if (in->mounts[i].ns == ns && (in->mounts[i].flags & MOUNT_HIDDEN) != 0) {
			instance_delete_mount(in, (int)i);
			dropped = true;
		}
	instance_mounts_unlock(in);
	return dropped;
}

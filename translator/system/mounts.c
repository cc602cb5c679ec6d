#include "translator/system/mounts.h"

#include <errno.h>
#include <sys/mount.h>

#include "base/str.h"

/* What mounts_limits() says, and a bind mount has from where it is. */
#define LIMITS (MOUNT_READ_ONLY | MOUNT_NO_SUID | MOUNT_NO_EXEC)

/* --- options ----------------------------------------------------------------------------------------------------------- */

static const struct word {
	unsigned long flag;
	const char *text;
} words[] = {
	{MS_SYNCHRONOUS, "sync"},  {MS_DIRSYNC, "dirsync"},         {MS_MANDLOCK, "mand"},
	{MS_LAZYTIME, "lazytime"}, {MS_NOSUID, "nosuid"},           {MS_NODEV, "nodev"},
	{MS_NOEXEC, "noexec"},     {MS_NOATIME, "noatime"},         {MS_NODIRATIME, "nodiratime"},
	{MS_RELATIME, "relatime"}, {MS_NOSYMFOLLOW, "nosymfollow"},
};

/* The length of the word that options begins with, and of the comma behind it. */
static size_t word_length(const char *options, size_t *ret_next)
{
	size_t n = 0;

	while (options[n] != '\0' && options[n] != ',')
		n++;
	*ret_next = n + (options[n] == ',');
	return n;
}

static bool is_word(const char *options, size_t n, const char *text)
{
	return strlen(text) == n && memcmp(options, text, n) == 0;
}

/* What the file system itself has to say: behind all that flags say. */
static const char *fs_part(const char *options)
{
	for (;;) {
		size_t next, n = word_length(options, &next);
		bool known = is_word(options, n, "ro") || is_word(options, n, "rw");

		for (size_t i = 0; i < ARRAY_SIZE(words) && !known; i++)
			known = is_word(options, n, words[i].text);
		if (!known || n == 0)
			return options;
		options += next;
	}
}

static unsigned long flags_of(const char *options)
{
	unsigned long flags = 0;
	size_t next;

	for (; *options != '\0'; options += next) {
		size_t n = word_length(options, &next);

		if (is_word(options, n, "ro"))
			flags |= MS_RDONLY;
		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (is_word(options, n, words[i].text))
				flags |= words[i].flag;
	}
	return flags;
}

/* Adds ",text" to the n bytes in to if it fits. */
static size_t add(char *to, size_t size, size_t n, const char *text, size_t length)
{
	if (n + 1 + length + 1 > size)
		return n;
	to[n++] = ',';
	memcpy(to + n, text, length);
	to[n + length] = '\0';
	return n + length;
}

void mounts_options(char *to, size_t size, unsigned long flags, const char *fs_options)
{
	size_t n, next;

	if ((flags & MS_STRICTATIME) != 0)
		flags &= ~(unsigned long)(MS_RELATIME | MS_NOATIME);
	else if ((flags & MS_NOATIME) == 0)
		flags |= MS_RELATIME;
	else
		flags &= ~(unsigned long)MS_RELATIME;
	n = str_format(to, size, "%s", (flags & MS_RDONLY) != 0 ? "ro" : "rw");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if ((flags & words[i].flag) != 0)
			n = add(to, size, n, words[i].text, strlen(words[i].text));
	for (; *fs_options != '\0'; fs_options += next) {
		size_t length = word_length(fs_options, &next);

		if (length > 0)
			n = add(to, size, n, fs_options, length);
	}
}

uint32_t mounts_limits(unsigned long flags)
{
	return ((flags & MS_RDONLY) != 0 ? MOUNT_READ_ONLY : 0u) | ((flags & MS_NOSUID) != 0 ? MOUNT_NO_SUID : 0u) |
	       ((flags & MS_NOEXEC) != 0 ? MOUNT_NO_EXEC : 0u);
}

/* --- the table ----------------------------------------------------------------------------------------------------------- */

/* What stands behind prefix in path if path is it or below it, else NULL. */
static const char *below(const char *path, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(path, prefix, n) == 0 && (path[n] == '\0' || path[n] == '/') ? path + n : NULL;
}

/* The index of the mount whose point this is; -1 for the instance's root, -2 if there is none. */
static int at_point(const struct instance *in, uint32_t ns, const char *point)
{
	int i = instance_find_mount(in, ns, point);

	if (i < 0)
		return point[0] == '\0' ? -1 : -2;
	return str_eq(in->mounts[i].point, point) ? i : -2;
}

bool mounts_is_point(struct instance *in, uint32_t ns, const char *point)
{
	bool is;

	instance_mounts_lock(in);
	is = at_point(in, ns, point) != -2;
	instance_mounts_unlock(in);
	return is;
}

static bool is_part(const struct mount_entry *e)
{
	return (e->flags & MOUNT_PART) != 0 ||
	       (e->flags & (MOUNT_BUILT_IN | MOUNT_FILE)) == (MOUNT_BUILT_IN | MOUNT_FILE);
}

/* True if mount number k stands in mount number i, and nothing hides it. */
static bool stands_in(const struct instance *in, uint32_t k, int i)
{
	const char *point = in->mounts[k].point;
	const uint32_t ns = in->mounts[k].ns;
	int top = -1;

	if (instance_find_mount(in, ns, point) != (int)k)
		return false;
	for (uint32_t j = 0; j < k; j++)
		if (in->mounts[j].kind != MOUNT_NONE && in->mounts[j].ns == ns &&
		    below(point, in->mounts[j].point) != NULL)
			top = (int)j;
	return top == i;
}

static int join(char *to, size_t size, const char *a, const char *b)
{
	/* "/" and "/x" make one slash. */
	size_t n = str_format(to, size, "%s%s", str_eq(a, "/") && b[0] == '/' ? "" : a, b);

	return n < size ? 0 : -ENAMETOOLONG;
}

/* The entry that shows at `to` what is at `from`, which is in mount number i. */
static int bound_entry(const struct instance *in, uint32_t ns, int i, const char *from, const char *to, bool file,
		       struct mount_entry *ret)
{
	const char *rest;
	int r;

	memset(ret, 0, sizeof(*ret));
	ret->ns = ns;
	r = join(ret->point, sizeof(ret->point), "", to);
	if (r < 0)
		return r;
	if (i < 0) {
		ret->kind = MOUNT_BIND;
		(void)str_format(ret->device, sizeof(ret->device), "lxrun");
		mounts_options(ret->options, sizeof(ret->options), 0, "");
		r = join(ret->source, sizeof(ret->source), in->root, from);
	} else {
		const struct mount_entry *e = &in->mounts[i];

		rest = from + strlen(e->point);
		if (e->kind == MOUNT_PROC && *rest != '\0')
			return -EINVAL;
		ret->kind = e->kind;
		ret->flags = e->flags & (uint32_t)LIMITS;
		memcpy(ret->type, e->type, sizeof(ret->type));
		memcpy(ret->device, e->device, sizeof(ret->device));
		memcpy(ret->options, e->options, sizeof(ret->options));
		r = join(ret->source, sizeof(ret->source), e->source, rest);
	}
	if (file)
		ret->flags |= MOUNT_FILE;
	return r;
}

/* Mount number k, which lies below `from`, once more below `to`. */
static int bind_below(struct instance *in, uint32_t k, const char *from, const char *to)
{
	struct mount_entry e = in->mounts[k];
	int r = join(e.point, sizeof(e.point), to, in->mounts[k].point + strlen(from));

	if (r < 0)
		return r;
	e.id = 0;
	e.flags &= (uint32_t)(LIMITS | MOUNT_FILE);
	if (is_part(&in->mounts[k]))
		e.flags |= MOUNT_PART;
	return instance_insert_mount(in, &e);
}

/* Does mount number k come along when `from`, in mount number i, is bound? */
static bool comes_along(const struct instance *in, uint32_t ns, uint32_t k, int i, const char *from, bool recursive)
{
	const char *rest = below(in->mounts[k].point, from);

	if (in->mounts[k].ns != ns || rest == NULL || *rest == '\0')
		return false;
	if (!recursive)
		return is_part(&in->mounts[k]) && stands_in(in, k, i);
	return instance_find_mount(in, ns, in->mounts[k].point) == (int)k;
}

static int bind_locked(struct instance *in, uint32_t ns, const char *from, const char *to, bool file, bool recursive)
{
	const uint32_t count = in->mount_count;
	int i = instance_find_mount(in, ns, from), r;
	uint32_t needed = 1, done = count;
	uint64_t which[INSTANCE_MOUNTS / 64] = {0};
	struct mount_entry e;

	r = bound_entry(in, ns, i, from, to, file, &e);
	if (r < 0)
		return r;
	for (uint32_t k = 0; k < count; k++)
		if (comes_along(in, ns, k, i, from, recursive)) {
			which[k / 64] |= 1ull << k % 64;
			needed++;
		}
	if (count + needed > INSTANCE_MOUNTS)
		return -ENOSPC;
	r = instance_insert_mount(in, &e);
	for (uint32_t k = 0; k < count && r == 0; k++)
		if ((which[k / 64] >> k % 64 & 1) != 0)
			r = bind_below(in, k, from, to);
	while (r < 0 && in->mount_count > done)
		instance_delete_mount(in, (int)in->mount_count - 1);
	return r;
}

int mounts_bind(struct instance *in, uint32_t ns, const char *from, const char *to, bool file, bool recursive)
{
	int r;

	instance_mounts_lock(in);
	r = bind_locked(in, ns, from, to, file, recursive);
	instance_mounts_unlock(in);
	return r;
}

/* The first mount from number i on that is at or below point; the count of mounts if there is none. */
static uint32_t next_below(const struct instance *in, uint32_t ns, uint32_t i, const char *point)
{
	while (i < in->mount_count && (in->mounts[i].ns != ns || below(in->mounts[i].point, point) == NULL))
		i++;
	return i;
}

static int move_locked(struct instance *in, uint32_t ns, const char *from, const char *to)
{
	int i = at_point(in, ns, from), r;
	uint32_t last, n = 0;

	if (i < 0 || (in->mounts[i].flags & MOUNT_BUILT_IN) != 0)
		return -EINVAL;
	if (below(to, from) != NULL)
		return -ELOOP;
	last = in->mount_count;
	for (uint32_t k = next_below(in, ns, (uint32_t)i, from); k < last; k = next_below(in, ns, k + 1, from)) {
		char point[sizeof(in->mounts[k].point)];

		r = join(point, sizeof(point), to, in->mounts[k].point + strlen(from));
		if (r < 0)
			return r;
		n++;
	}
	/* Those that come later stand on top, also at the new place: one by one to the end. */
	for (; n > 0; n--) {
		uint32_t k = next_below(in, ns, (uint32_t)i, from);
		struct mount_entry e = in->mounts[k];

		r = join(e.point, sizeof(e.point), to, in->mounts[k].point + strlen(from));
		if (r < 0)
			return r;
		instance_delete_mount(in, (int)k);
		r = instance_insert_mount(in, &e);
		if (r < 0)
			return r;
	}
	return 0;
}

int mounts_move(struct instance *in, uint32_t ns, const char *from, const char *to)
{
	int r;

	instance_mounts_lock(in);
	r = move_locked(in, ns, from, to);
	instance_mounts_unlock(in);
	return r;
}

int mounts_change(struct instance *in, uint32_t ns, const char *point, unsigned long flags, const char *fs_options)
{
	const unsigned long times = MS_NOATIME | MS_RELATIME | MS_STRICTATIME | MS_NODIRATIME;
	struct mount_entry e;
	char fs[sizeof(e.options)];
	int i, r = -EINVAL;

	instance_mounts_lock(in);
	i = at_point(in, ns, point);
	if (i >= 0) {
		e = in->mounts[i];
		(void)str_format(fs, sizeof(fs), "%s", *fs_options != '\0' ? fs_options : fs_part(e.options));
		/* How times are kept stays as it is unless something is said about it. */
		if ((flags & times) == 0)
			flags |= flags_of(e.options) & times;
		mounts_options(e.options, sizeof(e.options), flags, fs);
		e.flags &= ~(uint32_t)(LIMITS | MOUNT_EXPIRING);
		e.flags |= mounts_limits(flags);
		r = e.kind == MOUNT_SYS && (flags & MS_RDONLY) == 0 ? -EPERM : 0;
		if (r == 0)
			instance_replace_mount(in, i, &e);
	}
	instance_mounts_unlock(in);
	return r;
}

/* Is any mount's source at or below dir? */
static bool is_shown(const struct instance *in, const char *dir)
{
	for (uint32_t i = 0; i < in->mount_count; i++)
		if (below(in->mounts[i].source, dir) != NULL)
			return true;
	return false;
}

static int remove_locked(struct instance *in, uint32_t ns, const char *point, int flags, char *ret_source)
{
	int i = at_point(in, ns, point);
	struct mount_entry e;

	ret_source[0] = '\0';
	if (i == -1 || point[0] == '\0')
		return -EBUSY;
	if (i < 0)
		return -EINVAL;
	e = in->mounts[i];
	if ((flags & MNT_EXPIRE) != 0 && (e.flags & MOUNT_EXPIRING) == 0) {
		e.flags |= MOUNT_EXPIRING;
		instance_replace_mount(in, i, &e);
		return -EAGAIN;
	}
	if ((e.flags & MOUNT_BUILT_IN) != 0)
		return -EBUSY;
	for (uint32_t k = next_below(in, ns, (uint32_t)i + 1, point); k < in->mount_count && (flags & MNT_DETACH) == 0;
	     k = next_below(in, ns, k + 1, point))
		if (!is_part(&in->mounts[k]))
			return -EBUSY;
	for (uint32_t k = (uint32_t)i; (k = next_below(in, ns, k, point)) < in->mount_count;)
		instance_delete_mount(in, (int)k);
	if (e.kind == MOUNT_TMPFS && !is_shown(in, e.source))
		memcpy(ret_source, e.source, sizeof(e.source));
	return 0;
}

int mounts_remove(struct instance *in, uint32_t ns, const char *point, int flags, char *ret_source)
{
	int r;

	instance_mounts_lock(in);
	r = remove_locked(in, ns, point, flags, ret_source);
	instance_mounts_unlock(in);
	return r;
}

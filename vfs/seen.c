/*
 * Paths that a walk has been down (seen.h), in the instance's memory (base/seen.h).
 *
 * The key of a path is a hash of its text, of what it begins at, and of everything that could make another walk end elsewhere
 * without changing the object:
 *  - the mount table's generation, and whether links can be forbidden to be followed (fs.protected_symlinks);
 *  - for callers whom permissions concern, who they are, instance.generation, which changes with every directory that is
 *    moved, removed, or has its owner, mode or access control list changed, and the second. Guests' changes count at once, those
 *    that come from outside of the instance a second later.
 * Paths in mounts and views are not remembered, nor are those below a chroot(2).
 *
 * "Nothing is there" is remembered for paths whose links, if any, mean the same to the host's kernel as to the guest: relative
 * ones that do not go up. Nothing is shown by believing the host's ENOENT, but it would be wrong where a link of another kind
 * has come into the way. When a guest makes or moves one, instance.generation changes; one that came from outside is seen
 * a second later.
 *
 * Two keys that are the same by accident do no harm to a path that leads somewhere, because the object is compared.
 */
#include "vfs/seen.h"

#include <errno.h>
#include <stdatomic.h>
#include <time.h>

#include "base/str.h"
#include "vfs/kept.h"
#include "vfs/permission.h"

/* vfs_ns.cwd: a hash of the directory's identity, or one of these. */
#define CWD_FOREIGN 1 /* nothing below it is remembered */

/* A path's object, as nobody's is. */
#define NOTHING 0

/* Ticks of vfs_ns.clock that are taken for one moment: about a second. */
#define MOMENT_BITS 31
/* An attribute may change twice in one tick of the host's clock, and the file's time but once: young files are not remembered. */
#define YOUNG 1 /* seconds */

/* --- hashes ------------------------------------------------------------------------------------------------------------ */

static uint64_t mix(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 wide;
	wide m = (wide)(a ^ 0x9e3779b97f4a7c15u) * (b ^ 0xd1b54a32d192ed03u);

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static uint64_t word(const char *s)
{
	uint64_t w;

	__builtin_memcpy(&w, s, sizeof(w));
	return w;
}

static uint64_t hash_text(uint64_t h, const char *s, size_t n)
{
	const size_t size = sizeof(uint64_t);
	uint64_t last = 0;

	h ^= n;
	if (n >= size) {
		const char *end = s + n - size;

		for (; s < end; s += size)
			h = mix(h, word(s));
		/* The last one may have bytes of the one before. */
		return mix(h, word(end));
	}
	for (; n > 0; n--)
		last = last << 8 | (unsigned char)s[n - 1];
	return mix(h, last);
}

static uint64_t hash_object(const struct stat *st)
{
	return mix(mix(st->st_ino, st->st_dev), (uint64_t)st->st_ctim.tv_sec << 30 ^ (uint64_t)st->st_ctim.tv_nsec) | 1;
}

static uint64_t hash_creds(const struct creds *c)
{
	uint64_t h = mix((uint64_t)c->fsuid << 32 | c->fsgid, c->cap_effective);

	for (uint32_t i = 0; i < c->group_count && i < CREDS_GROUPS_MAX; i++)
		h = mix(h, c->groups[i]);
	return h;
}

/* What holds now, and for guests' changes until one is made: 0 where nobody can say when now is. */
static uint64_t moment(const struct vfs_ns *ns)
{
	int64_t now = ns->clock != NULL ? (int64_t)ns->clock() : -1;

	if (now < 0)
		return 0;
	return mix((uint64_t)now >> MOMENT_BITS, atomic_load_explicit(&ns->in->generation, memory_order_acquire)) | 1;
}

/* --- paths ------------------------------------------------------------------------------------------------------------- */

/* Where relative paths begin: a number of its own for each directory of the distribution's. */
__attribute__((noinline)) static uint64_t find_cwd(const struct vfs_ns *ns)
{
	struct stat st;
	uint64_t cwd = CWD_FOREIGN;

	if (host_fstatat(AT_FDCWD, "", &st, AT_EMPTY_PATH) == 0 && fd_tree(ns, AT_FDCWD) == TREE_GUEST)
		cwd = mix(st.st_ino, st.st_dev) | 4;
	__atomic_store_n(ns->cwd, cwd, __ATOMIC_RELAXED);
	return cwd;
}

bool seen_begin(const struct vfs_ns *ns, struct vfs_at at, int lookup, struct seen *s)
{
	struct instance *in = ns->in;
	const char *path = at.path;
	uint64_t h = 2, now;
	uint32_t mounts;

	if ((in->features & INSTANCE_NO_CACHES) != 0 || ns->root_path[0] != '\0')
		return false;
	s->relative = path[0] != '/';
	if (s->relative) {
		if (at.dir != AT_FDCWD || path[0] == '\0' || ns->cwd == NULL)
			return false;
		h = __atomic_load_n(ns->cwd, __ATOMIC_RELAXED);
		if (h == VFS_CWD_UNKNOWN)
			h = find_cwd(ns);
		if (h == CWD_FOREIGN || h == VFS_CWD_VARIES)
			return false;
		s->dir = AT_FDCWD;
	} else {
		while (*path == '/')
			path++;
		if (*path == '\0')
			return false;
		s->dir = ns->root;
	}
	mounts = mount_read_begin(in);
	if ((mounts & 1) != 0)
		return false;
	s->path = path;
	s->flags = (lookup & VFS_NOFOLLOW) != 0 ? AT_SYMLINK_NOFOLLOW : 0;
	s->missing = 0;
	s->object = NOTHING;
	s->absent = false;
	h = mix(h, (uint64_t)ns->mount_ns << 34 | (uint64_t)mounts << 2 | (uint64_t)(in->sidecar.links != 0) << 1 |
			   (s->flags != 0));
	if (permission_matters(ns)) {
		now = moment(ns);
		if (now == 0)
			return false;
		h = mix(mix(h, now), hash_creds(ns->creds));
	}
	s->key = hash_text(h, path, strlen(path));
	return true;
}

/* Both places where a key can be. */
static struct seen_path *first_place(const struct vfs_ns *ns, uint64_t key)
{
	return &ns->in->seen.paths[key & (SEEN_PATHS - 2)];
}

static bool find(const struct vfs_ns *ns, uint64_t key, uint64_t *ret)
{
	struct seen_path *p = first_place(ns, key);

	for (unsigned i = 0; i < 2; i++) {
		uint64_t object = atomic_load_explicit(&p[i].object, memory_order_relaxed);

		if ((atomic_load_explicit(&p[i].check, memory_order_relaxed) ^ object) == key) {
			*ret = object;
			return true;
		}
	}
	return false;
}

static void put(const struct vfs_ns *ns, uint64_t key, uint64_t object)
{
	struct seen_path *p = first_place(ns, key);
	uint64_t old;

	/* Where it is already, else by chance. */
	if (find(ns, key, &old) && old == object)
		return;
	if ((atomic_load_explicit(&p[0].check, memory_order_relaxed) ^
	     atomic_load_explicit(&p[0].object, memory_order_relaxed)) != key)
		p += key >> 63;
	atomic_store_explicit(&p->object, object, memory_order_relaxed);
	atomic_store_explicit(&p->check, key ^ object, memory_order_relaxed);
}

static uint64_t missing_key(const struct vfs_ns *ns, struct seen *s)
{
	uint64_t now = s->missing == 0 ? moment(ns) : 0;

	if (now != 0)
		s->missing = mix(s->key, now) | 1;
	return s->missing;
}

bool seen_known(const struct vfs_ns *ns, struct seen *s)
{
	return find(ns, s->key, &s->object) || (s->absent = seen_is_missing(ns, s));
}

bool seen_is(const struct seen *s, const struct stat *st)
{
	return s->object == hash_object(st);
}

bool seen_is_missing(const struct vfs_ns *ns, struct seen *s)
{
	uint64_t key, object;

	if (s->absent)
		return true;
	key = missing_key(ns, s);
	return key != 0 && find(ns, key, &object) && object == NOTHING;
}

int seen_look(const struct vfs_ns *ns, struct seen *s, struct stat *st)
{
	int r;

	if (!seen_known(ns, s))
		return 1;
	r = host_fstatat(s->dir, s->path, st, s->flags);
	if (r == -ENOENT && seen_is_missing(ns, s))
		return r;
	return r == 0 && seen_is(s, st) ? 0 : 1;
}

/* The walk stayed among the distribution's own files, outside of all mounts. */
static bool is_in_tree(const struct seen *s, const struct walk *w)
{
	if (w->place.in_proc || w->place.magic || w->place.tree == TREE_HOST || w->own >= 0 || w->fixed)
		return false;
	/* Who may follow which link is asked again each time. */
	if (w->links > 0 && w->ns->in->sidecar.links != 0)
		return false;
	if (w->path[0] == '/')
		return w->mount.id == 0 && !w->mount.above;
	return s->relative && w->dir == AT_FDCWD;
}

static bool goes_up(const struct seen *s, const struct walk *w)
{
	return w->links_up || path_dotdot(s->path).length != 0;
}

void seen_note(const struct vfs_ns *ns, const struct seen *s, const struct walk *w, const struct stat *st)
{
	struct stat host;

	if (!is_in_tree(s, w) || w->links_absolute)
		return;
	/* Where the path goes up the host's kernel may come out elsewhere, at what is above the root. */
	if (goes_up(s, w) && (host_fstatat(s->dir, s->path, &host, s->flags) < 0 || host.st_ino != st->st_ino ||
			      host.st_dev != st->st_dev))
		return;
	put(ns, s->key, hash_object(st));
}

void seen_note_missing(const struct vfs_ns *ns, struct seen *s, const struct walk *w)
{
	uint64_t key;

	if (!is_in_tree(s, w) || w->links_absolute || goes_up(s, w) || (w->path[0] == '/') == s->relative)
		return;
	key = missing_key(ns, s);
	if (key != 0)
		put(ns, key, NOTHING);
}

void seen_note_name(const struct vfs_ns *ns, const struct seen *s, const struct stat *st)
{
	put(ns, s->key, hash_object(st));
}

/* --- texts of links ---------------------------------------------------------------------------------------------------- */

/* A link's text never changes. */
static uint64_t link_key(const struct seen *s, const struct stat *st)
{
	return mix(s->key, hash_object(st));
}

size_t seen_text(const struct vfs_ns *ns, const struct seen *s, const struct stat *st, char *text)
{
	uint64_t key = link_key(s, st);
	struct seen_link *l = &ns->in->seen.links[key & (SEEN_LINKS - 1)];
	uint64_t check = atomic_load_explicit(&l->check, memory_order_relaxed),
		 length = atomic_load_explicit(&l->length, memory_order_relaxed);

	if (length == 0 || length > SEEN_TEXT_MAX)
		return 0;
	memcpy(text, l->text, length);
	return (check ^ hash_text(length, text, length)) == key ? length : 0;
}

void seen_note_text(const struct vfs_ns *ns, const struct seen *s, const struct stat *st, const char *text,
		    size_t length)
{
	uint64_t key = link_key(s, st);
	struct seen_link *l = &ns->in->seen.links[key & (SEEN_LINKS - 1)];

	if (length == 0 || length > SEEN_TEXT_MAX)
		return;
	memcpy(l->text, text, length);
	atomic_store_explicit(&l->length, length, memory_order_relaxed);
	atomic_store_explicit(&l->check, key ^ hash_text(length, text, length), memory_order_relaxed);
}

/* --- owners ------------------------------------------------------------------------------------------------------------ */

/* Setting an attribute changes the inode's time, and so the key. */
static uint64_t owner_key(const struct stat *st)
{
	return mix(hash_object(st), st->st_mode);
}

static struct seen_owner *owner_place(const struct vfs_ns *ns, uint64_t key)
{
	return &ns->in->seen.owners[key & (SEEN_OWNERS - 1)];
}

static bool get_owner(const struct vfs_ns *ns, uint64_t key, struct owner *ret)
{
	struct seen_owner *o = owner_place(ns, key);
	uint64_t ids, rest;

	ids = atomic_load_explicit(&o->ids, memory_order_relaxed);
	rest = atomic_load_explicit(&o->rest, memory_order_relaxed);
	if ((atomic_load_explicit(&o->check, memory_order_relaxed) ^ ids ^ rest) != key)
		return false;
	*ret = (struct owner){.uid = (uint32_t)ids,
			      .gid = (uint32_t)(ids >> 32),
			      .mode = (uint32_t)rest,
			      .acl = (uint8_t)(rest >> 32),
			      .kept = true};
	return true;
}

static void put_owner(const struct vfs_ns *ns, uint64_t key, const struct owner *o)
{
	uint64_t ids = o->uid | (uint64_t)o->gid << 32, rest = o->mode | (uint64_t)o->acl << 32;
	struct seen_owner *to = owner_place(ns, key);

	atomic_store_explicit(&to->ids, ids, memory_order_relaxed);
	atomic_store_explicit(&to->rest, rest, memory_order_relaxed);
	atomic_store_explicit(&to->check, key ^ ids ^ rest, memory_order_relaxed);
}

bool seen_owner(const struct vfs_ns *ns, const struct stat *st, struct owner *ret)
{
	return (ns->in->features & INSTANCE_NO_CACHES) == 0 && get_owner(ns, owner_key(st), ret);
}

/* No attribute can have been set behind st's time without changing that. */
static bool is_settled(const struct stat *st)
{
	struct timespec now;

	return host_call(SYS_clock_gettime, CLOCK_REALTIME_COARSE, &now) == 0 &&
	       now.tv_sec - st->st_ctim.tv_sec > YOUNG;
}

void seen_note_owner(const struct vfs_ns *ns, const struct stat *st, const struct owner *o)
{
	/* Stand-ins for devices have a number, too. */
	if ((ns->in->features & INSTANCE_NO_CACHES) == 0 && o->rdev == 0 && is_settled(st))
		put_owner(ns, owner_key(st), o);
}

/* The owner of a link that the sidecar knows nothing of is its directory's: what changes that changes the generation. */
static uint64_t special_key(const struct vfs_ns *ns, const struct seen *s, const struct stat *st)
{
	uint64_t now = moment(ns);

	return now == 0 ? 0 : mix(mix(s->key, hash_object(st)), now) | 1;
}

bool seen_special(const struct vfs_ns *ns, const struct seen *s, const struct stat *st, struct owner *ret)
{
	uint64_t key = is_special(st->st_mode) && !kept_may_be(ns, st) ? special_key(ns, s, st) : 0;

	return key != 0 && get_owner(ns, key, ret);
}

void seen_note_special(const struct vfs_ns *ns, const struct seen *s, const struct stat *st, const struct owner *o)
{
	uint64_t key = is_special(st->st_mode) && !kept_may_be(ns, st) ? special_key(ns, s, st) : 0;

	if (key != 0)
		put_owner(ns, key, o);
}

void seen_forget_owner(const struct vfs_ns *ns, const struct stat *st)
{
	uint64_t key = owner_key(st);
	struct seen_owner *o = owner_place(ns, key);

	/* Whatever is there: not even a part of it is this file's. */
	if ((ns->in->features & INSTANCE_NO_CACHES) != 0)
		return;
	atomic_store_explicit(&o->ids, 0, memory_order_relaxed);
	atomic_store_explicit(&o->rest, 0, memory_order_relaxed);
	atomic_store_explicit(&o->check, ~key, memory_order_relaxed);
}

bool seen_owner_get(const struct vfs_ns *ns, const struct stat *st, struct owner *ret)
{
	if (st->st_uid != ns->in->host_uid || st->st_gid != ns->in->host_gid ||
	    !(S_ISREG(st->st_mode) || S_ISDIR(st->st_mode)))
		return false;
	if (owner_is_marked(ns, st))
		return seen_owner(ns, st, ret);
	owner_get(ns, -1, TREE_GUEST, st, ret);
	return true;
}

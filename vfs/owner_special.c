/*
 * Whose links, FIFOs and sockets are. They cannot carry attributes: they are their directory's owner's, and what else is to be said
 * of them is in the sidecar.
 */
#include <dirent.h>
#include <errno.h>

#include "base/str.h"
#include "vfs/acl.h"
#include "vfs/kept.h"
#include "vfs/owner.h"

/*
 * Links, FIFOs and sockets of which nothing is kept belong to the owner of the directory that they are in: the one that the
 * descriptor's link names. Without a sidecar, that says nothing in a sticky one, where everybody makes them.
 */
void owner_adopt(const struct vfs_ns *ns, int fd, enum tree tree, struct owner *ret)
{
	struct owner parent = {0};
	char path[PATH_MAX];
	char *slash;
	bool kept;

	if (host_readlinkat(AT_FDCWD, fd_link(fd).text, path, sizeof(path)) < 0 || path[0] != '/')
		return;
	slash = strrchr(path, '/');
	slash[slash == path] = '\0';
	kept = owner_of_directory(ns, AT_FDCWD, path, tree, &parent);
	ret->anyones = !kept_is_possible(ns) && (parent.mode & S_ISVTX) != 0 && (parent.mode & 022) != 0;
	if (!kept)
		return;
	ret->uid = parent.uid;
	ret->gid = parent.gid;
}

/* Something has to be kept of a link, FIFO or socket: it is not its directory's owner's, or has a mode that the host's is not. */
static bool is_told_by_host(const struct owner *want, const struct owner *directory)
{
	return want->uid == directory->uid && want->gid == directory->gid && (want->mode & 07000) == 0 &&
	       want->acl == 0 && (S_ISLNK(want->mode) || (want->mode & 0600) == 0600);
}

int owner_set_special(const struct vfs_ns *ns, int fd, enum tree tree, const struct stat *st, const struct owner *want)
{
	struct owner directory = {.uid = 0};
	int r = 0;

	owner_adopt(ns, fd, tree, &directory);
	if (kept_is_possible(ns) && !is_told_by_host(want, &directory))
		r = kept_set(ns, fd, st, want);
	else
		kept_forget_owner(ns, fd, st, want);
	return r < 0 || S_ISLNK(st->st_mode) ? r : owner_set_host_mode(fd, owner_host_mode(want->mode, false));
}

void owner_of_specials(const struct vfs_ns *ns, int dir, enum tree tree, struct owner *ret)
{
	if (!owner_of_directory(ns, dir, "", tree, ret))
		ret->uid = ret->gid = 0;
}

int owner_finish_special(const struct vfs_ns *ns, int dir, const char *name, enum tree tree, mode_t mode)
{
	int fd CLEANUP(host_close_at) = -1;
	struct owner want, directory;
	struct stat st;
	int r;

	if (!kept_is_possible(ns) || tree == TREE_HOST)
		return 0;
	owner_of_new(ns, dir, "", tree, mode, &want);
	owner_of_specials(ns, dir, tree, &directory);
	/* Only a link does not have the umask to be asked about. */
	if (S_ISLNK(mode) && is_told_by_host(&want, &directory))
		return 0;
	fd = host_openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0 || host_fstat(fd, &st) < 0 || (st.st_mode & S_IFMT) != (mode & S_IFMT))
		return fd < 0 ? fd : 0;
	if ((tree == TREE_UNKNOWN ? fd_tree(ns, fd) : tree) == TREE_HOST)
		return 0;
	/* bind(2) asks for what the umask leaves, whatever the directory's list says. */
	if (S_ISSOCK(mode) || (S_ISFIFO(mode) && !want.heir))
		owner_take_umask(&want, &st);
	if (is_told_by_host(&want, &directory) && !want.heir)
		return 0;
	r = acl_give(ns, fd, &want);
	if (r == 0)
		r = want.heir ? owner_set(ns, fd, TREE_GUEST, &st, &want) : kept_set(ns, fd, &st, &want);
	if (r == 0 && !S_ISLNK(mode) && (want.mode & 0600) != 0600)
		r = owner_set_host_mode(fd, owner_host_mode(want.mode, false));
	if (r < 0)
		(void)host_call(SYS_unlinkat, dir, name, 0);
	return r;
}

int owner_moved_special(const struct vfs_ns *ns, const struct owner *old, int to, enum tree to_tree, const char *name,
			const struct stat *st)
{
	int fd CLEANUP(host_close_at) = -1;
	struct owner new, want;

	if (!kept_is_possible(ns) || to_tree == TREE_HOST || kept_has_owner(ns, st))
		return 0;
	owner_of_specials(ns, to, to_tree, &new);
	if (old->uid == new.uid && old->gid == new.gid)
		return 0;
	fd = host_openat(to, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	if ((to_tree == TREE_UNKNOWN ? fd_tree(ns, fd) : to_tree) == TREE_HOST)
		return 0;
	want = (struct owner){.uid = old->uid, .gid = old->gid, .mode = st->st_mode};
	return kept_set(ns, fd, st, &want);
}

/* --- a directory that changes hands ------------------------------------------------------------------------------------- */

typedef int (*special_fn)(const struct vfs_ns *ns, int fd, const struct stat *st, const struct owner *directory);

/* Nothing is kept of it: what its directory has told so far is kept from now on. */
static int keep_told(const struct vfs_ns *ns, int fd, const struct stat *st, const struct owner *directory)
{
	const struct owner want = {.uid = directory->uid, .gid = directory->gid, .mode = st->st_mode};
	struct owner now;

	return kept_get(ns, fd, st, &now) ? 0 : kept_set(ns, fd, st, &want);
}

/* What is kept of it, its directory says now. */
static int forget_told(const struct vfs_ns *ns, int fd, const struct stat *st, const struct owner *directory)
{
	struct owner now;

	if (kept_get(ns, fd, st, &now) && is_told_by_host(&now, directory))
		kept_forget_owner(ns, fd, st, &now);
	return 0;
}

static int for_special(const struct vfs_ns *ns, int dir, const char *name, special_fn fn, const struct owner *directory)
{
	int fd CLEANUP(host_close_at) = host_openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	struct stat st;

	/* It went meanwhile. */
	if (fd < 0 || host_fstat(fd, &st) < 0 || !is_special(st.st_mode))
		return 0;
	return fn(ns, fd, &st, directory);
}

static int for_specials(const struct vfs_ns *ns, int dir, special_fn fn, const struct owner *directory)
{
	int fd CLEANUP(host_close_at) = host_openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	_Alignas(struct dirent) char buf[2048];
	long n;

	if (fd < 0)
		return fd;
	/* Of the same layout as struct linux_dirent64. */
	while ((n = host_call(SYS_getdents64, fd, buf, sizeof(buf))) > 0)
		for (long at = 0; at < n;) {
			const struct dirent *e = (const struct dirent *)(const void *)(buf + at);
			int r = 0;

			if (e->d_type == DT_UNKNOWN || is_special(DTTOIF(e->d_type)))
				r = for_special(ns, fd, e->d_name, fn, directory);
			if (r < 0)
				return r;
			at += e->d_reclen;
		}
	return (int)n;
}

int owner_give_directory(const struct vfs_ns *ns, int fd, enum tree tree, const struct stat *st,
			 const struct owner *now, const struct owner *want)
{
	bool specials = kept_is_possible(ns) && (now->uid != want->uid || now->gid != want->gid);
	int r = specials ? for_specials(ns, fd, keep_told, now) : 0;

	if (r == 0)
		r = owner_set(ns, fd, tree, st, want);
	if (r == 0 && specials)
		(void)for_specials(ns, fd, forget_told, want);
	return r;
}

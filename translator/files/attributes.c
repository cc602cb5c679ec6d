/* Modes, owners, times, lengths. */
#include <sys/stat.h>
#include <sys/time.h>
#include <utime.h>

#include "translator/files/files.h"

#define MODE_BITS 07777u

long sys_fchmodat2(struct tr_call *c, const struct fchmodat2_args *a)
{
	if ((a->flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
		return -EINVAL;
	return vfs_chmod(&c->ns, a->at, files_lookup(a->flags), a->mode & MODE_BITS);
}

long sys_fchmodat(struct tr_call *c, const struct fchmodat_args *a)
{
	return sys_fchmodat2(c, &(struct fchmodat2_args){a->at, a->mode, 0});
}

long sys_chmod(struct tr_call *c, const struct chmod_args *a)
{
	return sys_fchmodat2(c, &(struct fchmodat2_args){a->at, a->mode, 0});
}

long sys_fchmod(struct tr_call *c, const struct fchmod_args *a)
{
	int fd = files_fd(c, a->fd);

	return fd < 0 ? fd : vfs_fchmod(&c->ns, fd, a->mode & MODE_BITS);
}

long sys_fchownat(struct tr_call *c, const struct fchownat_args *a)
{
	if ((a->flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
		return -EINVAL;
	return vfs_chown(&c->ns, a->at, files_lookup(a->flags), a->owner, a->group);
}

long sys_chown(struct tr_call *c, const struct chown_args *a)
{
	return sys_fchownat(c, &(struct fchownat_args){a->at, a->owner, a->group, 0});
}

long sys_lchown(struct tr_call *c, const struct lchown_args *a)
{
	return sys_fchownat(c, &(struct fchownat_args){a->at, a->owner, a->group, AT_SYMLINK_NOFOLLOW});
}

long sys_fchown(struct tr_call *c, const struct fchown_args *a)
{
	int fd = files_fd(c, a->fd);

	return fd < 0 ? fd : vfs_fchown(&c->ns, fd, a->owner, a->group);
}

/* No path means the descriptor itself, which then takes no flags. times: two, or NULL for now. */
static long set_times(struct tr_call *c, struct vfs_at at, int flags, const struct timespec *times)
{
	int known = at.path != NULL ? AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH : 0;

	if (at.path == NULL && at.dir == AT_FDCWD)
		return -EFAULT;
	if ((flags & ~known) != 0)
		return -EINVAL;
	return vfs_utimens(&c->ns, at, files_lookup(flags), times);
}

long sys_utimensat(struct tr_call *c, const struct utimensat_args *a)
{
	struct timespec times[2];
	int r;

	if (a->times == 0)
		return set_times(c, a->at, a->flags, NULL);
	r = tr_read(c, times, a->times, sizeof(times));
	if (r < 0)
		return r;
	/* Nothing to do: Linux does not even look at the path. */
	if (times[0].tv_nsec == UTIME_OMIT && times[1].tv_nsec == UTIME_OMIT)
		return 0;
	return set_times(c, a->at, a->flags, times);
}

long sys_futimesat(struct tr_call *c, const struct futimesat_args *a)
{
	struct timeval given[2];
	struct timespec times[2];
	int r;

	if (a->times == 0)
		return set_times(c, a->at, 0, NULL);
	r = tr_read(c, given, a->times, sizeof(given));
	if (r < 0)
		return r;
	for (int i = 0; i < 2; i++) {
		/* Checked here: multiplied, a wrong value could become UTIME_NOW. */
		if (given[i].tv_usec < 0 || given[i].tv_usec >= 1000000)
			return -EINVAL;
		times[i] = (struct timespec){given[i].tv_sec, given[i].tv_usec * 1000};
	}
	return set_times(c, a->at, 0, times);
}

long sys_utimes(struct tr_call *c, const struct utimes_args *a)
{
	return sys_futimesat(c, &(struct futimesat_args){a->at, a->times});
}

long sys_utime(struct tr_call *c, const struct utime_args *a)
{
	struct utimbuf given;
	struct timespec times[2] = {0};
	int r;

	if (a->times == 0)
		return set_times(c, a->at, 0, NULL);
	r = tr_read(c, &given, a->times, sizeof(given));
	if (r < 0)
		return r;
	times[0].tv_sec = given.actime;
	times[1].tv_sec = given.modtime;
	return set_times(c, a->at, 0, times);
}

long sys_truncate(struct tr_call *c, const struct truncate_args *a)
{
	if (a->length < 0)
		return -EINVAL;
	return vfs_truncate(&c->ns, a->at, a->length);
}

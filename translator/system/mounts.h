/*
 * What mount(2) and umount2(2) do to the instance's mount table. Only text: every path is a guest path of the instance,
 * absolute, without links or dots; "" is the instance's root. ns is the mount namespace of who calls (struct mount_entry). Every
 * function takes the table's lock.
 */
#ifndef LX_TRANSLATOR_SYSTEM_MOUNTS_H
#define LX_TRANSLATOR_SYSTEM_MOUNTS_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/instance.h"

/* True if something is mounted exactly at point (the instance's root counts), and nothing later hides it. */
MUST_CHECK bool mounts_is_point(struct instance *in, uint32_t ns, const char *point);

/*
 * MS_BIND: what is at `from` appears at `to` as well; with `recursive` so do the mounts below it. The parts of a mount
 * (MOUNT_PART) always come along. file: both are not directories. -EINVAL for a part of /proc, -ENOSPC,
 * -ENAMETOOLONG.
 */
MUST_CHECK int mounts_bind(struct instance *in, uint32_t ns, const char *from, const char *to, bool file,
			   bool recursive);

/* MS_MOVE of the mount at `from` with all below it. -EINVAL if there is none or it came with the instance, -ELOOP. */
MUST_CHECK int mounts_move(struct instance *in, uint32_t ns, const char *from, const char *to);

/* The flags and options of the mount at point: MS_* of mount(2), fs_options "" for those that it has. -EINVAL. */
MUST_CHECK int mounts_change(struct instance *in, uint32_t ns, const char *point, unsigned long flags,
			     const char *fs_options);

/*
 * umount2(2) with its flags. -EINVAL if nothing is mounted there, -EBUSY if it came with the instance or has mounts below
 * it and MNT_DETACH was not said, -EAGAIN for the first MNT_EXPIRE. ret_source (as large as a mount's source) becomes
 * the directory that no mount shows any longer if it was a tmpfs, else "".
 */
MUST_CHECK int mounts_remove(struct instance *in, uint32_t ns, const char *point, int flags, char *ret_source);

/* What MS_* flags forbid in a mount, as enum mount_flags. */
uint32_t mounts_limits(unsigned long flags);

/*
 * The text of options as /proc/mounts shows it: "ro" or "rw", what the MS_* flags say, then fs_options (may be ""). Is cut
 * at a comma where it does not fit.
 */
void mounts_options(char *to, size_t size, unsigned long flags, const char *fs_options);

#endif

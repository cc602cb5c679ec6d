/* prctl(2): the bounding set, ambient capabilities, securebits, PR_SET_KEEPCAPS. */
#include "ids.h"

#include <linux/securebits.h>

static void bounding(void *arg)
{
	(void)arg;
	CHECK_EQUAL(prctl(PR_CAPBSET_READ, CAP_CHOWN), 1, "in the bounding set");
	CHECK_OK(prctl(PR_CAPBSET_DROP, CAP_CHOWN), "out of it");
	CHECK_EQUAL(prctl(PR_CAPBSET_READ, CAP_CHOWN), 0, "is out");
	CHECK((identity().effective & cap_bit(CAP_CHOWN)) != 0, "the others stay as they are");
	CHECK_ERRNO(prctl(PR_CAPBSET_READ, 64), EINVAL, "no such capability");
	CHECK_ERRNO(prctl(PR_CAPBSET_READ, -1L), EINVAL, "a negative one");
	CHECK_ERRNO(prctl(PR_CAPBSET_DROP, 64), EINVAL, "none to drop");
	drop_cap(CAP_SETPCAP);
	CHECK_ERRNO(prctl(PR_CAPBSET_DROP, CAP_KILL), EPERM, "without CAP_SETPCAP");
	CHECK_ERRNO(prctl(PR_CAPBSET_DROP, 64), EPERM, "the right comes first");
}

static void ambient(void *arg)
{
	const struct identity all = identity();

	(void)arg;
	CHECK_EQUAL(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0), 0, "not ambient");
	CHECK_ERRNO(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0), EPERM, "not inheritable");
	NEED(set_caps(all.effective, all.permitted, cap_bit(CAP_KILL)) == 0);
	CHECK_OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0), "inheritable and permitted");
	CHECK_EQUAL(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0), 1, "is ambient");
	CHECK_ERRNO(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, 64, 0, 0), EINVAL, "no such capability");
	CHECK_ERRNO(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 1, 0), EINVAL, "an argument too many");
	CHECK_ERRNO(prctl(PR_CAP_AMBIENT, 0, CAP_KILL, 0, 0), EINVAL, "no such operation");
	CHECK_OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, CAP_KILL, 0, 0), "lowered");
	CHECK_OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, CAP_KILL, 0, 0), "once more");
	NEED(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0) == 0);
	CHECK_ERRNO(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, CAP_KILL, 0, 0), EINVAL, "all means all");
	CHECK_OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "cleared");
	CHECK_EQUAL(identity().ambient, 0, "none is left");
	NEED(prctl(PR_SET_SECUREBITS, SECBIT_NO_CAP_AMBIENT_RAISE) == 0);
	CHECK_ERRNO(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0), EPERM, "a securebit forbids it");
}

static void ambient_leaves_with_root(void *arg)
{
	const struct identity all = identity();

	(void)arg;
	NEED(set_caps(all.effective, all.permitted, cap_bit(CAP_KILL)) == 0);
	NEED(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0) == 0);
	NEED(prctl(PR_SET_KEEPCAPS, 1) == 0);
	NEED(syscall(SYS_setresuid, 1000, 1000, 1000) == 0);
	CHECK_EQUAL(identity().ambient, 0, "ambient ones go with the last 0, kept capabilities or not");
	CHECK_EQUAL(identity().permitted, all.permitted, "those are kept");
	CHECK_EQUAL(identity().effective, 0, "and sleep");
	CHECK_OK(set_caps(all.permitted, all.permitted, 0), "until they are woken");
}

static void keepcaps(void *arg)
{
	(void)arg;
	CHECK_EQUAL(prctl(PR_GET_KEEPCAPS), 0, "not kept");
	CHECK_OK(prctl(PR_SET_KEEPCAPS, 1), "kept");
	CHECK_EQUAL(prctl(PR_GET_KEEPCAPS), 1, "are kept");
	CHECK_EQUAL(prctl(PR_GET_SECUREBITS), SECBIT_KEEP_CAPS, "which is a securebit");
	CHECK_ERRNO(prctl(PR_SET_KEEPCAPS, 2), EINVAL, "neither yes nor no");
	NEED(prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS_LOCKED) == 0);
	CHECK_ERRNO(prctl(PR_SET_KEEPCAPS, 1), EPERM, "locked");
}

static void securebits(void *arg)
{
	(void)arg;
	CHECK_EQUAL(prctl(PR_GET_SECUREBITS), 0, "no securebits");
	CHECK_OK(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED), "one, locked");
	CHECK_EQUAL(prctl(PR_GET_SECUREBITS), SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, "is set");
	CHECK_ERRNO(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT_LOCKED), EPERM, "a locked bit stays");
	CHECK_ERRNO(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT), EPERM, "so does the lock");
	CHECK_ERRNO(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | 1u << 20), EPERM, "no such bit");
	CHECK_OK(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP),
		 "another one besides");
	drop_cap(CAP_SETPCAP);
	CHECK_ERRNO(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED), EPERM, "without CAP_SETPCAP");
}

static void no_fixup(void *arg)
{
	const struct identity all = identity();

	(void)arg;
	NEED(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) == 0);
	NEED(syscall(SYS_setresuid, 1000, 1000, 1000) == 0);
	CHECK(identity().effective == all.effective && identity().permitted == all.permitted,
	      "with NO_SETUID_FIXUP ids do not move capabilities");
	CHECK_EQUAL(syscall(SYS_setfsuid, 0), 1000, "nor does the file system's id");
	CHECK_EQUAL(identity().effective, all.effective, "at all");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	check_in_child(bounding, NULL);
	check_in_child(ambient, NULL);
	check_in_child(ambient_leaves_with_root, NULL);
	check_in_child(keepcaps, NULL);
	check_in_child(securebits, NULL);
	check_in_child(no_fixup, NULL);
	return check_end();
}

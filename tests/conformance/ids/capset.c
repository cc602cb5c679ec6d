/* capset(2) */
#include "ids.h"

#define A    cap_bit(CAP_CHOWN)
#define B    cap_bit(CAP_KILL)
#define C    cap_bit(CAP_SETUID)
#define HIGH cap_bit(CAP_SYSLOG)

static void reduce(void *arg)
{
	struct identity i;

	(void)arg;
	CHECK_OK(set_caps(A, A | B | HIGH, 0), "fewer");
	i = identity();
	CHECK(i.effective == A && i.permitted == (A | B | HIGH), "are what is left");
	CHECK_OK(set_caps(B | HIGH, A | B | HIGH, 0), "permitted ones become effective");
	CHECK_ERRNO(set_caps(C, A | B | C, 0), EPERM, "one that is not permitted any more");
	CHECK_ERRNO(set_caps(C, A | B, 0), EPERM, "effective but not permitted");
	CHECK_OK(set_caps(0, 0, 0), "none");
	CHECK_ERRNO(set_caps(0, A, 0), EPERM, "is for ever");
	i = identity();
	CHECK(i.effective == 0 && i.permitted == 0, "none it is");
}

static void inheritable(void *arg)
{
	const struct identity all = identity();

	(void)arg;
	CHECK_OK(set_caps(all.effective, all.permitted, A | B), "inheritable, with CAP_SETPCAP");
	CHECK_EQUAL(identity().inheritable, A | B, "are as said");
	CHECK_OK(set_caps(A, A, A | B), "the same, the rest given up");
	CHECK_ERRNO(set_caps(A, A, A | B | C), EPERM, "more than permitted and inheritable, without CAP_SETPCAP");
	CHECK_OK(set_caps(A, A, B), "less");
	CHECK_OK(set_caps(A, A, A | B), "a permitted one again");
}

static void bounded(void *arg)
{
	const struct identity all = identity();

	(void)arg;
	NEED(prctl(PR_CAPBSET_DROP, CAP_KILL) == 0);
	CHECK_ERRNO(set_caps(all.effective, all.permitted, B), EPERM, "inheritable outside the bounding set");
	CHECK_OK(set_caps(all.effective, all.permitted, A), "inside of it");
}

static void ambient(void *arg)
{
	const struct identity all = identity();

	(void)arg;
	NEED(set_caps(all.effective, all.permitted, A | B) == 0);
	NEED(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0) == 0);
	NEED(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0) == 0);
	CHECK_OK(set_caps(all.effective, all.permitted, B), "what is no longer inheritable");
	CHECK_EQUAL(identity().ambient, B, "is no longer ambient");
	CHECK_OK(set_caps(0, 0, B), "nor is what is no longer permitted");
	CHECK_EQUAL(identity().ambient, 0, "in the end");
}

static void arguments(void *arg)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2] = {{0}};

	(void)arg;
	CHECK_ERRNO(syscall(SYS_capset, NULL, d), EFAULT, "no header");
	CHECK_ERRNO(syscall(SYS_capset, &h, NULL), EFAULT, "no data");
	h.pid = getppid();
	CHECK_ERRNO(syscall(SYS_capset, &h, d), EPERM, "another process");
	h.pid = -1;
	CHECK_ERRNO(syscall(SYS_capset, &h, d), EPERM, "everybody");
	h = (struct __user_cap_header_struct){0x1234, 0};
	CHECK_ERRNO(syscall(SYS_capset, &h, d), EINVAL, "an unknown version");
	CHECK_EQUAL(h.version, _LINUX_CAPABILITY_VERSION_3, "tells the known one");
	h = (struct __user_cap_header_struct){_LINUX_CAPABILITY_VERSION_1, getpid()};
	d[0].effective = d[0].permitted = (uint32_t)A;
	d[1].effective = d[1].permitted = ~0u;
	CHECK_OK(syscall(SYS_capset, &h, d), "version 1, the caller by its pid");
	CHECK_EQUAL(identity().permitted, A, "has no upper half");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	check_in_child(reduce, NULL);
	check_in_child(inheritable, NULL);
	check_in_child(bounded, NULL);
	check_in_child(ambient, NULL);
	check_in_child(arguments, NULL);
	return check_end();
}

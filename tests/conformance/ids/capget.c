/* capget(2) */
#include "ids.h"

typedef struct __user_cap_header_struct header_t;
typedef struct __user_cap_data_struct data_t;

static void versions(void)
{
	header_t h = {0};
	data_t d[3];

	CHECK_OK(syscall(SYS_capget, &h, NULL), "an unknown version, nothing wanted");
	CHECK_EQUAL(h.version, _LINUX_CAPABILITY_VERSION_3, "tells the known one");
	h.version = 0x1234;
	CHECK_ERRNO(syscall(SYS_capget, &h, d), EINVAL, "an unknown version");
	CHECK_EQUAL(h.version, _LINUX_CAPABILITY_VERSION_3, "tells the known one too");
	h.version = _LINUX_CAPABILITY_VERSION_1;
	memset(d, 0xee, sizeof(d));
	CHECK_OK(syscall(SYS_capget, &h, d), "version 1");
	CHECK(d[0].effective != 0xeeeeeeee && d[1].effective == 0xeeeeeeee, "has 32 bits");
	h.version = _LINUX_CAPABILITY_VERSION_2;
	CHECK_OK(syscall(SYS_capget, &h, d), "version 2");
	CHECK(d[1].effective != 0xeeeeeeee && d[2].effective == 0xeeeeeeee, "has 64");
	h.version = _LINUX_CAPABILITY_VERSION_3;
	CHECK_OK(syscall(SYS_capget, &h, NULL), "a known version, nothing wanted");
	CHECK_ERRNO(syscall(SYS_capget, NULL, d), EFAULT, "no header");
	CHECK_ERRNO(syscall(SYS_capget, &h, 8), EFAULT, "no room");
}

static void others(void)
{
	header_t h = {_LINUX_CAPABILITY_VERSION_3, 0};
	int to_child[2], from_child[2];
	data_t d[2], mine[2];
	char byte;
	pid_t pid;

	NEED(syscall(SYS_capget, &h, mine) == 0);
	h.pid = getpid();
	CHECK_OK(syscall(SYS_capget, &h, d), "the caller by its pid");
	CHECK(memcmp(d, mine, sizeof(d)) == 0, "is the caller");
	h.pid = -1;
	CHECK_ERRNO(syscall(SYS_capget, &h, d), EINVAL, "a negative pid");
	h.pid = 0x3fffffff;
	CHECK_ERRNO(syscall(SYS_capget, &h, d), ESRCH, "no such process");

	NEED(pipe(to_child) == 0 && pipe(from_child) == 0);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		char b;

		close(to_child[1]);
		if (write(from_child[1], "1", 1) != 1 || read(to_child[0], &b, 1) != 1)
			_exit(1);
		if (set_caps(cap_bit(CAP_KILL), cap_bit(CAP_KILL) | cap_bit(CAP_CHOWN), cap_bit(CAP_CHOWN)) != 0)
			_exit(2);
		if (write(from_child[1], "2", 1) != 1)
			_exit(1);
		_exit(read(to_child[0], &b, 1) == 0 ? 0 : 1);
	}
	h.pid = pid;
	NEED(read(from_child[0], &byte, 1) == 1);
	CHECK_OK(syscall(SYS_capget, &h, d), "a new child");
	CHECK(memcmp(d, mine, sizeof(d)) == 0, "has what its parent has");
	NEED(write(to_child[1], "", 1) == 1 && read(from_child[0], &byte, 1) == 1 && byte == '2');
	CHECK_OK(syscall(SYS_capget, &h, d), "after the child's capset");
	CHECK(d[0].effective == cap_bit(CAP_KILL) && d[0].permitted == (cap_bit(CAP_KILL) | cap_bit(CAP_CHOWN)) &&
		      d[0].inheritable == cap_bit(CAP_CHOWN) && d[1].permitted == 0,
	      "it is what it set");
	close(to_child[1]);
	NEED(waitpid(pid, NULL, 0) == pid);
	CHECK_ERRNO(syscall(SYS_capget, &h, d), ESRCH, "a child that is gone");
}

static void as_user(void *arg)
{
	const struct identity i = identity();

	(void)arg;
	CHECK(i.effective == 0 && i.permitted == 0 && i.inheritable == 0 && i.ambient == 0, "a user has none");
	CHECK(i.bounding != 0, "but could get some");
}

int main(int argc, char **argv)
{
	const struct identity calls = identity(), status = status_of("self");

	check_begin(argc, argv);
	CHECK(same_identity(&calls, &status), "/proc tells the same");
	CHECK(calls.effective == calls.permitted && calls.effective == calls.bounding, "root has all that there are");
	versions();
	others();
	check_as_user(as_user, NULL);
	return check_end();
}

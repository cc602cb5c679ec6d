/* setfsuid(2): its result is always the id before. It moves the capabilities that are about files. */
#include "ids.h"

static void as_root(void *arg)
{
	const uint64_t about_files = cap_bit(CAP_CHOWN) | cap_bit(CAP_MKNOD) | cap_bit(CAP_DAC_OVERRIDE) |
				     cap_bit(CAP_DAC_READ_SEARCH) | cap_bit(CAP_FOWNER) | cap_bit(CAP_FSETID) |
				     cap_bit(CAP_LINUX_IMMUTABLE) | cap_bit(CAP_MAC_OVERRIDE);
	const struct identity all = identity();

	(void)arg;
	CHECK_EQUAL(syscall(SYS_setfsuid, 1000), 0, "the id before");
	check_uids(0, 0, 0, 1000, "only that id changes");
	CHECK_EQUAL(identity().effective, all.effective & ~about_files, "capabilities about files sleep");
	CHECK_EQUAL(identity().permitted, all.permitted, "no other is touched");
	CHECK_EQUAL(syscall(SYS_setfsuid, -1), 1000, "no such id only asks");
	CHECK_EQUAL(syscall(SYS_setfsuid, 0), 1000, "and back");
	CHECK_EQUAL(identity().effective, all.effective, "with them");
	NEED(syscall(SYS_setfsuid, 1000) == 0);
	CHECK_OK(syscall(SYS_setresuid, -1, 0, -1), "a change of the effective id");
	check_uids(0, 0, 0, 0, "sets it too");
}

static void as_mixed(void *arg)
{
	(void)arg;
	become_mixed();
	CHECK_EQUAL(syscall(SYS_setfsuid, 3), 2, "the saved id");
	check_uids(1, 2, 3, 3, "is one to choose");
	CHECK_EQUAL(syscall(SYS_setfsuid, 4), 3, "another");
	check_uids(1, 2, 3, 3, "is not, silently");
	CHECK_EQUAL(syscall(SYS_setfsuid, 1), 3, "the real id");
	check_uids(1, 2, 3, 1, "is");
}

/* What it is for: access to files as somebody else. */
static void access_files(void *arg)
{
	int fd;

	(void)arg;
	NEED(mkdir("private", 0700) == 0 && chown("private", 1000, 1000) == 0 && mkdir("roots", 0700) == 0);
	NEED(chmod(".", 0777) == 0);
	syscall(SYS_setfsgid, 1000);
	syscall(SYS_setfsuid, 1000);
	CHECK_OK(fd = open("private/file", O_CREAT | O_WRONLY, 0600), "makes a file in the user's directory");
	struct stat st = {0};
	NEED(fstat(fd, &st) == 0);
	CHECK(st.st_uid == 1000 && st.st_gid == 1000, "that is the user's");
	CHECK_ERRNO(open("roots/file", O_CREAT | O_WRONLY, 0600), EACCES, "but not in root's");
	CHECK_ERRNO(chown("private/file", 0, 0), EPERM, "nor gives it away");
	syscall(SYS_setfsuid, 0);
	CHECK_OK(open("roots/file", O_CREAT | O_WRONLY, 0600), "until it is root's again");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	check_in_child(as_root, NULL);
	check_in_child(as_mixed, NULL);
	check_in_child(access_files, NULL);
	return check_end();
}

/* unshare(2), of what is no namespace; and the rights that namespaces need. */
#include "uts.h"

#include <pthread.h>

static void *leave_directory(void *arg)
{
	long *r = arg;

	*r = unshare(CLONE_FS);
	if (*r == 0)
		*r = chdir("sub");
	umask(077);
	return NULL;
}

static void *leave_files(void *arg)
{
	int *fd = arg;

	if (unshare(CLONE_FILES) == 0)
		*fd = close(*fd);
	return NULL;
}

static void threads(void)
{
	int fd = open(".", O_RDONLY), result = fd;
	long r = -1;
	pthread_t t;

	NEED(pthread_create(&t, NULL, leave_directory, &r) == 0 && pthread_join(t, NULL) == 0);
	CHECK_EQUAL(r, 0, "a thread with a current directory of its own");
	CHECK_OK(access("sub", F_OK), "leaves the others where they are");
	CHECK_EQUAL(umask(022), 022, "with their mask");
	NEED(fd >= 0 && pthread_create(&t, NULL, leave_files, &result) == 0 && pthread_join(t, NULL) == 0);
	CHECK_EQUAL(result, 0, "one with descriptors of its own");
	CHECK_OK(fcntl(fd, F_GETFD), "closes its own");
}

static void as_user(void *arg)
{
	(void)arg;
	CHECK_ERRNO(unshare(CLONE_NEWNS), EPERM, "a user without a mount namespace");
	CHECK_ERRNO(unshare(CLONE_NEWUTS | CLONE_FS), EPERM, "nor any other");
	CHECK_ERRNO(unshare(CLONE_NEWNET), EPERM, "at all");
	CHECK_OK(unshare(CLONE_FS | CLONE_FILES), "but with a directory and descriptors");
}

static void without_right(void *arg)
{
	(void)arg;
	without(CAP_SYS_ADMIN);
	CHECK_ERRNO(unshare(CLONE_NEWIPC), EPERM, "root without CAP_SYS_ADMIN");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	NEED(mkdir("sub", 0755) == 0);
	CHECK_OK(unshare(0), "nothing");
	CHECK_OK(unshare(CLONE_FS), "the current directory");
	CHECK_OK(unshare(CLONE_FILES | CLONE_SYSVSEM), "descriptors and semaphores");
	CHECK_ERRNO(unshare(CLONE_PARENT), EINVAL, "what cannot be unshared");
	CHECK_ERRNO(unshare((int)0x80000000), EINVAL, "what is nothing");
	threads();
	check_as_user(as_user, NULL);
	check_in_child(without_right, NULL);
	return check_end();
}

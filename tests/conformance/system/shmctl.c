/* shmctl(2): who owns shared memory */
#include "ipc.h"

static void as_user(void *arg)
{
	struct shmid_ds ds;
	int id = shmget(IPC_PRIVATE, 8192, 0640);

	(void)arg;
	NEED(id >= 0);
	CHECK_OK(shmctl(id, IPC_STAT, &ds), "a user's");
	belongs(&ds.shm_perm, 0640, "a user's");
	CHECK_OK(shmctl(id, IPC_RMID, NULL), "goes");
}

int main(int argc, char **argv)
{
	struct shmid_ds ds;
	int id;

	check_begin(argc, argv);
	id = shmget(IPC_PRIVATE, 4096, 0600);
	NEED(id >= 0);
	CHECK_OK(shmctl(id, IPC_STAT, &ds), "root's");
	belongs(&ds.shm_perm, 0600, "root's");
	CHECK_EQUAL(ds.shm_segsz, 4096, "its size");
	ds.shm_perm.mode = 0644;
	CHECK_OK(shmctl(id, IPC_SET, &ds), "another mode");
	CHECK_OK(shmctl(id, IPC_STAT, &ds), "is there");
	belongs(&ds.shm_perm, 0644, "changed");
	ds.shm_perm.uid = (uid_t)-1;
	CHECK_ERRNO(shmctl(id, IPC_SET, &ds), EINVAL, "no owner");
	CHECK_ERRNO(shmctl(id, IPC_STAT, (void *)8), EFAULT, "no memory to read to");
	CHECK_ERRNO(shmctl(id, IPC_SET, (void *)8), EFAULT, "or from");
	CHECK_ERRNO(shmctl(-1, IPC_STAT, &ds), EINVAL, "no object");
	CHECK_OK(shmctl(id, IPC_RMID, NULL), "it goes");
	CHECK_ERRNO(shmctl(id, IPC_STAT, &ds), EINVAL, "it is gone");
	check_as_user(as_user, NULL);
	return check_end();
}

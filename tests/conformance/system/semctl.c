/* semctl(2): who owns semaphores */
#include "ipc.h"

union arg {
	int value;
	struct semid_ds *ds;
	void *pointer;
};

static long control(int id, int op, void *pointer)
{
	return semctl(id, 0, op, (union arg){.pointer = pointer});
}

static void as_user(void *arg)
{
	struct semid_ds ds;
	int id = semget(IPC_PRIVATE, 2, 0640);

	(void)arg;
	NEED(id >= 0);
	CHECK_OK(control(id, IPC_STAT, &ds), "a user's");
	belongs(&ds.sem_perm, 0640, "a user's");
	CHECK_OK(control(id, IPC_RMID, NULL), "go");
}

int main(int argc, char **argv)
{
	struct semid_ds ds;
	int id;

	check_begin(argc, argv);
	id = semget(IPC_PRIVATE, 3, 0600);
	NEED(id >= 0);
	CHECK_OK(control(id, IPC_STAT, &ds), "root's");
	belongs(&ds.sem_perm, 0600, "root's");
	CHECK_EQUAL(ds.sem_nsems, 3, "how many");
	ds.sem_perm.mode = 0644;
	CHECK_OK(control(id, IPC_SET, &ds), "another mode");
	CHECK_OK(control(id, IPC_STAT, &ds), "is there");
	belongs(&ds.sem_perm, 0644, "changed");
	ds.sem_perm.uid = (uid_t)-1;
	CHECK_ERRNO(control(id, IPC_SET, &ds), EINVAL, "no owner");
	CHECK_ERRNO(control(id, IPC_STAT, (void *)8), EFAULT, "no memory to read to");
	CHECK_ERRNO(control(id, IPC_SET, (void *)8), EFAULT, "or from");
	CHECK_ERRNO(control(-1, IPC_STAT, &ds), EINVAL, "no object");
	CHECK_OK(semctl(id, 1, SETVAL, (union arg){.value = 7}), "a value");
	CHECK_EQUAL(semctl(id, 1, GETVAL), 7, "is kept");
	CHECK_OK(control(id, IPC_RMID, NULL), "they go");
	check_as_user(as_user, NULL);
	return check_end();
}

/* msgctl(2): who owns a queue */
#include "ipc.h"

static void as_user(void *arg)
{
	struct msqid_ds ds;
	int id = msgget(IPC_PRIVATE, 0640);

	(void)arg;
	NEED(id >= 0);
	CHECK_OK(msgctl(id, IPC_STAT, &ds), "a user's");
	belongs(&ds.msg_perm, 0640, "a user's");
	CHECK_OK(msgctl(id, IPC_RMID, NULL), "goes");
}

int main(int argc, char **argv)
{
	struct msqid_ds ds;
	int id;

	check_begin(argc, argv);
	id = msgget(IPC_PRIVATE, 0600);
	NEED(id >= 0);
	CHECK_OK(msgctl(id, IPC_STAT, &ds), "root's");
	belongs(&ds.msg_perm, 0600, "root's");
	CHECK_EQUAL(ds.msg_qnum, 0, "it is empty");
	ds.msg_perm.mode = 0644;
	ds.msg_qbytes = 1024;
	CHECK_OK(msgctl(id, IPC_SET, &ds), "another mode and size");
	CHECK_OK(msgctl(id, IPC_STAT, &ds), "are there");
	belongs(&ds.msg_perm, 0644, "changed");
	CHECK_EQUAL(ds.msg_qbytes, 1024, "the size");
	ds.msg_perm.gid = (gid_t)-1;
	CHECK_ERRNO(msgctl(id, IPC_SET, &ds), EINVAL, "no group");
	CHECK_ERRNO(msgctl(id, IPC_STAT, (void *)8), EFAULT, "no memory to read to");
	CHECK_ERRNO(msgctl(id, IPC_SET, (void *)8), EFAULT, "or from");
	CHECK_ERRNO(msgctl(-1, IPC_STAT, &ds), EINVAL, "no object");
	CHECK_OK(msgctl(id, IPC_RMID, NULL), "it goes");
	check_as_user(as_user, NULL);
	return check_end();
}

/*
 * System V objects and message queues of several users: who may find, use, describe, change and remove them.
 *
 * conformance: calls msgget, msgctl, msgsnd, msgrcv, semget, semctl, semop, semtimedop, shmget, shmctl, shmat, mq_open, mq_unlink
 */
#include "ipc.h"

#include <mqueue.h>

#define OTHER 1001
#define GROUP 1500

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
};

struct text {
	long type;
	char text[8];
};

static struct {
	int queue, semaphores, memory;
} shared, closed;
static key_t key;

static void become(uid_t uid, gid_t gid)
{
	NEED(syscall(SYS_setgroups, 0, NULL) == 0);
	NEED(syscall(SYS_setresgid, gid, gid, gid) == 0 && syscall(SYS_setresuid, uid, uid, uid) == 0);
}

static void make(int mode, int *queue, int *semaphores, int *memory)
{
	*queue = msgget(IPC_PRIVATE, IPC_CREAT | mode);
	*semaphores = semget(IPC_PRIVATE, 2, IPC_CREAT | mode);
	*memory = shmget(IPC_PRIVATE, 4096, IPC_CREAT | mode);
	NEED(*queue >= 0 && *semaphores >= 0 && *memory >= 0);
}

static void remove_all(int queue, int semaphores, int memory)
{
	msgctl(queue, IPC_RMID, NULL);
	semctl(semaphores, 0, IPC_RMID);
	shmctl(memory, IPC_RMID, NULL);
}

static long attach(int id, int flags)
{
	void *p = shmat(id, NULL, flags);

	return p == (void *)-1 ? -1 : shmdt(p);
}

static long operate(int id, int op)
{
	static const struct timespec none;
	struct sembuf o = {.sem_op = (short)op, .sem_flg = IPC_NOWAIT};
	long r = semop(id, &o, 1), again = syscall(SYS_semtimedop, id, &o, 1, &none);

	CHECK_EQUAL(r, again, "semop and semtimedop agree");
	return r;
}

/* As /proc/sysvipc/msg has it. */
static bool is_listed(int queue, uid_t uid, gid_t gid, uid_t cuid, unsigned mode)
{
	unsigned listed_uid, listed_gid, listed_cuid, listed_mode;
	FILE *f = fopen("/proc/sysvipc/msg", "r");
	bool found = false;
	char line[512];
	int id;

	NEED(f != NULL);
	while (!found && fgets(line, sizeof(line), f) != NULL)
		found = sscanf(line, "%*d %d %o %*u %*u %*u %*u %u %u %u", &id, &listed_mode, &listed_uid, &listed_gid,
			       &listed_cuid) == 5 &&
			id == queue;
	fclose(f);
	return found && listed_uid == uid && listed_gid == gid && listed_cuid == cuid && listed_mode == mode;
}

static void is_owned(int queue, uid_t uid, gid_t gid, uid_t cuid, unsigned mode, const char *what)
{
	struct msqid_ds ds;

	CHECK_OK(msgctl(queue, IPC_STAT, &ds), what);
	CHECK_EQUAL(ds.msg_perm.uid, uid, what);
	CHECK_EQUAL(ds.msg_perm.gid, gid, what);
	CHECK_EQUAL(ds.msg_perm.cuid, cuid, what);
	CHECK_EQUAL(ds.msg_perm.mode & 0777, mode, what);
	CHECK(is_listed(queue, uid, gid, cuid, mode), "%s: listed", what);
}

/* What others' objects with the mode 0644 allow. */
static void reader(void *arg)
{
	struct text t = {.type = 1};
	struct shmid_ds memory;
	struct semid_ds semaphores;
	struct msqid_ds queue;
	union semun u = {.buf = &semaphores};

	(void)arg;
	become(OTHER, OTHER);
	CHECK_OK(msgctl(shared.queue, IPC_STAT, &queue), "a queue is described");
	CHECK_EQUAL(queue.msg_perm.uid, CHECK_USER, "with its owner");
	CHECK_OK(semctl(shared.semaphores, 0, IPC_STAT, u), "so are semaphores");
	CHECK_EQUAL(semaphores.sem_perm.cuid, CHECK_USER, "with who made them");
	CHECK_OK(shmctl(shared.memory, IPC_STAT, &memory), "and memory");
	CHECK_EQUAL(memory.shm_perm.gid, CHECK_USER, "with its group");
	CHECK(msgrcv(shared.queue, &t, sizeof(t.text), 0, 0) == 3, "what is in the queue is read");
	CHECK_ERRNO(msgsnd(shared.queue, &t, 1, IPC_NOWAIT), EACCES, "nothing is put into it");
	CHECK_ERRNO(operate(shared.semaphores, 1), EACCES, "no semaphore is raised");
	CHECK_OK(operate(shared.semaphores, 0), "but waited for");
	CHECK_EQUAL(semctl(shared.semaphores, 0, GETVAL), 0, "and read");
	u.val = 1;
	CHECK_ERRNO(semctl(shared.semaphores, 0, SETVAL, u), EACCES, "not set");
	CHECK_OK(attach(shared.memory, SHM_RDONLY), "memory is attached for reading");
	CHECK_ERRNO(attach(shared.memory, 0), EACCES, "not for writing");
	CHECK_ERRNO(msgctl(shared.queue, IPC_SET, &queue), EPERM, "the queue is not changed");
	CHECK_ERRNO(msgctl(shared.queue, IPC_RMID, NULL), EPERM, "nor removed");
	CHECK_ERRNO(semctl(shared.semaphores, 0, IPC_RMID), EPERM, "nor semaphores");
	CHECK_ERRNO(shmctl(shared.memory, IPC_RMID, NULL), EPERM, "nor memory");
	CHECK_ERRNO(shmctl(shared.memory, SHM_LOCK, NULL), EPERM, "nor locked");
	CHECK(msgget(key, 0444) >= 0, "by its key one is found for reading");
	CHECK_ERRNO(msgget(key, 0666), EACCES, "not for writing");
	CHECK_ERRNO(msgget(key, IPC_CREAT | IPC_EXCL | 0666), EEXIST, "and not made again");
}

static void stranger(void *arg)
{
	struct text t = {.type = 1};
	struct semid_ds semaphores;
	struct shmid_ds memory;
	struct msqid_ds queue;
	union semun u = {.buf = &semaphores};

	become(OTHER, *(gid_t *)arg);
	CHECK_ERRNO(msgctl(closed.queue, IPC_STAT, &queue), EACCES, "a closed queue is not described");
	CHECK_ERRNO(semctl(closed.semaphores, 0, IPC_STAT, u), EACCES, "nor semaphores");
	CHECK_ERRNO(semctl(closed.semaphores, 0, GETVAL), EACCES, "nor one read");
	CHECK_ERRNO(shmctl(closed.memory, IPC_STAT, &memory), EACCES, "nor memory");
	CHECK_ERRNO(msgrcv(closed.queue, &t, sizeof(t.text), 0, IPC_NOWAIT), EACCES, "nothing is read");
	CHECK_ERRNO(attach(closed.memory, SHM_RDONLY), EACCES, "nothing attached");
	CHECK_ERRNO(operate(closed.semaphores, 0), EACCES, "nothing waited for");
}

static void group(void *arg)
{
	struct msqid_ds queue;

	(void)arg;
	become(OTHER, GROUP);
	CHECK_OK(msgctl(closed.queue, IPC_STAT, &queue), "the group may read");
	CHECK_ERRNO(attach(closed.memory, 0), EACCES, "not write");
	CHECK_OK(attach(closed.memory, SHM_RDONLY), "only read");
}

static void owner(void *arg)
{
	struct text t = {.type = 1};
	struct msqid_ds queue;
	union semun u;

	(void)arg;
	become(CHECK_USER, CHECK_USER);
	make(0644, &shared.queue, &shared.semaphores, &shared.memory);
	is_owned(shared.queue, CHECK_USER, CHECK_USER, CHECK_USER, 0644, "a queue is who made it's");
	CHECK_OK(msgsnd(shared.queue, &t, 3, 0), "who uses it");
	CHECK_OK(operate(shared.semaphores, 1), "semaphores are raised");
	u.val = 0;
	CHECK_OK(semctl(shared.semaphores, 0, SETVAL, u), "and set");
	CHECK_OK(attach(shared.memory, 0), "memory is attached");
	CHECK_ERRNO(msgctl(-1, IPC_RMID, NULL), EINVAL, "no such queue");
	make(0200, &closed.queue, &closed.semaphores, &closed.memory);
	CHECK_ERRNO(msgctl(closed.queue, IPC_STAT, &queue), EACCES, "its owner cannot read what is not readable");
	CHECK_ERRNO(attach(closed.memory, SHM_RDONLY), EACCES, "nor attach it");
	CHECK_OK(msgsnd(closed.queue, &t, 3, 0), "but write");
	CHECK_OK(msgctl(closed.queue, IPC_RMID, NULL), "and remove it");
	CHECK_OK(semctl(closed.semaphores, 0, IPC_RMID), "semaphores, too");
	CHECK_OK(shmctl(closed.memory, IPC_RMID, NULL), "and memory");
	remove_all(shared.queue, shared.semaphores, shared.memory);
}

static void given(void *arg)
{
	struct msqid_ds queue;

	(void)arg;
	become(OTHER, OTHER);
	CHECK_OK(msgctl(closed.queue, IPC_STAT, &queue), "who was given it reads it");
	queue.msg_perm.mode = 0600;
	CHECK_OK(msgctl(closed.queue, IPC_SET, &queue), "changes it");
	is_owned(closed.queue, OTHER, GROUP, 0, 0600, "all but who made it");
	CHECK_OK(msgctl(closed.queue, IPC_RMID, NULL), "and removes it");
}

static void messages(void *arg)
{
	mqd_t q;

	(void)arg;
	become(OTHER, OTHER);
	CHECK_ERRNO(mq_open("/lxrun.closed", O_RDONLY), EACCES, "a queue of root's is closed");
	q = mq_open("/lxrun.open", O_RDONLY);
	CHECK(q >= 0, "another is open for reading");
	mq_close(q);
	CHECK_ERRNO(mq_open("/lxrun.open", O_RDWR), EACCES, "not for writing");
	CHECK_ERRNO(mq_open("/lxrun.open", O_RDWR | O_CREAT, 0666, NULL), EACCES, "not to be made again");
	CHECK_ERRNO(mq_open("/lxrun.open", O_RDONLY | O_CREAT | O_EXCL, 0666, NULL), EEXIST, "not once more");
	CHECK_ERRNO(syscall(SYS_mq_unlink, "lxrun.open"), EPERM, "and is not removed");
	q = mq_open("/lxrun.user", O_RDWR | O_CREAT, 0600, NULL);
	CHECK(q >= 0, "a user makes one");
	mq_close(q);
	CHECK_OK(mq_unlink("/lxrun.user"), "and removes it");
	CHECK_ERRNO(mq_unlink("/lxrun.user"), ENOENT, "once");
}

/* Memory comes and goes more often than anybody could remember. */
static void many(void)
{
	struct shmid_ds ds;
	int id;

	for (int i = 0; i < 2500; i++) {
		id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
		NEED(id >= 0 && shmctl(id, IPC_RMID, NULL) == 0);
	}
	NEED(seteuid(CHECK_USER) == 0);
	id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
	NEED(seteuid(0) == 0);
	CHECK(shmctl(id, IPC_STAT, &ds) == 0 && ds.shm_perm.uid == CHECK_USER, "whose the latest is");
	CHECK_OK(shmctl(id, IPC_RMID, NULL), "is known");
}

int main(int argc, char **argv)
{
	gid_t outside = OTHER;
	struct msqid_ds queue;
	mqd_t q;
	int id;

	check_begin(argc, argv);
	key = ftok(".", 'l');
	NEED(key != -1);
	(void)umask(0);

	/* Numbers are known to all: the objects are made here, and given away. */
	make(0644, &shared.queue, &shared.semaphores, &shared.memory);
	id = msgget(key, IPC_CREAT | IPC_EXCL | 0644);
	NEED(id >= 0);
	CHECK_EQUAL(msgget(key, IPC_CREAT | 0644), id, "a key is found again");
	CHECK_ERRNO(msgget(key, IPC_CREAT | IPC_EXCL | 0644), EEXIST, "and not made twice");
	CHECK_ERRNO(msgget(key + 1, 0), ENOENT, "another key is nobody's");
	CHECK_ERRNO(shmget(IPC_PRIVATE, 0, 0600), EINVAL, "no memory of no size");
	NEED(msgctl(shared.queue, IPC_STAT, &queue) == 0);
	queue.msg_perm.uid = queue.msg_perm.gid = CHECK_USER;
	CHECK_OK(msgctl(shared.queue, IPC_SET, &queue), "root gives a queue away");
	is_owned(shared.queue, CHECK_USER, CHECK_USER, 0, 0644, "whose it is");
	remove_all(shared.queue, shared.semaphores, shared.memory);
	check_in_child(owner, NULL);

	/* A user's own, for all to see. */
	NEED(setegid(CHECK_USER) == 0 && seteuid(CHECK_USER) == 0);
	make(0644, &shared.queue, &shared.semaphores, &shared.memory);
	NEED(msgsnd(shared.queue, &(struct text){.type = 1}, 3, 0) == 0);
	NEED(seteuid(0) == 0 && setegid(0) == 0);
	check_in_child(reader, NULL);
	remove_all(shared.queue, shared.semaphores, shared.memory);
	CHECK_ERRNO(msgctl(shared.queue, IPC_STAT, &queue), EINVAL, "what is removed is gone");

	/* Root's, closed to others but for a group. */
	NEED(setegid(GROUP) == 0);
	make(0640, &closed.queue, &closed.semaphores, &closed.memory);
	NEED(setegid(0) == 0);
	check_in_child(stranger, &outside);
	check_in_child(group, NULL);
	NEED(msgctl(closed.queue, IPC_STAT, &queue) == 0);
	queue.msg_perm.uid = OTHER;
	NEED(msgctl(closed.queue, IPC_SET, &queue) == 0);
	check_in_child(given, NULL);
	remove_all(closed.queue, closed.semaphores, closed.memory);
	NEED(msgctl(id, IPC_RMID, NULL) == 0);

	many();
	q = mq_open("/lxrun.closed", O_RDWR | O_CREAT | O_EXCL, 0600, NULL);
	CHECK(q >= 0, "a queue by name");
	mq_close(q);
	q = mq_open("/lxrun.open", O_RDWR | O_CREAT | O_EXCL, 0644, NULL);
	CHECK(q >= 0, "and another");
	mq_close(q);
	CHECK_ERRNO(mq_open("/lxrun.none", O_RDONLY), ENOENT, "no such queue");
	check_in_child(messages, NULL);
	CHECK_OK(mq_unlink("/lxrun.open"), "root removes it");
	CHECK_OK(mq_unlink("/lxrun.closed"), "and the other");
	return check_end();
}

/*
 * Ids belong to threads. The libc keeps those of all threads alike by signalling each; a raw call changes one, and what
 * that one does and makes has its ids.
 *
 * conformance: not under notify: the supervisor knows the ids of processes, not those of each of their threads
 */
#include "ids.h"

#include <grp.h>
#include <pthread.h>

struct worker {
	pthread_t thread;
	pthread_barrier_t turn;
	void (*job)(void);
	bool leave;
	pid_t tid;
};

static void *work(void *arg)
{
	struct worker *w = arg;

	w->tid = (pid_t)syscall(SYS_gettid);
	for (;;) {
		pthread_barrier_wait(&w->turn);
		if (w->leave)
			return NULL;
		w->job();
		pthread_barrier_wait(&w->turn);
	}
}

static void start(struct worker *w)
{
	NEED(pthread_barrier_init(&w->turn, NULL, 2) == 0);
	w->leave = false;
	NEED(pthread_create(&w->thread, NULL, work, w) == 0);
}

/* The worker does a job while the caller waits. */
static void let(struct worker *w, void (*job)(void))
{
	w->job = job;
	pthread_barrier_wait(&w->turn);
	pthread_barrier_wait(&w->turn);
}

static void end(struct worker *w)
{
	w->leave = true;
	pthread_barrier_wait(&w->turn);
	pthread_join(w->thread, NULL);
	pthread_barrier_destroy(&w->turn);
}

static void become_1000(void)
{
	NEED(syscall(SYS_setresgid, 1000, 1000, 1000) == 0 && syscall(SYS_setresuid, 1000, 1000, 1000) == 0);
}

static void is_1000(void)
{
	check_uids(1000, 1000, 1000, 1000, "the thread has other ids");
	CHECK_EQUAL(identity().permitted, 0, "and no capabilities");
}

static void become_2000(void)
{
	NEED(syscall(SYS_setresuid, 2000, 2000, 2000) == 0);
}

static void is_2000(void)
{
	check_uids(2000, 2000, 2000, 2000, "this one has others again");
}

static void fork_as_2000(void)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		syscall(SYS_exit_group, getuid() == 2000 ? 0 : 1);
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "so has its child");
}

static void is_root(void)
{
	check_uids(0, 0, 0, 0, "the other thread has its own");
	CHECK(identity().effective != 0, "with its capabilities");
}

static void make_file(void)
{
	struct stat st;
	int fd = open("public/thread", O_CREAT | O_WRONLY, 0600);

	NEED(fd >= 0 && fstat(fd, &st) == 0);
	CHECK(st.st_uid == 1000 && st.st_gid == 1000, "what it makes is its own");
	close(fd);
	CHECK_ERRNO(open("private/thread", O_CREAT | O_WRONLY, 0600), EACCES, "where it may");
}

static void fork_child(void)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		syscall(SYS_exit_group, getuid() == 1000 && geteuid() == 1000 && getgid() == 1000 ? 0 : 1);
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "its child has the thread's ids");
}

static void *tell_uid(void *arg)
{
	*(uid_t *)arg = getuid();
	return NULL;
}

static void new_thread(void)
{
	uid_t uid = ANY;
	pthread_t t;

	NEED(pthread_create(&t, NULL, tell_uid, &uid) == 0 && pthread_join(t, NULL) == 0);
	CHECK_EQUAL(uid, 1000, "its new thread has them too");
}

static void diverge(void *arg)
{
	struct worker a = {0}, b = {0};
	char text[128];

	(void)arg;
	NEED(mkdir("public", 0777) == 0 && chmod("public", 0777) == 0 && mkdir("private", 0700) == 0);
	NEED(chmod(".", 0755) == 0);
	start(&a);
	let(&a, become_1000);
	let(&a, is_1000);
	is_root();
	let(&a, make_file);
	let(&a, fork_child);
	status_line("self", "Uid", text, sizeof(text));
	CHECK_STRING(text, "0\t0\t0\t0", "the process in /proc is its first thread");
	start(&b);
	let(&b, become_2000);
	let(&b, is_2000);
	let(&b, fork_as_2000);
	let(&a, fork_child);
	let(&a, is_1000);
	end(&b);
	end(&a);
	is_root();
}

/* The first thread changes, the others do not; a new one follows who made it. */
static void first_changes(void *arg)
{
	struct worker a = {0};

	(void)arg;
	start(&a);
	become_1000();
	is_1000();
	let(&a, is_root);
	new_thread();
	end(&a);
	is_1000();
}

static void libc_checks(void)
{
	check_uids(1000, 1001, 1000, 1001, "all threads have the ids that the libc sets");
	check_gids(1002, 1002, 1002, 1002, "groups as well");
}

static void libc_changes(void *arg)
{
	struct worker w[4] = {0};

	(void)arg;
	for (int i = 0; i < 4; i++)
		start(&w[i]);
	CHECK_OK(setgroups(2, (gid_t[]){5, 6}), "groups of all threads");
	CHECK_OK(setgid(1002), "the group id of all threads");
	CHECK_OK(setresuid(1000, 1001, 1000), "the user ids of all threads");
	libc_checks();
	for (int i = 0; i < 4; i++)
		let(&w[i], libc_checks);
	for (int i = 0; i < 4; i++)
		end(&w[i]);
	uid_t uid = ANY;
	pthread_t t;

	NEED(pthread_create(&t, NULL, tell_uid, &uid) == 0 && pthread_join(t, NULL) == 0);
	CHECK_EQUAL(uid, 1000, "and so has one that comes later");
	CHECK_ERRNO(setuid(0), EPERM, "none can go back");
}

/* Over and over, with threads that come and go. */
static void *come_and_go(void *arg)
{
	pthread_t t;

	(void)arg;
	for (int i = 0; i < 50; i++) {
		uid_t uid;

		NEED(pthread_create(&t, NULL, tell_uid, &uid) == 0 && pthread_join(t, NULL) == 0);
	}
	return NULL;
}

static void libc_changes_often(void *arg)
{
	pthread_t t[3];
	bool right = true;

	(void)arg;
	for (int i = 0; i < 3; i++)
		NEED(pthread_create(&t[i], NULL, come_and_go, NULL) == 0);
	for (int i = 0; i < 100; i++) {
		right = right && seteuid(1000) == 0 && geteuid() == 1000;
		right = right && seteuid(0) == 0 && geteuid() == 0;
	}
	CHECK(right, "a hundred times there and back");
	for (int i = 0; i < 3; i++)
		NEED(pthread_join(t[i], NULL) == 0);
	check_uids(0, 0, 0, 0, "as it was");
	uid_t uid = ANY;

	NEED(pthread_create(&t[0], NULL, tell_uid, &uid) == 0 && pthread_join(t[0], NULL) == 0);
	CHECK_EQUAL(uid, 0, "also for a new thread");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	check_in_child(diverge, NULL);
	check_in_child(first_changes, NULL);
	check_in_child(libc_changes, NULL);
	check_in_child(libc_changes_often, NULL);
	return check_end();
}

/* seccomp(2) and prctl(PR_SET_SECCOMP): what is taken and what is refused. */
#include "filters.h"

#include <pthread.h>

static long with(unsigned op, unsigned flags, void *args)
{
	return syscall(SYS_seccomp, op, flags, args);
}

static void questions(void)
{
	uint32_t action = SECCOMP_RET_ERRNO;
	struct seccomp_notif_sizes sizes = {0};

	CHECK_OK(with(SECCOMP_GET_ACTION_AVAIL, 0, &action), "SECCOMP_RET_ERRNO is known");
	action = SECCOMP_RET_KILL_PROCESS;
	CHECK_OK(with(SECCOMP_GET_ACTION_AVAIL, 0, &action), "so is SECCOMP_RET_KILL_PROCESS");
	action = 0x12340000;
	CHECK_ERRNO(with(SECCOMP_GET_ACTION_AVAIL, 0, &action), EOPNOTSUPP, "this is not");
	CHECK_ERRNO(with(SECCOMP_GET_ACTION_AVAIL, 1, &action), EINVAL, "with flags");
	CHECK_ERRNO(with(SECCOMP_GET_ACTION_AVAIL, 0, NULL), EFAULT, "without an action");
	CHECK_OK(with(SECCOMP_GET_NOTIF_SIZES, 0, &sizes), "sizes of structures");
	CHECK(sizes.seccomp_data == sizeof(struct seccomp_data), "are told");
	CHECK_ERRNO(with(77, 0, NULL), EINVAL, "another operation");
	CHECK_ERRNO(with(SECCOMP_SET_MODE_STRICT, 1, NULL), EINVAL, "strict mode with flags");
	CHECK_ERRNO(with(SECCOMP_SET_MODE_STRICT, 0, &action), EINVAL, "or an argument");
	CHECK_ERRNO(prctl(PR_SET_SECCOMP, 77, NULL), EINVAL, "another mode");
	CHECK_EQUAL(prctl(PR_GET_SECCOMP), 0, "no mode yet");
}

static const struct sock_filter allow[] = {RETURN(SECCOMP_RET_ALLOW)};

static void flags(void)
{
	struct sock_fprog program = {.len = 1, .filter = (struct sock_filter *)allow};

	CHECK_ERRNO(set_filter(allow, 1, 0x8000), EINVAL, "another flag");
	CHECK_ERRNO(set_filter(allow, 1, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_NEW_LISTENER), EINVAL,
		    "flags that do not go together");
	CHECK_ERRNO(with(SECCOMP_SET_MODE_FILTER, 0, NULL), EFAULT, "no program");
	CHECK_ERRNO(with(SECCOMP_SET_MODE_FILTER, 0, (void *)8), EFAULT, "none there");
	CHECK_OK(set_filter(allow, 1, SECCOMP_FILTER_FLAG_LOG), "SECCOMP_FILTER_FLAG_LOG");
	CHECK_OK(set_filter(allow, 1, SECCOMP_FILTER_FLAG_SPEC_ALLOW), "SECCOMP_FILTER_FLAG_SPEC_ALLOW");
	CHECK_OK(set_filter(allow, 1, SECCOMP_FILTER_FLAG_TSYNC), "SECCOMP_FILTER_FLAG_TSYNC with one thread");
	CHECK_OK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), "by prctl");
	CHECK_EQUAL(prctl(PR_GET_SECCOMP), SECCOMP_MODE_FILTER, "the mode is told");
}

#define BAD(what, ...)                                           \
	do {                                                     \
		const struct sock_filter code[] = {__VA_ARGS__}; \
		CHECK_ERRNO(SET_FILTER(code), EINVAL, what);     \
	} while (0)

static void bad_programs(void)
{
	static struct sock_filter large[BPF_MAXINSNS + 1];

	CHECK_ERRNO(set_filter(allow, 0, 0), EINVAL, "an empty program");
	CHECK_ERRNO(set_filter((struct sock_filter *)8, 1, 0), EFAULT, "one that is not there");
	BAD("no return", LOAD(nr));
	BAD("a jump behind the end", LOAD(nr), IF_EQUAL(0, 1, 0), RETURN(SECCOMP_RET_ALLOW));
	BAD("a long jump behind the end", BPF_STMT(BPF_JMP | BPF_JA, 1), RETURN(SECCOMP_RET_ALLOW));
	BAD("a load of half a word", BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0), RETURN(SECCOMP_RET_ALLOW));
	BAD("a load between words", BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), RETURN(SECCOMP_RET_ALLOW));
	BAD("a load behind the data", BPF_STMT(BPF_LD | BPF_W | BPF_ABS, sizeof(struct seccomp_data)),
	    RETURN(SECCOMP_RET_ALLOW));
	BAD("an indirect load", BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0), RETURN(SECCOMP_RET_ALLOW));
	BAD("memory that does not exist", BPF_STMT(BPF_ST, 16), RETURN(SECCOMP_RET_ALLOW));
	BAD("memory that was not written", BPF_STMT(BPF_LD | BPF_MEM, 1), RETURN(SECCOMP_RET_ALLOW));
	BAD("a division by zero", BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), RETURN(SECCOMP_RET_ALLOW));
	BAD("a remainder", BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 3), RETURN(SECCOMP_RET_ALLOW));
	BAD("a shift by 32", BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), RETURN(SECCOMP_RET_ALLOW));
	BAD("an instruction that does not exist", BPF_STMT(0xff, 0), RETURN(SECCOMP_RET_ALLOW));
	BAD("a return of X", BPF_STMT(BPF_RET | BPF_X, 0));
	for (size_t i = 0; i <= BPF_MAXINSNS; i++)
		large[i] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	CHECK_ERRNO(set_filter(large, BPF_MAXINSNS + 1, 0), EINVAL, "4097 instructions");
	CHECK_OK(set_filter(large, 4000, 0), "4000 instructions");
	CHECK_EQUAL(prctl(PR_GET_SECCOMP), SECCOMP_MODE_FILTER, "were taken");
}

/* 32768 in all, in the kernel's own kind of instruction. */
static void too_many(void)
{
	static struct sock_filter large[3000];
	int taken = 0;

	for (size_t i = 0; i < 3000; i++)
		large[i] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	while (taken < 12 && set_filter(large, 3000, 0) == 0)
		taken++;
	CHECK(taken >= 3 && taken <= 10 && errno == ENOMEM, "as many programs as fit");
	CHECK_OK(access(".", F_OK), "and calls still work");
}

static void many_small(void)
{
	int taken = 0;

	FORBID(SYS_rmdir, FAIL(EIO));
	while (taken < 100 && set_filter(allow, 1, 0) == 0)
		taken++;
	CHECK_EQUAL(taken, 100, "a hundred programs");
	CHECK_ERRNO(rmdir("x"), EIO, "the first still counts");
}

static void as_user(void *arg)
{
	(void)arg;
	CHECK_ERRNO(set_filter(allow, 1, 0), EACCES, "an ordinary user");
	CHECK_ERRNO(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &(struct sock_fprog){1, (struct sock_filter *)allow}),
		    EACCES, "by prctl too");
	NEED(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK_OK(set_filter(allow, 1, 0), "without new privileges");
	FORBID(SYS_rmdir, FAIL(EIO));
	CHECK_ERRNO(rmdir("x"), EIO, "and it works");
}

/* --- threads -------------------------------------------------------------------------------------------------------- */

static pthread_barrier_t turn;
static int thread_saw[4];

static int errno_of_rmdir(void)
{
	return rmdir("nothing") == 0 ? 0 : errno;
}

static void *watcher(void *arg)
{
	for (size_t i = 0; i < 4; i++) {
		pthread_barrier_wait(&turn);
		thread_saw[i] = errno_of_rmdir();
		pthread_barrier_wait(&turn);
	}
	return arg;
}

static void *forbids_itself(void *arg)
{
	FORBID(SYS_rmdir, FAIL(EXDEV));
	*(int *)arg = errno_of_rmdir();
	return NULL;
}

static void *inherits(void *arg)
{
	*(int *)arg = errno_of_rmdir();
	return NULL;
}

static int in_thread(void *(*body)(void *))
{
	int saw = -1;
	pthread_t t;

	NEED(pthread_create(&t, NULL, body, &saw) == 0 && pthread_join(t, NULL) == 0);
	return saw;
}

static void take_turn(void)
{
	pthread_barrier_wait(&turn);
	pthread_barrier_wait(&turn);
}

static void threads(void)
{
	pthread_t t;

	CHECK_EQUAL(in_thread(forbids_itself), EXDEV, "a thread's filter");
	CHECK_EQUAL(errno_of_rmdir(), ENOENT, "is the thread's own");
	NEED(pthread_barrier_init(&turn, NULL, 2) == 0 && pthread_create(&t, NULL, watcher, NULL) == 0);
	take_turn();
	CHECK_EQUAL(thread_saw[0], ENOENT, "another thread before");
	FORBID(SYS_rmdir, FAIL(EIO));
	take_turn();
	CHECK_EQUAL(thread_saw[1], ENOENT, "a filter without SECCOMP_FILTER_FLAG_TSYNC");
	CHECK_EQUAL(errno_of_rmdir(), EIO, "is its own");
	CHECK_EQUAL(in_thread(inherits), EIO, "and for threads that it makes");
	NEED(forbid_with(SYS_getsid, FAIL(EIO), SECCOMP_FILTER_FLAG_TSYNC) == 0);
	take_turn();
	CHECK_EQUAL(thread_saw[2], EIO, "with it, all of the thread's filters are everybody's");
	NEED(forbid_with(SYS_rmdir, FAIL(EDOM), SECCOMP_FILTER_FLAG_TSYNC) == 0);
	take_turn();
	CHECK_EQUAL(thread_saw[3], EDOM, "and newer ones too");
	pthread_join(t, NULL);
}

static void *diverges(void *arg)
{
	FORBID(SYS_rmdir, FAIL(EXDEV));
	pthread_barrier_wait(&turn);
	pthread_barrier_wait(&turn);
	return arg;
}

static void not_together(void)
{
	pthread_t t;

	NEED(pthread_barrier_init(&turn, NULL, 2) == 0 && pthread_create(&t, NULL, diverges, NULL) == 0);
	pthread_barrier_wait(&turn);
	CHECK(forbid_with(SYS_getsid, FAIL(EIO), SECCOMP_FILTER_FLAG_TSYNC) > 0, "a thread with another filter");
	CHECK_ERRNO(forbid_with(SYS_getsid, FAIL(EIO), SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH),
		    ESRCH, "by errno where that is asked for");
	CHECK_OK(syscall(SYS_getsid, 0), "nothing was installed");
	pthread_barrier_wait(&turn);
	pthread_join(t, NULL);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	in_child(questions);
	in_child(flags);
	in_child(bad_programs);
	in_child(too_many);
	in_child(many_small);
	check_as_user(as_user, NULL);
	in_child(threads);
	in_child(not_together);
	return check_end();
}

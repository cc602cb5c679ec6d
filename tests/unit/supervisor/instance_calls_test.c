/* What is asked twice with one id is done once; what the kernel repeats because of a signal has the same id. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/host.h"
#include "base/layout.h"
#include "translator/supervisor/instance_calls.h"

static int served;

/* Each time another answer. */
static int count(void *context, const struct instance_call *call)
{
	cr_expect_eq(context, &served);
	served++;
	return call->kind == 99 ? -EDOM : (int)call->arg[0] + served;
}

#define KEY 0x1234567890abcdefull

static struct instance_calls calls = {
	.serve = count, .context = &served, .key = KEY, .lock = PTHREAD_MUTEX_INITIALIZER};

static int ask(uint64_t id, uint32_t tid, uint32_t kind, uint64_t argument)
{
	const struct instance_call call = {.id = id, .kind = kind, .tid = tid, .arg = {argument}, .key = KEY};

	return instance_calls_answer(&calls, &call);
}

Test(instance_calls, are_done_once)
{
	cr_expect_eq(ask(1, 7, 0, 10), 11);
	cr_expect_eq(ask(1, 7, 0, 10), 11);
	cr_expect_eq(ask(2, 7, 0, 10), 12);
	cr_expect_eq(ask(2, 7, 0, 10), 12);
	cr_expect_eq(served, 2);
	/* Another thread's calls in between change nothing. */
	cr_expect_eq(ask(3, 8, 0, 10), 13);
	cr_expect_eq(ask(2, 7, 0, 10), 12);
	cr_expect_eq(ask(3, 8, 0, 10), 13);
	/* An error is an answer like any other. */
	cr_expect_eq(ask(4, 7, 99, 0), -EDOM);
	cr_expect_eq(ask(4, 7, 99, 0), -EDOM);
	cr_expect_eq(served, 4);
}

Test(instance_calls, a_new_thread_with_an_old_number_is_another_one)
{
	cr_expect_eq(ask(1, 7, 0, 10), 11);
	cr_expect_eq(ask(5, 7, 0, 10), 12);
	/* Nor are two that share a place taken for each other. */
	cr_expect_eq(ask(5, 7 + INSTANCE_CALLS_REMEMBERED, 0, 10), 13);
	/* No id at all: nothing to know it by again. */
	cr_expect_eq(ask(0, 9, 0, 10), 14);
	cr_expect_eq(ask(0, 9, 0, 10), 15);
}

Test(instance_calls, without_the_key_are_none)
{
	const struct instance_call guess = {.id = 1, .tid = 7, .arg = {10}, .key = KEY + 1};

	cr_expect_eq(instance_calls_answer(&calls, &guess), -ENOSYS);
	cr_expect_eq(served, 0);
	/* Nor is anything remembered of it. */
	cr_expect_eq(ask(1, 7, 0, 10), 11);
}

static void *ask_often(void *id)
{
	for (int i = 0; i < 1000; i++)
		if (ask((uint64_t)(uintptr_t)id, 7, 0, 10) != 11)
			return &calls;
	return NULL;
}

Test(instance_calls, from_many_threads)
{
	pthread_t threads[8];
	void *wrong;

	for (size_t i = 0; i < 8; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, ask_often, (void *)(uintptr_t)77), 0);
	for (size_t i = 0; i < 8; i++) {
		cr_assert_eq(pthread_join(threads[i], &wrong), 0);
		cr_expect_null(wrong);
	}
	cr_expect_eq(served, 1);
}

/* A listener for the reserved number in this process and its children, whose waits any signal ends. */
static int listen_here(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, INSTANCE_CALL_NR, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = ARRAY_SIZE(code), .filter = code};

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return (int)host_call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

static struct seccomp_notif receive(int listener)
{
	struct seccomp_notif n = {0};
	struct pollfd p = {.fd = listener, .events = POLLIN};

	cr_assert_eq(poll(&p, 1, 10000), 1);
	cr_assert_eq(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n), 0);
	cr_assert_eq((uint32_t)n.data.nr, INSTANCE_CALL_NR);
	return n;
}

Test(instance_calls, that_a_signal_interrupts_are_done_once)
{
	int listener = listen_here();
	struct seccomp_notif first, second;
	int status;
	pid_t child;

	if (listener == -EBUSY)
		cr_skip_test("somebody listens to this process already");
	cr_assert_geq(listener, 0);
	child = fork();
	cr_assert_geq(child, 0);
	if (child == 0)
		_exit(host_call(INSTANCE_CALL_NR, 1234, 0, 40, 0, 0, KEY) == INSTANCE_CALL_ANSWER + 41 ? 0 : 1);
	first = receive(listener);
	/* The wait is over, the call is not: the answer finds nobody. */
	cr_assert_eq(kill(child, SIGSTOP), 0);
	cr_assert_eq(waitpid(child, &status, WUNTRACED), child);
	cr_assert(WIFSTOPPED(status));
	instance_calls_notified(&calls, listener, &first);
	cr_assert_eq(ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &first.id), -1);
	cr_assert_eq(kill(child, SIGCONT), 0);
	second = receive(listener);
	cr_expect_neq(second.id, first.id);
	instance_calls_notified(&calls, listener, &second);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	cr_expect_eq(served, 1);
}

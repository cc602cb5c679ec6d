/* Which processes signals find, and whose they may reach. The targets are real children; who they are is pretended. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/host.h"
#include "fake.h"
#include "translator/args.h"

#define ALICE 1000
#define BOB   1001

static void begin_as(struct creds who)
{
	fake_begin(&who);
}

/* A child that sleeps, in the process group `group` (0: its own; -1: the caller's). */
static pid_t sleeper(pid_t group)
{
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		for (;;)
			pause();
	}
	if (group >= 0)
		cr_assert_eq(setpgid(pid, group), 0);
	return pid;
}

static pid_t guest(uint32_t uid, pid_t group)
{
	struct creds who = fake_user(uid);
	pid_t pid = sleeper(group);

	fake_slot(pid, &who);
	return pid;
}

/* The signal that a child ended by; it is killed if it still runs. */
static int ended_by(pid_t pid)
{
	int status;
	pid_t r = waitpid(pid, &status, WNOHANG);

	for (int i = 0; r == 0 && i < 20; i++) {
		usleep(5000);
		r = waitpid(pid, &status, WNOHANG);
	}
	if (r == 0) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		return 0;
	}
	return WIFSIGNALED(status) ? WTERMSIG(status) : -1;
}

static long do_kill(pid_t pid, int sig)
{
	return sys_kill(&fake.call, &(struct kill_args){pid, sig});
}

static pid_t dead_pid(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	return pid;
}

Test(kill, finds_guests_only)
{
	begin_as(fake_root());
	pid_t stranger = sleeper(0), friend = guest(ALICE, 0);

	cr_expect_eq(do_kill(stranger, SIGTERM), -ESRCH);
	cr_expect_eq(do_kill(stranger, 99), -ESRCH);
	cr_expect_eq(do_kill(dead_pid(), 0), -ESRCH);
	cr_expect_eq(do_kill(-stranger, SIGTERM), -ESRCH);
	cr_expect_eq(do_kill(friend, 65), -EINVAL);
	cr_expect_eq(do_kill(friend, -1), -EINVAL);
	cr_expect_eq(do_kill(friend, 0), 0);
	cr_expect_eq(do_kill(friend, SIGTERM), 0);
	cr_expect_eq(ended_by(stranger), 0);
	cr_expect_eq(ended_by(friend), SIGTERM);
	cr_expect_eq(do_kill(-0x7fffffff - 1, 0), -ESRCH);
}

Test(kill, needs_the_right)
{
	begin_as(fake_user(ALICE));
	pid_t own = guest(ALICE, 0), other = guest(BOB, 0);

	cr_expect_eq(do_kill(other, 0), -EPERM);
	cr_expect_eq(do_kill(other, SIGKILL), -EPERM);
	cr_expect_eq(do_kill(other, SIGCONT), 0, "the same session");
	cr_expect_eq(do_kill(own, SIGUSR1), 0);
	cr_expect_eq(ended_by(own), SIGUSR1);
	fake.process.creds.cap_effective = 1ull << CAP_KILL;
	cr_expect_eq(do_kill(other, SIGUSR2), 0);
	cr_expect_eq(ended_by(other), SIGUSR2);
}

Test(kill, a_fresh_child_is_who_its_parent_is)
{
	begin_as(fake_user(ALICE));
	pid_t child = sleeper(0);

	/* No slot yet: known to be a guest by its executable. */
	fake.guests[0] = child;
	cr_expect_eq(do_kill(child, SIGTERM), 0);
	cr_expect_eq(ended_by(child), SIGTERM);
}

Test(kill, a_zombie_is_still_there)
{
	begin_as(fake_user(ALICE));
	pid_t child = fork();
	siginfo_t info;

	if (child == 0)
		_exit(0);
	cr_assert_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	cr_expect_eq(do_kill(child, SIGTERM), 0);
	cr_assert_eq(waitpid(child, NULL, 0), child);
	cr_expect_eq(do_kill(child, SIGTERM), -ESRCH);
}

Test(kill, a_group_is_taken_as_a_whole)
{
	begin_as(fake_root());
	pid_t first = guest(ALICE, 0), second = guest(BOB, first), stranger = sleeper(first);

	cr_expect_eq(do_kill(-first, 0), 0);
	cr_expect_eq(do_kill(-first, SIGTERM), 0);
	cr_expect_eq(ended_by(first), SIGTERM);
	cr_expect_eq(ended_by(second), SIGTERM);
	cr_expect_eq(ended_by(stranger), SIGTERM, "it is in the group");
}

Test(kill, a_group_led_by_the_host)
{
	begin_as(fake_root());
	pid_t leader = sleeper(0), member = guest(ALICE, leader);

	cr_expect_eq(do_kill(-leader, SIGTERM), 0);
	cr_expect_eq(ended_by(leader), SIGTERM);
	cr_expect_eq(ended_by(member), SIGTERM);
}

Test(kill, of_a_mixed_group_reaches_one_s_own)
{
	begin_as(fake_user(ALICE));
	pid_t mine = guest(ALICE, 0), theirs = guest(BOB, mine);

	cr_expect_eq(do_kill(-mine, 77), -EINVAL);
	cr_expect_eq(do_kill(-mine, SIGTERM), 0);
	cr_expect_eq(ended_by(mine), SIGTERM);
	cr_expect_eq(ended_by(theirs), 0);

	pid_t alone = guest(BOB, 0);

	cr_expect_eq(do_kill(-alone, SIGTERM), -EPERM);
	cr_expect_eq(ended_by(alone), 0);
}

Test(kill, of_one_s_own_group_ends_with_oneself)
{
	pid_t leader = fork();

	if (leader == 0) {
		if (setpgid(0, 0) != 0)
			_exit(1);
		begin_as(fake_user(ALICE));
		(void)guest(ALICE, getpid());
		(void)guest(BOB, getpid());
		(void)do_kill(0, SIGTERM);
		_exit(2);
	}
	int status;

	cr_assert_eq(waitpid(leader, &status, 0), leader);
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "status %x", status);
	/* Bob's process is left; nothing of Alice's is. */
	usleep(50000);
	cr_expect_eq(kill(-leader, SIGKILL), 0);
}

/* In pid and mount namespaces of its own: a mistake must not signal the machine. */
static void kill_everyone(void *unused UNUSED)
{
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 || mount("proc", "/proc", "proc", 0, NULL) != 0)
		_exit(100);
	/* This is init there; the guest that kills is its child. */
	pid_t killer = fork();

	if (killer == 0) {
		begin_as(fake_user(ALICE));
		if (do_kill(-1, SIGTERM) != -ESRCH)
			_exit(1);
		pid_t stranger = sleeper(0), bob = guest(BOB, 0);

		if (do_kill(-1, SIGTERM) != 0)
			_exit(2);
		pid_t alice = guest(ALICE, 0);

		if (do_kill(-1, 65) != -EINVAL)
			_exit(3);
		if (do_kill(-1, SIGTERM) != 0)
			_exit(4);
		if (ended_by(alice) != SIGTERM || ended_by(bob) != 0 || ended_by(stranger) != 0)
			_exit(5);
		_exit(0);
	}
	int status;

	if (waitpid(killer, &status, 0) != killer || !WIFEXITED(status))
		_exit(101);
	_exit(WEXITSTATUS(status));
}

Test(kill, everyone_is_every_guest)
{
	pid_t outer = fork();
	int status;

	if (outer == 0) {
		if (unshare(CLONE_NEWPID | CLONE_NEWNS) != 0)
			_exit(77);
		pid_t init = fork();

		if (init == 0)
			kill_everyone(NULL);
		_exit(waitpid(init, &status, 0) == init && WIFEXITED(status) ? WEXITSTATUS(status) : 102);
	}
	cr_assert_eq(waitpid(outer, &status, 0), outer);
	cr_assert(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		cr_skip_test("needs to make namespaces");
	cr_expect_eq(WEXITSTATUS(status), 0, "step %d", WEXITSTATUS(status));
}

Test(kill, init_gets_nothing)
{
	begin_as(fake_root());
	cr_expect_eq(do_kill(1, 0), 0);
	cr_expect_eq(do_kill(1, 65), -EINVAL);
	begin_as(fake_user(ALICE));
	cr_expect_eq(do_kill(1, SIGHUP), -EPERM);
}

Test(threads, by_process_and_thread)
{
	begin_as(fake_user(ALICE));
	pid_t mine = guest(ALICE, 0), theirs = guest(BOB, 0), stranger = sleeper(0);
	struct tr_call *c = &fake.call;

	cr_expect_eq(sys_tgkill(c, &(struct tgkill_args){0, mine, 0}), -EINVAL);
	cr_expect_eq(sys_tgkill(c, &(struct tgkill_args){mine, -1, 0}), -EINVAL);
	cr_expect_eq(sys_tgkill(c, &(struct tgkill_args){mine, theirs, 0}), -ESRCH);
	cr_expect_eq(sys_tgkill(c, &(struct tgkill_args){stranger, stranger, SIGKILL}), -ESRCH);
	cr_expect_eq(sys_tgkill(c, &(struct tgkill_args){theirs, theirs, SIGKILL}), -EPERM);
	cr_expect_eq(sys_tkill(c, &(struct tkill_args){0, 0}), -EINVAL);
	cr_expect_eq(sys_tkill(c, &(struct tkill_args){stranger, SIGKILL}), -ESRCH);
	cr_expect_eq(sys_tkill(c, &(struct tkill_args){theirs, SIGKILL}), -EPERM);
	cr_expect_eq(sys_tkill(c, &(struct tkill_args){mine, 65}), -EINVAL);
	cr_expect_eq(sys_tgkill(c, &(struct tgkill_args){mine, mine, SIGUSR1}), 0);
	cr_expect_eq(ended_by(mine), SIGUSR1);
	cr_expect_eq(ended_by(theirs), 0);
	cr_expect_eq(ended_by(stranger), 0);
}

static uint64_t address(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

Test(queue, nobody_pretends)
{
	begin_as(fake_user(ALICE));
	pid_t mine = guest(ALICE, 0), theirs = guest(BOB, 0), stranger = sleeper(0);
	struct tr_call *c = &fake.call;
	siginfo_t info = {.si_code = SI_USER};
	uint64_t at = address(&info);

	cr_expect_eq(sys_rt_sigqueueinfo(c, &(struct rt_sigqueueinfo_args){mine, SIGTERM, 8}), -EFAULT);
	cr_expect_eq(sys_rt_sigqueueinfo(c, &(struct rt_sigqueueinfo_args){mine, SIGTERM, at}), -EPERM);
	cr_expect_eq(sys_rt_sigqueueinfo(c, &(struct rt_sigqueueinfo_args){stranger, SIGTERM, at}), -EPERM);
	info.si_code = SI_QUEUE;
	cr_expect_eq(sys_rt_sigqueueinfo(c, &(struct rt_sigqueueinfo_args){stranger, SIGTERM, at}), -ESRCH);
	cr_expect_eq(sys_rt_sigqueueinfo(c, &(struct rt_sigqueueinfo_args){theirs, SIGTERM, at}), -EPERM);
	cr_expect_eq(sys_rt_tgsigqueueinfo(c, &(struct rt_tgsigqueueinfo_args){mine, 0, SIGTERM, at}), -EINVAL);
	cr_expect_eq(sys_rt_tgsigqueueinfo(c, &(struct rt_tgsigqueueinfo_args){mine, theirs, SIGTERM, at}), -ESRCH);
	cr_expect_eq(sys_rt_tgsigqueueinfo(c, &(struct rt_tgsigqueueinfo_args){theirs, theirs, SIGTERM, at}), -EPERM);
	cr_expect_eq(sys_rt_tgsigqueueinfo(c, &(struct rt_tgsigqueueinfo_args){mine, mine, SIGUSR2, at}), 0);
	cr_expect_eq(ended_by(mine), SIGUSR2);
	mine = guest(ALICE, 0);
	cr_expect_eq(sys_rt_sigqueueinfo(c, &(struct rt_sigqueueinfo_args){mine, SIGUSR1, at}), 0);
	cr_expect_eq(ended_by(mine), SIGUSR1);
	cr_expect_eq(ended_by(theirs), 0);
	cr_expect_eq(ended_by(stranger), 0);
}

Test(pidfd, of_guests_only)
{
	begin_as(fake_user(ALICE));
	pid_t mine = guest(ALICE, 0), theirs = guest(BOB, 0), stranger = sleeper(0);
	struct tr_call *c = &fake.call;
	long a, b;

	cr_expect_eq(sys_pidfd_open(c, &(struct pidfd_open_args){stranger, 0}), -ESRCH);
	cr_expect_eq(sys_pidfd_open(c, &(struct pidfd_open_args){stranger, 1}), -EINVAL);
	cr_expect_eq(sys_pidfd_open(c, &(struct pidfd_open_args){0, 0}), -EINVAL);
	a = sys_pidfd_open(c, &(struct pidfd_open_args){mine, 0});
	b = sys_pidfd_open(c, &(struct pidfd_open_args){theirs, 0});
	cr_assert_geq(a, 0);
	cr_assert_geq(b, 0);
	cr_expect_eq(sys_pidfd_send_signal(c, &(struct pidfd_send_signal_args){(int)b, SIGKILL, 0, 0}), -EPERM);
	cr_expect_eq(sys_pidfd_send_signal(c, &(struct pidfd_send_signal_args){(int)a, SIGKILL, 8, 0}), -EFAULT);
	cr_expect_eq(sys_pidfd_send_signal(c, &(struct pidfd_send_signal_args){-1, SIGKILL, 0, 0}), -EBADF);
	cr_expect_eq(sys_pidfd_send_signal(c, &(struct pidfd_send_signal_args){1, SIGKILL, 0, 0}), -EBADF);
	cr_expect_eq(sys_pidfd_send_signal(c, &(struct pidfd_send_signal_args){(int)a, SIGUSR1, 0, 0}), 0);
	cr_expect_eq(ended_by(mine), SIGUSR1);
	cr_expect_eq(ended_by(theirs), 0);
	cr_expect_eq(ended_by(stranger), 0);
	close((int)a);
	close((int)b);
}

Test(parent, is_init_unless_it_is_a_guest)
{
	begin_as(fake_user(ALICE));
	cr_expect_eq(sys_getppid(&fake.call, NULL), 1);
	begin_as(fake_user(ALICE));
	fake.process.parent = 0;
	fake.guests[0] = getppid();
	cr_expect_eq(sys_getppid(&fake.call, NULL), getppid());
}

/*
 * Calls about other processes: who may, and what they find.
 *
 * conformance: calls getpgid, getsid, getpriority, setpriority, sched_setparam, sched_getparam, sched_setscheduler
 * conformance: calls sched_getscheduler, sched_rr_get_interval, sched_setaffinity, sched_getaffinity, sched_setattr, sched_getattr
 * conformance: calls ioprio_get, ioprio_set, prlimit64, process_vm_readv, process_vm_writev, migrate_pages, move_pages
 * conformance: calls get_robust_list, kcmp, pidfd_getfd
 */
#include "signal.h"

#include <linux/ioprio.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/uio.h>

/* Users who run nothing else on the machine. */
#define ONE     54319
#define ANOTHER 54320

static pid_t others[2]; /* of the one, of the other */
static char shared[16] = "of all";

struct attr { /* struct sched_attr of its first version */
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static long transfer(long nr, pid_t pid)
{
	char buf[sizeof(shared)] = "written";
	struct iovec here = {buf, sizeof(buf)}, there = {shared, sizeof(shared)};

	return syscall(nr, pid, &here, 1, &there, 1, 0);
}

static long take_descriptor(pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), fd;
	int saved;

	if (pidfd < 0)
		return -1;
	fd = (int)syscall(SYS_pidfd_getfd, pidfd, 1, 0);
	saved = errno;
	if (fd >= 0)
		close(fd);
	close(pidfd);
	errno = saved;
	return fd < 0 ? -1 : 0;
}

static long place_of_pages(pid_t pid)
{
	void *page = shared;
	int status;

	return syscall(SYS_move_pages, pid, 1, &page, NULL, &status, 0);
}

/*
 * What changes another, one call after the other: all succeed, or fail with the error. limits: those of the calls that ask for the same
 * group as well.
 */
static void change(pid_t pid, int error, int limits, const char *whose)
{
	struct sched_param param = {0};
	struct rlimit64 limit = {64, 128};
	struct attr attr = {.size = sizeof(attr), .policy = SCHED_OTHER, .nice = 5};
	cpu_set_t cpus;

	NEED(sched_getaffinity(0, sizeof(cpus), &cpus) == 0);
#define IS(call)                                         \
	do {                                             \
		if (error == 0)                          \
			CHECK_OK(call, whose);           \
		else                                     \
			CHECK_ERRNO(call, error, whose); \
	} while (0)
	IS(setpriority(PRIO_PROCESS, (id_t)pid, 5));
	IS(sched_setscheduler(pid, SCHED_OTHER, &param));
	IS(sched_setparam(pid, &param));
	IS(syscall(SYS_sched_setattr, pid, &attr, 0));
	IS(sched_setaffinity(pid, sizeof(cpus), &cpus));
	IS(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 6)));
	error = limits;
	IS(syscall(SYS_prlimit64, pid, RLIMIT_NOFILE, &limit, NULL));
	IS(syscall(SYS_prlimit64, pid, RLIMIT_NOFILE, NULL, &limit));
#undef IS
}

static void look_into(pid_t pid, int error, const char *whose)
{
	void *head;
	size_t size;

#define IS(call)                                         \
	do {                                             \
		if (error == 0)                          \
			CHECK((call) >= 0, "%s", whose); \
		else                                     \
			CHECK_ERRNO(call, error, whose); \
	} while (0)
	IS(transfer(SYS_process_vm_readv, pid));
	IS(transfer(SYS_process_vm_writev, pid));
	IS(syscall(SYS_get_robust_list, pid, &head, &size));
	IS(syscall(SYS_kcmp, pid, pid, KCMP_VM, 0, 0));
	IS(syscall(SYS_kcmp, getpid(), pid, KCMP_VM, 0, 0));
	IS(take_descriptor(pid));
	IS(place_of_pages(pid));
#undef IS
}

/* What everybody may ask. */
static void ask(pid_t pid)
{
	struct sched_param param;
	struct timespec ts;
	struct attr attr;
	cpu_set_t cpus;

	CHECK_EQUAL(getpgid(pid), getpgrp(), "its process group");
	CHECK_EQUAL(getsid(pid), getsid(0), "its session");
	CHECK(getpriority(PRIO_PROCESS, (id_t)pid) >= 0, "its priority");
	CHECK_EQUAL(sched_getscheduler(pid), SCHED_OTHER, "its policy");
	CHECK_OK(sched_getparam(pid, &param), "with parameters");
	CHECK_OK(syscall(SYS_sched_getattr, pid, &attr, sizeof(attr), 0), "and attributes");
	CHECK_OK(sched_rr_get_interval(pid, &ts), "its interval");
	CHECK(syscall(SYS_sched_getaffinity, pid, sizeof(cpus), &cpus) > 0, "its processors");
	CHECK(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, pid) >= 0, "its priority for disks");
}

static void as_user(void *arg)
{
	(void)arg;
	NEED(syscall(SYS_setresuid, ONE, ONE, ONE) == 0);
	ask(others[1]);
	change(others[0], 0, 0, "a user's own");
	change(others[1], EPERM, EPERM, "another user's");
	change(getppid(), EPERM, EPERM, "root's");
	look_into(others[1], EPERM, "another user's inside");
	look_into(getppid(), EPERM, "root's inside");
}

/* Of users, and of process groups. */
static void many(void *arg)
{
	(void)arg;
	CHECK_OK(setpriority(PRIO_USER, ANOTHER, 7), "all that a user runs");
	CHECK_EQUAL(getpriority(PRIO_PROCESS, (id_t)others[1]), 7, "has the priority");
	CHECK_EQUAL(getpriority(PRIO_PROCESS, (id_t)others[0]), 5, "another's has not");
	CHECK_EQUAL(getpriority(PRIO_USER, ANOTHER), 7, "the user's priority");
	CHECK_ERRNO(setpriority(PRIO_USER, 54321, 7), ESRCH, "a user who runs nothing");
	CHECK_ERRNO(getpriority(PRIO_USER, 54321), ESRCH, "has no priority");
	CHECK_OK(syscall(SYS_ioprio_set, IOPRIO_WHO_USER, ANOTHER, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 7)),
		 "a user's priority for disks");
	CHECK_EQUAL(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, others[1]), IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 7),
		    "is the process's");
	CHECK_EQUAL(syscall(SYS_ioprio_get, IOPRIO_WHO_USER, ANOTHER), IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 7),
		    "and told for the user");
	NEED(syscall(SYS_setresuid, ONE, ONE, ONE) == 0);
	CHECK_OK(setpriority(PRIO_USER, 0, 9), "all that is one's own");
	CHECK_EQUAL(getpriority(PRIO_PROCESS, (id_t)others[0]), 9, "has the priority");
	CHECK_EQUAL(getpriority(PRIO_PROCESS, 0), 9, "oneself as well");
	CHECK_EQUAL(getpriority(PRIO_PROCESS, (id_t)others[1]), 7, "another user's has not");
	CHECK_ERRNO(setpriority(PRIO_USER, ANOTHER, 9), EPERM, "another user's is not to be changed");
	CHECK_ERRNO(setpriority(PRIO_PGRP, 0, 9), EPERM, "nor a group with others in it");
	CHECK_ERRNO(setpriority(3, 0, 9), EINVAL, "no such kind");
	CHECK_ERRNO(getpriority(3, 0), EINVAL, "to ask for");
}

/* A process group whose first process has ended. */
static void group(void)
{
	pid_t leader = fork(), member;
	int status;

	NEED(leader >= 0);
	if (leader == 0) {
		NEED(setpgid(0, 0) == 0);
		member = fork();
		if (member == 0)
			for (;;)
				pause();
		_exit(member > 0 ? 0 : 1);
	}
	NEED(waitpid(leader, &status, 0) == leader && status == 0);
	CHECK_EQUAL(getpriority(PRIO_PGRP, (id_t)leader), 0, "the priority of a group whose leader has ended");
	CHECK_OK(setpriority(PRIO_PGRP, (id_t)leader, 3), "is changed");
	CHECK_EQUAL(getpriority(PRIO_PGRP, (id_t)leader), 3, "and told");
	CHECK_OK(syscall(SYS_ioprio_set, IOPRIO_WHO_PGRP, leader, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 5)),
		 "its priority for disks");
	CHECK_EQUAL(syscall(SYS_ioprio_get, IOPRIO_WHO_PGRP, leader), IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 5),
		    "is told, too");
	CHECK_OK(kill(-leader, SIGKILL), "it ends");
	CHECK_ERRNO(getpriority(3, NOBODY), EINVAL, "no such kind of target");
	CHECK_ERRNO(setpriority(3, NOBODY, 1), EINVAL, "to be changed");
	CHECK_ERRNO(syscall(SYS_ioprio_get, 9, NOBODY), EINVAL, "nor for disks");
}

static void nobody(void)
{
	struct sched_param param;
	void *head;
	size_t size;

	CHECK_ERRNO(getpgid(NOBODY), ESRCH, "no process: its group");
	CHECK_ERRNO(getsid(NOBODY), ESRCH, "its session");
	CHECK_ERRNO(getpriority(PRIO_PROCESS, NOBODY), ESRCH, "its priority");
	CHECK_ERRNO(setpriority(PRIO_PROCESS, NOBODY, 1), ESRCH, "to be changed");
	CHECK_ERRNO(sched_getscheduler(NOBODY), ESRCH, "its policy");
	CHECK_ERRNO(sched_getparam(NOBODY, &param), ESRCH, "its parameters");
	CHECK_ERRNO(sched_getparam(-1, &param), EINVAL, "a negative number");
	CHECK_ERRNO(syscall(SYS_prlimit64, NOBODY, RLIMIT_NOFILE, NULL, NULL), ESRCH, "its limits");
	CHECK_ERRNO(transfer(SYS_process_vm_readv, NOBODY), ESRCH, "its memory");
	CHECK_ERRNO(syscall(SYS_get_robust_list, NOBODY, &head, &size), ESRCH, "its locks");
	CHECK_ERRNO(syscall(SYS_kcmp, getpid(), NOBODY, KCMP_VM, 0, 0), ESRCH, "compared");
	CHECK_ERRNO(syscall(SYS_migrate_pages, NOBODY, 0, NULL, NULL), ESRCH, "its pages");
	CHECK_ERRNO(syscall(SYS_pidfd_getfd, 1, 1, 0), EBADF, "no pidfd");
}

static void without_capabilities(void *arg)
{
	(void)arg;
	drop_cap(CAP_SYS_NICE);
	drop_cap(CAP_SYS_RESOURCE);
	drop_cap(CAP_SYS_PTRACE);
	change(others[1], EPERM, EPERM, "root without capabilities");
	look_into(others[1], EPERM, "looks into nobody else's");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	others[0] = sleeper(ONE, false);
	others[1] = sleeper(ANOTHER, false);
	nobody();
	group();
	ask(others[0]);
	look_into(others[0], 0, "root looks into others'");
	check_in_child(as_user, NULL);
	check_in_child(without_capabilities, NULL);
	change(others[1], 0, prctl(PR_CAPBSET_READ, CAP_SYS_RESOURCE) == 1 ? 0 : EPERM, "root changes others'");
	check_in_child(many, NULL);
	change(getpid(), 0, 0, "oneself");
	kill(others[0], SIGKILL);
	kill(others[1], SIGKILL);
	ended_by(others[0]);
	ended_by(others[1]);
	return check_end();
}

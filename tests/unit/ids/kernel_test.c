/*
 * The rules against the running kernel: a child that is really root makes random sequences of calls, natively and
 * through the handlers, and after each compares results, memory and everything that /proc/self/status and prctl(2) tell
 * of the two identities. Skipped for who is not root.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/host.h"
#include "fake.h"
#include "ops.h"

#define STEPS 60

static const char *check_state(void)
{
	static char text[1024];
	struct creds kernel;
	long dumpable = host_call(SYS_prctl, PR_GET_DUMPABLE),
	     nnp = host_call(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);

	if (fake_read_creds(getpid(), &kernel) < 0)
		return "cannot read the kernel's view";
	fake_differences(&kernel, fake.call.creds, text, sizeof(text));
	if (dumpable != fake.process.dumpable)
		snprintf(text, sizeof(text), "dumpable: kernel %ld, here %d", dumpable, fake.process.dumpable);
	if (nnp != ((fake.process.flags & PROCESS_NO_NEW_PRIVS) != 0))
		snprintf(text, sizeof(text), "no_new_privs: kernel %ld", nnp);
	return text;
}

struct report {
	char text[2048];
	uint64_t succeeded, failed;
};

static void run_sequence(uint64_t seed, struct report *report)
{
	struct creds now;

	ops_seed(seed);
	if (host_call(SYS_prctl, PR_SET_DUMPABLE, 1) < 0 || fake_read_creds(getpid(), &now) < 0)
		_exit(1);
	fake_begin(&now);
	for (int step = 0; step < STEPS; step++) {
		struct memory kernel_memory, model_memory;
		struct op o;
		const char *difference;
		long k, m;

		ops_make(&o);
		kernel_memory = model_memory = o.before;
		k = ops_native(&o, &kernel_memory);
		m = ops_handler(&o, &model_memory);
		difference = check_state();
		report->succeeded += k >= 0;
		report->failed += k < 0;
		if (k == m && difference[0] == '\0' && memcmp(&kernel_memory, &model_memory, sizeof(model_memory)) == 0)
			continue;
		snprintf(report->text, sizeof(report->text),
			 "seed %lu, step %d: call %ld(%lx, %lx, %lx, %lx, %lx): kernel %ld, here %ld;%s%s", seed, step,
			 o.nr, o.arg[0], o.arg[1], o.arg[2], o.arg[3], o.arg[4], k, m, difference,
			 memcmp(&kernel_memory, &model_memory, sizeof(model_memory)) != 0 ? "; memory differs" : "");
		_exit(1);
	}
	_exit(0);
}

/* Guests to signal: they sleep until they are killed. Every other one has a session of its own. */
static pid_t sleeper(uint32_t ruid, uint32_t euid, uint32_t suid, bool session)
{
	int ready[2];
	char byte;
	pid_t pid;

	cr_assert_eq(pipe(ready), 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		if (session)
			setsid();
		if (syscall(SYS_setresuid, ruid, euid, suid) != 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void start_sleepers(void)
{
	static const uint32_t id[] = {0, 1, 1000, 1001};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(fake.guests) - 1; i++) {
		struct creds who;

		fake.guests[n] = sleeper(id[i % 4], id[i / 2 % 4], id[i * 7 / 3 % 4], i % 2 != 0);
		cr_assert_eq(fake_read_creds(fake.guests[n], &who), 0);
		fake_slot(fake.guests[n++], &who);
	}
	fake.guests[n] = getpid();
}

Test(kernel, random_sequences, .timeout = 300)
{
	const char *text = getenv("LX_SEQUENCES");
	const uint64_t sequences = text != NULL ? strtoull(text, NULL, 10) : 4000;
	struct report *report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct creds me;

	cr_assert_neq(report, MAP_FAILED);
	cr_assert_eq(fake_read_creds(getpid(), &me), 0);
	if (me.euid != 0 || !creds_capable(&me, CAP_SETUID) || !creds_capable(&me, CAP_SETPCAP))
		cr_skip_test("needs to be the real root");
	fake_begin(&me);
	fake_slot(getpid(), &me);
	start_sleepers();
	for (uint64_t seed = 0; seed < sequences && report->text[0] == '\0'; seed++) {
		int status;
		pid_t pid = fork();

		cr_assert_geq(pid, 0);
		if (pid == 0)
			run_sequence(seed, report);
		cr_assert_eq(waitpid(pid, &status, 0), pid);
		cr_expect(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || report->text[0] != '\0'),
			  "seed %lu: status %x", seed, status);
	}
	for (size_t i = 0; i < ARRAY_SIZE(fake.guests) - 1; i++) {
		kill(fake.guests[i], SIGKILL);
		waitpid(fake.guests[i], NULL, 0);
	}
	cr_expect_str_empty(report->text, "%s", report->text);
	/* A sequence that soon cannot do anything any more would prove little. */
	cr_expect_gt(report->succeeded * 2, report->failed, "%lu calls succeeded, %lu failed", report->succeeded,
		     report->failed);
}

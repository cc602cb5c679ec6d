/* conformance: calls arch_prctl */
/* Pitfall 4: the bases of gs and fs are the guest's, over calls, signals, forks, threads and children in shared memory. */
#include "../check.h"

#include <asm/prctl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

static atomic_int wrong;
static volatile sig_atomic_t handled;

static unsigned long read_gs(void)
{
	unsigned long v;

	__asm__ volatile("mov %%gs:0, %0" : "=r"(v));
	return v;
}

static unsigned long base_of(int which)
{
	unsigned long v = 1;

	syscall(SYS_arch_prctl, which, &v);
	return v;
}

static void handler(int sig)
{
	struct stat st;

	(void)sig;
	stat("/", &st);
	handled = read_gs() == 0x1234567;
}

static bool intact(unsigned long word, const void *gs, unsigned long fs)
{
	return read_gs() == word && base_of(ARCH_GET_GS) == (unsigned long)gs && base_of(ARCH_GET_FS) == fs;
}

static void *in_thread(void *arg)
{
	unsigned long own[2] = {(unsigned long)arg, 0}, fs = base_of(ARCH_GET_FS);
	struct stat st;

	if (base_of(ARCH_GET_GS) != 0 && read_gs() != 0x1234567)
		wrong++;
	syscall(SYS_arch_prctl, ARCH_SET_GS, own);
	for (int i = 0; i < 500; i++)
		if (stat("/etc", &st) != 0 || !intact((unsigned long)arg, own, fs))
			wrong++;
	return NULL;
}

int main(int argc, char **argv)
{
	static unsigned long words[2] = {0x1234567, 0};
	unsigned long fs = base_of(ARCH_GET_FS);
	struct stat st;
	pthread_t t[4];
	int status, bad = 0;
	pid_t pid;

	check_begin(argc, argv);
	CHECK_OK(syscall(SYS_arch_prctl, ARCH_SET_GS, words), "sets gs");
	for (int i = 0; i < 2000; i++)
		bad += stat("/etc/passwd", &st) != 0 || access("/nothing", F_OK) == 0 || !intact(0x1234567, words, fs);
	CHECK_EQUAL(bad, 0, "both bases are kept over 2000 calls");
	signal(SIGUSR1, handler);
	raise(SIGUSR1);
	CHECK(handled && intact(0x1234567, words, fs), "and in and over a handler");
	pid = fork();
	if (pid == 0)
		_exit(stat("/", &st) == 0 && intact(0x1234567, words, fs) ? 3 : 4);
	waitpid(pid, &status, 0);
	CHECK_EQUAL(WEXITSTATUS(status), 3, "in a child");
	pid = vfork();
	if (pid == 0)
		_exit(stat("/", &st) == 0 && intact(0x1234567, words, fs) ? 3 : 4);
	waitpid(pid, &status, 0);
	CHECK_EQUAL(WEXITSTATUS(status), 3, "in a vfork child");
	CHECK(intact(0x1234567, words, fs), "after it");
	for (long i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, in_thread, (void *)(i + 100));
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	CHECK_EQUAL(wrong, 0, "each thread has its own");
	CHECK(intact(0x1234567, words, fs), "and so has the first");
	return check_end();
}

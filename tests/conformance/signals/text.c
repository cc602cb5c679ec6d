/*
 * Calls of the libc, made all at once by threads that get signals all the time, fork, and load and unload a library. Each call
 * must answer what it always does; a handler must find the thread in what the process has mapped; no signal may get lost.
 * conformance: dynamic
 */
#include "../storm.h"

#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>

#define THREADS 6
#define SECONDS 2
/* Where signals leave little time for calls. */
#define MOST   12
#define LEAST  10
#define RANGES 256

static struct {
	uintptr_t from, to;
} ranges[RANGES];
static int range_count;
static _Atomic int wrong, foreign, handled, rounds, stop, loading;
static _Atomic int got[2];

static void read_ranges(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[4500], flags[8];

	NEED(f != NULL);
	while (fgets(line, sizeof(line), f) != NULL && range_count < RANGES)
		if (sscanf(line, "%lx-%lx %7s", &ranges[range_count].from, &ranges[range_count].to, flags) == 3 &&
		    flags[2] == 'x')
			range_count++;
	fclose(f);
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;
	uintptr_t pc = (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
	bool found = false;
	int saved = errno;
	struct stat st;

	for (int i = 0; i < range_count; i++)
		found |= pc >= ranges[i].from && pc < ranges[i].to;
	/* What a handler calls, too. */
	if (stat("file", &st) != 0 || st.st_size != 5)
		wrong++;
	/* Not while the library, which was not there at first, begins or ends. */
	foreign += !found && !loading;
	handled++;
	if (sig != SIGALRM && info->si_code == SI_TKILL)
		got[sig == SIGUSR2]++;
	errno = saved;
}

static void calls(void)
{
	char text[64];
	struct stat st;
	int fd = open("file", O_RDONLY | O_CLOEXEC);

	wrong += fd < 0 || read(fd, text, sizeof(text)) != 5 || fstat(fd, &st) != 0 || st.st_size != 5;
	close(fd);
	wrong += stat("file", &st) != 0 || st.st_size != 5 || access("file", R_OK) != 0;
	errno = 0;
	wrong += stat("nothing", &st) != -1 || errno != ENOENT;
	errno = 0;
	wrong += stat((const char *)8, &st) != -1 || errno != EFAULT;
	wrong += readlink("link", text, sizeof(text)) != 4 || memcmp(text, "file", 4) != 0;
	wrong += getuid() != 0 || getppid() <= 0;
}

static void change(int self)
{
	char name[32];
	DIR *d = opendir(".");
	int seen = 0;

	snprintf(name, sizeof(name), "d%d", self);
	wrong += mkdir(name, 0700) != 0 || chmod(name, 0750) != 0 || rmdir(name) != 0;
	while (d != NULL && readdir(d) != NULL)
		seen++;
	wrong += d == NULL || seen < 4;
	if (d != NULL)
		closedir(d);
}

static void fork_once(void)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		int before = wrong;

		calls();
		_exit(wrong != before);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	wrong += status != 0;
}

static void *work(void *arg)
{
	int self = (int)(intptr_t)arg;

	for (int i = 0; !stop; i++) {
		calls();
		if (i % 8 == self)
			change(self);
		if (i % 64 == 8 * self)
			fork_once();
		if (self == 0) {
			void *library;

			loading = 1;
			library = dlopen("libm.so.6", RTLD_NOW | RTLD_LOCAL);
			wrong += library == NULL || dlclose(library) != 0;
			loading = 0;
		}
		rounds++;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
	struct itimerval often = {{0, 0}, {0, 0}}, never = {0};
	pthread_t thread[THREADS];
	time_t begin = time(NULL);
	int sent[2] = {0};
	FILE *f;

	check_begin(argc, argv);
	f = fopen("file", "we");
	NEED(f != NULL && fputs("hello", f) >= 0 && fclose(f) == 0 && symlink("file", "link") == 0);
	read_ranges();
	NEED(sigaction(SIGALRM, &sa, NULL) == 0 && sigaction(SIGUSR1, &sa, NULL) == 0 &&
	     sigaction(SIGUSR2, &sa, NULL) == 0);
	for (intptr_t i = 0; i < THREADS; i++)
		NEED(pthread_create(&thread[i], NULL, work, (void *)i) == 0);
	often.it_value.tv_usec = often.it_interval.tv_usec = storm_interval(500, storm_fork) % 1000000;
	NEED(setitimer(ITIMER_REAL, &often, NULL) == 0);
	for (int i = 0; time(NULL) < begin + (rounds > LEAST ? SECONDS : MOST); i++) {
		int which = i % 2, before = got[which];
		struct timespec wait = {0, 100000};

		NEED(pthread_kill(thread[i % THREADS], which ? SIGUSR2 : SIGUSR1) == 0);
		sent[which]++;
		for (int n = 0; n < 100000 && got[which] == before; n++)
			nanosleep(&wait, NULL);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	stop = 1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	printf("# %d rounds, %d signals\n", rounds, handled);
	CHECK_EQUAL(wrong, 0, "each call does what it always does");
	CHECK_EQUAL(foreign, 0, "handlers find the thread in the program's own text");
	CHECK(got[0] == sent[0] && got[1] == sent[1], "no signal to a thread is lost");
	CHECK(rounds > LEAST && handled > LEAST, "there was something to see");
	return check_end();
}

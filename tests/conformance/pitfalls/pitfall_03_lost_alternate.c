/*
 * Pitfall 3: an alternate stack that nothing is put on need not be there: its memory is given back, cannot be accessed, or is
 * smaller than a frame.
 */
#include "../check.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define SIZE 65536
#define PAGE 4096

static volatile sig_atomic_t seen;

static void handler(int sig)
{
	struct stat st;

	seen = sig;
	CHECK_OK(stat("/", &st), "a call of a handler's");
}

static void calls(const char *title)
{
	char name[16] = "", text[64];
	struct stat st;
	pid_t pid;
	int status = -1;

	snprintf(text, sizeof(text), "%s: a name is set", title);
	CHECK_OK(prctl(PR_SET_NAME, "other"), text);
	snprintf(text, sizeof(text), "%s: and read", title);
	CHECK_OK(prctl(PR_GET_NAME, name), text);
	snprintf(text, sizeof(text), "%s: it is the name", title);
	CHECK_STRING(name, "other", text);
	snprintf(text, sizeof(text), "%s: what is not there", title);
	CHECK_ERRNO(stat("/nothing", &st), ENOENT, text);
	snprintf(text, sizeof(text), "%s: a bad address", title);
	CHECK_ERRNO(stat((const char *)1, &st), EFAULT, text);
	snprintf(text, sizeof(text), "%s: a signal to itself", title);
	seen = 0;
	CHECK_OK(kill(getpid(), SIGUSR1), text);
	snprintf(text, sizeof(text), "%s: it came", title);
	CHECK_EQUAL(seen, SIGUSR1, text);
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(stat("/", &st) == 0 ? 7 : 1);
	snprintf(text, sizeof(text), "%s: a child", title);
	CHECK_EQUAL(waitpid(pid, &status, 0), pid, text);
	snprintf(text, sizeof(text), "%s: makes calls", title);
	CHECK_EQUAL(WEXITSTATUS(status), 7, text);
}

int main(int argc, char **argv)
{
	struct sigaction act = {.sa_handler = handler};
	stack_t stack = {.ss_size = SIZE}, now;

	check_begin(argc, argv);
	CHECK_OK(sigaction(SIGUSR1, &act, NULL), "a handler for the plain stack");
	stack.ss_sp = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK_OK(sigaltstack(&stack, NULL), "an alternate stack");
	calls("there");
	CHECK_OK(mprotect(stack.ss_sp, SIZE, PROT_NONE), "no access to its memory");
	calls("closed");
	CHECK_OK(munmap(stack.ss_sp, SIZE), "nor is it there");
	calls("gone");
	CHECK_OK(sigaltstack(NULL, &now), "it is asked for");
	CHECK(now.ss_sp == stack.ss_sp && now.ss_size == SIZE && now.ss_flags == 0, "as it was set");

	/* Below it is what cannot be written. */
	stack.ss_sp = (char *)mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + PAGE;
	CHECK_OK(mprotect((char *)stack.ss_sp - PAGE, PAGE, PROT_NONE), "a page below the next one");
	stack.ss_size = 2048;
	CHECK_OK(sigaltstack(&stack, NULL), "the smallest alternate stack");
	calls("small");
	return check_end();
}

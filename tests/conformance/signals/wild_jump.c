/*
 * A program that goes on at an address where there is nothing gets SIGSEGV or SIGBUS like any other, also where its handler has an
 * alternate stack, or resets itself; without one it dies of it.
 */
#include "../check.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#define PAGE 4096

static sigjmp_buf back;
static volatile sig_atomic_t seen;
static volatile uintptr_t where, pc;

static void handler(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;

	seen = sig;
	where = (uintptr_t)info->si_addr;
	pc = (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
	siglongjmp(back, 1);
}

static void go_to(uintptr_t address)
{
	if (sigsetjmp(back, 1) == 0)
		((void (*)(void))address)();
}

static void check_jump(const char *title, uintptr_t address, int want)
{
	char text[80];

	seen = 0;
	go_to(address);
	snprintf(text, sizeof(text), "%s: the signal", title);
	CHECK_EQUAL(seen, want, text);
	snprintf(text, sizeof(text), "%s: the address", title);
	CHECK_EQUAL(where, address, text);
	snprintf(text, sizeof(text), "%s: where the program was", title);
	CHECK_EQUAL(pc, address, text);
}

static void check_all(const char *title, int flags)
{
	struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
	char *pages = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *file, text[80];
	int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0700), status;
	pid_t pid;

	NEED(pages != MAP_FAILED && fd >= 0 && munmap(pages, PAGE) == 0 && munmap(pages + 2 * PAGE, PAGE) == 0);
	file = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	NEED(file != MAP_FAILED);
	NEED(sigaction(SIGSEGV, &act, NULL) == 0 && sigaction(SIGBUS, &act, NULL) == 0);
	snprintf(text, sizeof(text), "%s: nothing", title);
	check_jump(text, 0, SIGSEGV);
	NEED(sigaction(SIGSEGV, &act, NULL) == 0);
	snprintf(text, sizeof(text), "%s: what is not mapped", title);
	check_jump(text, (uintptr_t)pages + 100, SIGSEGV);
	NEED(sigaction(SIGSEGV, &act, NULL) == 0);
	snprintf(text, sizeof(text), "%s: the begin of what cannot be executed", title);
	check_jump(text, (uintptr_t)pages + PAGE, SIGSEGV);
	NEED(sigaction(SIGSEGV, &act, NULL) == 0);
	snprintf(text, sizeof(text), "%s: its end", title);
	check_jump(text, (uintptr_t)pages + 2 * PAGE - 1, SIGSEGV);
	snprintf(text, sizeof(text), "%s: behind a file's end", title);
	check_jump(text, (uintptr_t)file + 8, SIGBUS);
	NEED(munmap(pages + PAGE, PAGE) == 0 && munmap(file, PAGE) == 0 && close(fd) == 0 && unlink("file") == 0);
	NEED(signal(SIGSEGV, SIG_DFL) != SIG_ERR);
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		go_to(0);
	NEED(pid > 0 && waitpid(pid, &status, 0) == pid);
	snprintf(text, sizeof(text), "%s: by default", title);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "%s", text);
}

int main(int argc, char **argv)
{
	static char alternate[65536];
	stack_t stack = {.ss_sp = alternate, .ss_size = sizeof(alternate)};

	check_begin(argc, argv);
	check_all("plain", 0);
	check_all("reset", SA_RESETHAND);
	check_all("not deferred", SA_NODEFER);
	NEED(sigaltstack(&stack, NULL) == 0);
	check_all("alternate", SA_ONSTACK);
	return check_end();
}

/*
 * Pitfall 13: code that is made at run time, in pages that are writable and executable or become so in turn, makes calls:
 * plain and translated ones, with wrong numbers, at the very end of a page, while it is rewritten, and after the kernel was
 * told of its place in several ways.
 */
#include "../check.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

typedef long (*call_fn)(long a, long b, long c, long d, long e, long f);

/* mov %rcx,%r10; mov $nr,%eax; syscall; ret */
static const unsigned char code[] = {0x49, 0x89, 0xca, 0xb8, 0, 0, 0, 0, 0x0f, 0x05, 0xc3};

static void make(unsigned char *at, int nr)
{
	memcpy(at, code, sizeof(code));
	memcpy(at + 4, &nr, 4);
}

static bool works(const unsigned char *at, int nr)
{
	call_fn f = (call_fn)(uintptr_t)at;
	struct stat st = {0};
	int fd;

	switch (nr) {
	case SYS_stat:
		return f((long)"/etc/passwd", (long)&st, 0, 0, 0, 0) == 0 && S_ISREG(st.st_mode) &&
		       f((long)"/nothing", (long)&st, 0, 0, 0, 0) == -ENOENT && f(8, (long)&st, 0, 0, 0, 0) == -EFAULT;
	case SYS_getpid:
		return f(0, 0, 0, 0, 0, 0) == getpid();
	case SYS_openat:
		fd = (int)f(AT_FDCWD, (long)"/etc/passwd", O_RDONLY, 0, 0, 0);
		return fd >= 0 && close(fd) == 0;
	case SYS_getuid:
		return f(0, 0, 0, 0, 0, 0) == getuid();
	default:
		return f(0, 0, 0, 0, 0, 0) == -ENOSYS;
	}
}

static const int numbers[] = {SYS_stat, SYS_getpid, SYS_openat, SYS_getuid, 0x1234, -1};

#define EACH (sizeof(numbers) / sizeof(numbers[0]))

static unsigned char *memory(size_t size, int prot, int flags)
{
	unsigned char *p = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	NEED(p != MAP_FAILED);
	return p;
}

static void *rewrite(void *arg)
{
	unsigned char *at = arg;
	long wrong = 0;

	for (int i = 0; i < 3000; i++) {
		int nr = numbers[i % 4];

		make(at, nr);
		wrong += !works(at, nr);
	}
	return (void *)wrong;
}

static volatile sig_atomic_t trapped;

static void handler(int sig)
{
	(void)sig;
	trapped++;
}

int main(int argc, char **argv)
{
	unsigned char *p;
	pthread_t t[4];
	long wrong = 0;
	FILE *f;
	int fd;

	check_begin(argc, argv);
	p = memory(8192, PROT_READ | PROT_WRITE | PROT_EXEC, 0);
	for (size_t i = 0; i < EACH; i++) {
		make(p, numbers[i]);
		for (int k = 0; k < 100; k++)
			wrong += !works(p, numbers[i]);
	}
	CHECK_EQUAL(wrong, 0, "code in a page that is writable and executable, rewritten for each number");
	for (size_t i = 0; i < EACH; i++) {
		make(p + 4096 - 10, numbers[i]);
		wrong += !works(p + 4096 - 10, numbers[i]);
	}
	CHECK_EQUAL(wrong, 0, "a call that ends a page");
	p = memory(4096, PROT_READ | PROT_WRITE, 0);
	for (int k = 0; k < 50; k++)
		for (size_t i = 0; i < EACH; i++) {
			wrong += mprotect(p, 4096, PROT_READ | PROT_WRITE) != 0;
			make(p + 64, numbers[i]);
			wrong += mprotect(p, 4096, PROT_READ | PROT_EXEC) != 0;
			wrong += !works(p + 64, numbers[i]);
		}
	CHECK_EQUAL(wrong, 0, "code in a page that is writable or executable in turn");

	/* The two-faced kind: one memory, mapped to be written here and executed there. */
	fd = memfd_create("code", 0);
	NEED(fd >= 0 && ftruncate(fd, 4096) == 0);
	{
		unsigned char *w = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		unsigned char *x = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);

		NEED(w != MAP_FAILED && x != MAP_FAILED);
		for (size_t i = 0; i < EACH; i++) {
			make(w, numbers[i]);
			wrong += !works(x, numbers[i]);
		}
	}
	CHECK_EQUAL(wrong, 0, "code that is written through another mapping");
	f = fopen("code", "w");
	make(p = memory(4096, PROT_READ | PROT_WRITE, 0), SYS_stat);
	NEED(f != NULL && fwrite(p, 4096, 1, f) == 1 && fclose(f) == 0);
	fd = open("code", O_RDONLY);
	p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED && works(p, SYS_stat), "code in a file");
	p = memory(4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_32BIT);
	make(p, SYS_openat);
	CHECK(works(p, SYS_openat), "code below 2 GB");
	p = mremap(p, 4096, 8192, MREMAP_MAYMOVE);
	CHECK(p != MAP_FAILED && works(p, SYS_openat), "code that was moved");

	p = memory(4 * 4096, PROT_READ | PROT_WRITE | PROT_EXEC, 0);
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, rewrite, p + i * 4096);
	for (int i = 0; i < 4; i++) {
		void *r;

		pthread_join(t[i], &r);
		wrong += (long)r;
	}
	CHECK_EQUAL(wrong, 0, "four threads that rewrite their code");

	/* Into the middle: a jump to the call itself, with the number in place. */
	make(p, SYS_getpid);
	for (size_t i = 0; i < 4; i++) {
		long r;
		void *at = p + 8;

		__asm__ volatile("call *%[at]"
				 : "=a"(r)
				 : [at] "r"(at), "a"((long)SYS_access), "D"("/etc/passwd"), "S"((long)F_OK)
				 : "rcx", "r11", "memory");
		wrong += r != 0;
	}
	CHECK_EQUAL(wrong, 0, "a jump to the call instruction");
	signal(SIGTRAP, handler);
	p[0] = 0xcc;
	p[1] = 0xc3;
	((void (*)(void))(uintptr_t)p)();
	make(p, SYS_stat);
	CHECK(trapped == 1 && works(p, SYS_stat), "a breakpoint set and taken away");
	return check_end();
}

/*
 * Pitfall 15: vector and floating point registers are the program's, over translated calls (also such as wait, fail or are
 * interrupted), in threads, and in and over handlers that change them.
 */
#include "../storm.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>

static atomic_long signals;
static atomic_int wrong;
static bool avx, avx512;

struct state {
	unsigned char xmm[16][16];
	unsigned char ymm[16][32];
	unsigned char zmm[32][64];
	unsigned long k[8];
	unsigned mxcsr;
	unsigned char x87[512] __attribute__((aligned(16)));
};

static void fill(struct state *s, unsigned seed)
{
	unsigned char *p = (unsigned char *)s;

	for (size_t i = 0; i < sizeof(*s); i++)
		p[i] = (unsigned char)((seed = seed * 1103515245 + 12345) >> 16);
	s->mxcsr = 0x1f80 | (seed & 0x6000);
	memset(s->x87, 0, sizeof(s->x87));
}

/* Loads everything, makes a call n times, stores everything: in one piece of code. */
/* clang-format off */
static void keep(const struct state *in, struct state *out, long n, long nr, const void *a, const void *b)
{
	if (avx512) {
		__asm__ volatile("ldmxcsr %[mx]\n\t"
#define LOAD(r)  "vmovdqu64 " #r "*64(%[zi]), %%zmm" #r "\n\t"
#define STORE(r) "vmovdqu64 %%zmm" #r ", " #r "*64(%[zo])\n\t"
#define ALL(X)                                                                                                     \
	X(0)                                                                                                       \
	X(1)                                                                                                       \
	X(2)                                                                                                       \
	X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) X(20) X(21) \
		X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31)
				 ALL(LOAD)
#define KLOAD(r)  "kmovq " #r "*8(%[ki]), %%k" #r "\n\t"
#define KSTORE(r) "kmovq %%k" #r ", " #r "*8(%[ko])\n\t"
#define KS(X)     X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
					 KS(KLOAD) "1:\n\tmov %[nr], %%rax\n\tmov %[a], %%rdi\n\tmov %[b], "
						   "%%rsi\n\tsyscall\n\tdec %[n]\n\tjnz 1b\n\t" ALL(STORE) KS(KSTORE)
				 : [n] "+r"(n)
				 : [mx] "m"(in->mxcsr), [zi] "r"(in->zmm), [zo] "r"(out->zmm), [ki] "r"(in->k),
				   [ko] "r"(out->k), [nr] "r"(nr), [a] "r"(a), [b] "r"(b)
				 : "rax", "rdi", "rsi", "rcx", "r11", "memory");
	} else if (avx) {
		__asm__ volatile("ldmxcsr %[mx]\n\t"
#define YLOAD(r)   "vmovdqu " #r "*32(%[yi]), %%ymm" #r "\n\t"
#define YSTORE(r)  "vmovdqu %%ymm" #r ", " #r "*32(%[yo])\n\t"
#define SIXTEEN(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
				 SIXTEEN(YLOAD) "1:\n\tmov %[nr], %%rax\n\tmov %[a], %%rdi\n\tmov %[b], "
						"%%rsi\n\tsyscall\n\tdec %[n]\n\tjnz 1b\n\t" SIXTEEN(YSTORE)
				 : [n] "+r"(n)
				 : [mx] "m"(in->mxcsr), [yi] "r"(in->ymm), [yo] "r"(out->ymm), [nr] "r"(nr), [a] "r"(a),
				   [b] "r"(b)
				 : "rax", "rdi", "rsi", "rcx", "r11", "memory");
	} else {
		__asm__ volatile("ldmxcsr %[mx]\n\t"
#define XLOAD(r)  "movdqu " #r "*16(%[xi]), %%xmm" #r "\n\t"
#define XSTORE(r) "movdqu %%xmm" #r ", " #r "*16(%[xo])\n\t"
				 SIXTEEN(XLOAD) "1:\n\tmov %[nr], %%rax\n\tmov %[a], %%rdi\n\tmov %[b], "
						"%%rsi\n\tsyscall\n\tdec %[n]\n\tjnz 1b\n\t" SIXTEEN(XSTORE)
				 : [n] "+r"(n)
				 : [mx] "m"(in->mxcsr), [xi] "r"(in->xmm), [xo] "r"(out->xmm), [nr] "r"(nr), [a] "r"(a),
				   [b] "r"(b)
				 : "rax", "rdi", "rsi", "rcx", "r11", "memory");
	}
	__asm__ volatile("stmxcsr %0" : "=m"(out->mxcsr));
	out->mxcsr &= ~0x3fu; /* the sticky flags */
}
/* clang-format on */

static bool same(const struct state *a, const struct state *b)
{
	if (a->mxcsr != b->mxcsr)
		return false;
	if (avx512)
		return memcmp(a->zmm, b->zmm, sizeof(a->zmm)) == 0 && memcmp(a->k, b->k, sizeof(a->k)) == 0;
	return avx ? memcmp(a->ymm, b->ymm, sizeof(a->ymm)) == 0 : memcmp(a->xmm, b->xmm, sizeof(a->xmm)) == 0;
}

/* The stack of the x87, its control word, and what is computed with it. */
static bool x87_kept(long n)
{
	long double a = 1.25L, b = 3.5L, c = 7.125L, r;
	unsigned short control = 0x0e7f, now;
	struct stat st;

	__asm__ volatile("fninit; fldcw %[w]; fldt %[a]; fldt %[b]; fldt %[c]\n\t"
			 "1: mov %[nr], %%rax; mov %[p], %%rdi; mov %[s], %%rsi; syscall; dec %[n]; jnz 1b\n\t"
			 "fmulp; faddp; fnstcw %[now]; fstpt %[r]; fninit"
			 : [r] "=m"(r), [now] "=m"(now), [n] "+r"(n)
			 : [w] "m"(control), [a] "m"(a), [b] "m"(b), [c] "m"(c), [nr] "r"((long)SYS_stat),
			   [p] "r"("/etc/passwd"), [s] "r"(&st)
			 : "rax", "rdi", "rsi", "rcx", "r11", "memory", "st", "st(1)", "st(2)");
	return r == 1.25L + 3.5L * 7.125L && now == control;
}

static void handler(int sig)
{
	static const struct state other;
	static struct state out;
	static struct stat st;

	(void)sig;
	/* All of them are different here for some time. */
	keep(&other, &out, 1, SYS_stat, "/", &st);
	__asm__ volatile("fninit; fldpi; fldpi");
	signals++;
}

static bool check_calls(unsigned seed, long n)
{
	struct state *in = malloc(sizeof(*in)), *out = malloc(sizeof(*out));
	struct stat st;
	bool ok = true;
	NEED(in != NULL && out != NULL);
	for (int i = 0; i < 5; i++) {
		fill(in, seed + (unsigned)i);
		keep(in, out, n, SYS_stat, "/etc/passwd", &st);
		ok &= same(in, out);
		keep(in, out, n, SYS_access, "/nothing", NULL);
		ok &= same(in, out);
		keep(in, out, n, SYS_stat, (void *)8, &st);
		ok &= same(in, out);
	}
	free(in);
	free(out);
	return ok && x87_kept(n);
}

static void *in_thread(void *arg)
{
	if (!check_calls((unsigned)(long)arg * 1000, 30))
		wrong++;
	return NULL;
}

int main(int argc, char **argv)
{
	struct itimerval often = {0}, never = {0};
	struct sigaction act = {.sa_handler = handler, .sa_flags = SA_RESTART};
	pthread_t t[4];

	check_begin(argc, argv);
	__builtin_cpu_init();
	avx = __builtin_cpu_supports("avx") != 0;
	avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
	CHECK(check_calls(1, 100), "kept over thousands of calls");
	for (long i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, in_thread, (void *)(i + 7));
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	CHECK_EQUAL(wrong, 0, "in four threads");
	sigaction(SIGALRM, &act, NULL);
	/* The handler makes a call too. */
	often.it_value.tv_usec = often.it_interval.tv_usec = storm_interval(300, storm_call);
	setitimer(ITIMER_REAL, &often, NULL);
	for (unsigned i = 0; i < 500 && signals < 100; i++)
		if (!check_calls(i, 20))
			wrong++;
	setitimer(ITIMER_REAL, &never, NULL);
	CHECK_EQUAL(wrong, 0, "under a storm of handlers that change them");
	CHECK(signals > 50, "which came");
	return check_end();
}

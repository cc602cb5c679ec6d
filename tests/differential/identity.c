/*
 * Random calls of several users on a small tree, one line for each: what was called and what came of it. The same seed is the
 * same sequence wherever it runs, so its output on two kernels can be compared.
 *
 * usage: identity [--acls] [--only STEPS] FIRST COUNT STEPS
 *
 * COUNT sequences of STEPS steps each, from the seed FIRST on, in new directories below the current one. --only leaves out all
 * steps but those of a list (3,7-12), which does not change what the others do. Needs root.
 *
 * One worker acts at a time: the parent hands on the turn. Step 0 says who the workers are.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "identity.h"

struct options options;
char base[512], top[256];
char program[256];

static const char *only;
static pid_t *pids;

struct channel {
	int to, from;
};

static void die(const char *what)
{
	perror(what);
	exit(2);
}

/* --- a worker ---------------------------------------------------------------------------------------------------------- */

static const struct {
	unsigned weight;
	const struct choice *list;
	const unsigned *count;
} families[] = {
	{10, file_calls, &file_calls_count},
	{9, attribute_calls, &attribute_calls_count},
	{4, id_calls, &id_calls_count},
};

static call *choose(void)
{
	unsigned sum = 0, n;
	unsigned family = 0, i;

	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		sum += families[i].weight;
	for (n = dice(sum); n >= families[family].weight; family++)
		n -= families[family].weight;
	for (sum = i = 0; i < *families[family].count; i++)
		sum += families[family].list[i].weight;
	for (n = dice(sum), i = 0; n >= families[family].list[i].weight; i++)
		n -= families[family].list[i].weight;
	return families[family].list[i].call;
}

/* Whose directory was moved out of the tree comes back, or makes room for another. */
static bool stays(struct worker *w)
{
	char text[512];

	if (w->jailed || (getcwd(text, sizeof(text)) != NULL && !is_outside(text)) || chdir(base) == 0)
		return true;
	say("lost");
	w->leaving = true;
	return false;
}

/* Answers each turn with one byte: 'l' says that this process makes room for another. */
static void work(int number, uint64_t seed, uint32_t step, struct channel c)
{
	struct worker w = {.number = number, .pids = pids};

	for (int i = 0; i < SLOTS; i++)
		w.slots[i] = NONE;
	dice_throw(seed, UINT64_C(1) << 32 | step << 2 | (unsigned)number);
	say("%4u w%d is", step, number);
	become(&w);
	say_end();
	do {
		if (write(c.to, w.leaving ? "l" : "a", 1) != 1 || read(c.from, &step, sizeof(step)) != sizeof(step) ||
		    step == 0)
			_exit(0);
		dice_throw(seed, step);
		(void)dice(WORKERS);
		say("%4u w%d ", step, number);
		if (stays(&w))
			choose()(&w);
		say_end();
	} while (true);
}

static char answer(int fd)
{
	char c;

	return read(fd, &c, 1) == 1 ? c : '\0';
}

static struct channel start(int number, uint64_t seed, uint32_t step)
{
	int down[2], up[2];
	pid_t pid;

	if (pipe2(down, O_CLOEXEC) < 0 || pipe2(up, O_CLOEXEC) < 0)
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		close(down[1]);
		close(up[0]);
		work(number, seed, step, (struct channel){.to = up[1], .from = down[0]});
	}
	pids[number] = pid;
	close(down[0]);
	close(up[1]);
	(void)answer(up[0]);
	return (struct channel){.to = down[1], .from = up[0]};
}

/* No closed pipe would say it: the other workers have it too. */
static void stop(int number, struct channel *c)
{
	const uint32_t end = 0;

	if (write(c->to, &end, sizeof(end)) != sizeof(end))
		say("worker %d was gone\n", number);
	close(c->to);
	close(c->from);
	(void)waitpid(pids[number], NULL, 0);
}

/* --- a sequence -------------------------------------------------------------------------------------------------------- */

static bool is_wanted(unsigned step)
{
	unsigned low, high;
	int n, used;

	if (only == NULL)
		return true;
	for (const char *p = only; (n = sscanf(p, "%u%n", &low, &used)) == 1;) {
		p += used;
		high = low;
		if (*p == '-' && sscanf(p, "-%u%n", &high, &used) == 1)
			p += used;
		if (step >= low && step <= high)
			return true;
		if (*p == ',')
			p++;
	}
	return false;
}

static void sequence(uint64_t seed, unsigned steps)
{
	struct channel channels[WORKERS];
	char said;

	say("seed %ju", (uintmax_t)seed);
	say_end();
	tree_make();
	for (int i = 0; i < WORKERS; i++)
		channels[i] = start(i, seed, 0);
	for (uint32_t step = 1; step <= steps; step++) {
		int i;

		if (!is_wanted(step))
			continue;
		dice_throw(seed, step);
		i = (int)dice(WORKERS);
		if (write(channels[i].to, &step, sizeof(step)) != sizeof(step))
			die("write");
		said = answer(channels[i].from);
		if (said == '\0') {
			say("%4u w%d is gone", step, i);
			say_end();
			break;
		}
		if (said == 'l') {
			stop(i, &channels[i]);
			channels[i] = start(i, seed, step);
		}
	}
	for (int i = 0; i < WORKERS; i++)
		stop(i, &channels[i]);
	tree_print();
	tree_remove();
}

/* Some containers' root lacks this one: nobody has it. */
static void even_out(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) < 0)
		die("capget");
	(void)prctl(PR_CAPBSET_DROP, CAP_SYS_RESOURCE);
	data[0].effective &= ~(1u << CAP_SYS_RESOURCE);
	data[0].permitted &= ~(1u << CAP_SYS_RESOURCE);
	data[0].inheritable = data[1].inheritable = 0;
	if (syscall(SYS_capset, &head, data) < 0)
		die("capset");
}

int main(int argc, char **argv)
{
	uint64_t first, count;
	int i = 1;

	if (argc > 0 && strcmp(argv[0], "tell") == 0)
		return tell_ids();
	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--acls") == 0)
			options.acls = true;
		else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
			only = argv[++i];
		else
			break;
	}
	if (argc - i != 3) {
		fprintf(stderr, "usage: identity [--acls] [--only STEPS] FIRST COUNT STEPS\n");
		return 2;
	}
	first = strtoull(argv[i], NULL, 10);
	count = strtoull(argv[i + 1], NULL, 10);
	if (getcwd(top, sizeof(top) - 32) == NULL || readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
		die("where am I");
	strcat(top, "/w");
	snprintf(base, sizeof(base), "%s/w/w/w/w", top);
	pids = mmap(NULL, WORKERS * sizeof(*pids), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (pids == MAP_FAILED)
		die("mmap");
	signal(SIGPIPE, SIG_IGN);
	if (setgroups(0, NULL) < 0)
		die("setgroups");
	even_out();
	for (uint64_t seed = first; seed < first + count; seed++)
		sequence(seed, (unsigned)strtoul(argv[i + 2], NULL, 10));
	return 0;
}

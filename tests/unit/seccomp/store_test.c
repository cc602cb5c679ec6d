/* Where programs are kept: a number for each different stack, the same for equal ones. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "translator/seccomp/store.h"

static struct instance *in;

static void start(void)
{
	in = calloc(1, sizeof(*in));
	cr_assert(in != NULL);
	strcpy(in->runtime, "/tmp/seccomp.XXXXXX");
	cr_assert(mkdtemp(in->runtime) != NULL);
}

static void end(void)
{
	char command[300];

	snprintf(command, sizeof(command), "rm -rf '%s'", in->runtime);
	cr_assert(system(command) == 0);
	free(in);
}

TestSuite(store, .init = start, .fini = end);

/* A stack of one program of n instructions that all return `action`. */
static struct seccomp_stack *stack(uint16_t n, uint32_t action)
{
	const struct seccomp_head head = {.length = n};
	uint32_t size = (uint32_t)(sizeof(struct seccomp_stack) + (1u + n) * sizeof(struct sock_filter));
	struct seccomp_stack *s = calloc(1, size);

	cr_assert(s != NULL);
	s->size = size;
	s->count = 1;
	memcpy(s->code, &head, sizeof(head));
	for (uint16_t i = 0; i < n; i++)
		s->code[1 + i] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action);
	return s;
}

Test(store, what_is_put_is_got)
{
	struct seccomp_stack *small = stack(1, 5), *large = stack(4000, 6);
	long a = seccomp_store_put(in, small), b = seccomp_store_put(in, large);
	const struct seccomp_stack *got;

	cr_assert(a > 0 && b > 0 && a != b);
	cr_assert(a < 1l << SECCOMP_ID_BITS && b < 1l << SECCOMP_ID_BITS);
	got = seccomp_store_get(in, (uint32_t)a);
	cr_assert(got != NULL && memcmp(got, small, small->size) == 0);
	got = seccomp_store_get(in, (uint32_t)b);
	cr_assert(got != NULL && memcmp(got, large, large->size) == 0);
	cr_assert(seccomp_store_get(in, (uint32_t)b) == got, "mapped once");
	free(small);
	free(large);
}

Test(store, equal_stacks_share_a_number)
{
	struct seccomp_stack *one = stack(9, 1), *same = stack(9, 1), *other = stack(9, 2);
	long id = seccomp_store_put(in, one);

	for (int i = 0; i < 100; i++)
		cr_assert(seccomp_store_put(in, same) == id);
	cr_assert(seccomp_store_put(in, other) != id);
	free(one);
	free(same);
	free(other);
}

Test(store, a_taken_number_leads_to_the_next)
{
	struct seccomp_stack *s = stack(3, 3), *again = stack(3, 3);
	long id = seccomp_store_put(in, s), next;
	char path[300];
	FILE *f;

	/* Another stack of the same hash: same size, other content. */
	snprintf(path, sizeof(path), "%s/f/%06lx", in->runtime, (unsigned long)id);
	cr_assert(chmod(path, 0600) == 0);
	f = fopen(path, "r+");
	cr_assert(f != NULL && fseek(f, sizeof(struct seccomp_stack) + sizeof(struct sock_filter), SEEK_SET) == 0);
	cr_assert(fputc('x', f) != EOF && fclose(f) == 0);
	next = seccomp_store_put(in, again);
	cr_assert(next == id + 1);
	cr_assert(memcmp(seccomp_store_get(in, (uint32_t)next), again, again->size) == 0);
	free(s);
	free(again);
}

Test(store, files_are_private_and_complete)
{
	struct seccomp_stack *s = stack(2, 2);
	long id = seccomp_store_put(in, s);
	char path[300];
	struct stat st;

	snprintf(path, sizeof(path), "%s/f/%06lx", in->runtime, (unsigned long)id);
	cr_assert(stat(path, &st) == 0);
	cr_assert((st.st_mode & 07777) == 0400);
	cr_assert(st.st_size == (long)s->size);
	cr_assert((long)st.st_nlink == 1, "the name that it was written under is gone");
	free(s);
}

Test(store, processes_at_the_same_time)
{
	long want = -1;

	for (int i = 0; i < 8; i++) {
		pid_t pid = fork();

		cr_assert(pid != -1);
		if (pid == 0) {
			for (uint16_t n = 1; n < 40; n++)
				if (seccomp_store_put(in, stack(n, 4)) <= 0)
					_exit(1);
			_exit(0);
		}
	}
	for (int i = 0; i < 8; i++) {
		int status;

		cr_assert(wait(&status) != -1);
		cr_assert(status == 0);
	}
	for (uint16_t n = 1; n < 40; n++) {
		struct seccomp_stack *s = stack(n, 4);

		want = seccomp_store_put(in, s);
		cr_assert(want > 0);
		cr_assert(memcmp(seccomp_store_get(in, (uint32_t)want), s, s->size) == 0);
		free(s);
	}
}

Test(store, what_is_not_there)
{
	struct seccomp_stack *s = stack(1, 1);
	struct instance *other = calloc(1, sizeof(*other));

	cr_assert(other != NULL && seccomp_store_get(in, 77) == NULL);
	strcpy(other->runtime, "/nowhere");
	cr_assert(seccomp_store_put(other, s) == -ENOENT);
	free(other);
	free(s);
}

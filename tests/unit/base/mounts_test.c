/* The mount table's writers: one at a time, and killed in the middle of what they do. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/instance.h"

static struct instance *in;

static void set_up(void)
{
	in = mmap(NULL, sizeof(*in), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(in, MAP_FAILED);
}

TestSuite(writers, .init = set_up);

static struct mount_entry entry(const char *point, int number)
{
	struct mount_entry e = {.kind = MOUNT_BIND};

	(void)snprintf(e.point, sizeof(e.point), "%s%d", point, number);
	(void)snprintf(e.source, sizeof(e.source), "/source of %s%d", point, number);
	return e;
}

Test(writers, the_last_mount_above_a_path)
{
	struct mount_entry a = {.kind = MOUNT_BIND, .point = "/a"}, ab = {.kind = MOUNT_BIND, .point = "/a/b"};

	cr_expect_eq(instance_find_mount(in, 0, "/a"), -1);
	cr_assert_eq(instance_add_mount(in, &ab), 0);
	cr_assert_eq(instance_add_mount(in, &a), 0);
	cr_expect_eq(instance_find_mount(in, 0, "/a/b"), 1, "hidden by the later one");
	cr_expect_eq(instance_find_mount(in, 0, "/ab"), -1);
	cr_expect_eq(instance_find_mount(in, 0, "/"), -1);
	instance_mounts_lock(in);
	instance_delete_mount(in, 1);
	instance_mounts_unlock(in);
	cr_expect_eq(instance_find_mount(in, 0, "/a/b/c"), 0);
	cr_expect_eq(instance_find_mount(in, 0, "/a"), -1);
}

Test(writers, an_id_is_kept_when_it_is_given)
{
	struct mount_entry e = entry("/x", 1);

	cr_assert_eq(instance_add_mount(in, &e), 0);
	instance_mounts_lock(in);
	e = in->mounts[0];
	uint32_t id = e.id;
	instance_delete_mount(in, 0);
	strcpy(e.point, "/moved");
	cr_expect_eq(instance_insert_mount(in, &e), 0);
	e.flags = MOUNT_READ_ONLY;
	instance_replace_mount(in, 0, &e);
	instance_mounts_unlock(in);
	cr_expect_eq(in->mounts[0].id, id);
	cr_expect_eq(in->mounts[0].flags, MOUNT_READ_ONLY);
	cr_expect_str_eq(in->mounts[0].point, "/moved");
}

/* Entries are whole, have ids of their own, and the table is not being changed. */
static const char *what_is_wrong(void)
{
	if (in->mounts_generation % 2 != 0)
		return "a change is unfinished";
	if (in->mount_count > INSTANCE_MOUNTS)
		return "too many";
	for (uint32_t i = 0; i < in->mount_count; i++) {
		const struct mount_entry *e = &in->mounts[i];
		char source[sizeof(e->source)];

		(void)snprintf(source, sizeof(source), "/source of %s", e->point);
		if (e->kind != MOUNT_BIND)
			return "a free entry";
		if (strcmp(source, e->source) != 0)
			return "half of one and half of another";
		for (uint32_t k = 0; k < i; k++)
			if (in->mounts[k].id == e->id)
				return "an id twice";
	}
	return NULL;
}

static void change_at_random(unsigned seed)
{
	srand(seed);
	for (;;) {
		instance_mounts_lock(in);
		if (in->mount_count < 20 && rand() % 2 == 0) {
			struct mount_entry e = entry("/point", rand());

			if (instance_insert_mount(in, &e) != 0)
				_exit(1);
		} else if (in->mount_count > 0) {
			instance_delete_mount(in, rand() % (int)in->mount_count);
		}
		instance_mounts_unlock(in);
	}
}

Test(writers, namespaces)
{
	struct mount_entry node = {.kind = MOUNT_BIND, .flags = MOUNT_BUILT_IN | MOUNT_FILE, .point = "/dev/null"};
	struct mount_entry b = {.kind = MOUNT_BIND, .point = "/b"};
	uint32_t ns;

	cr_assert_eq(instance_add_mount(in, &node), 0);
	instance_mounts_lock(in);
	cr_assert_eq(instance_copy_mount_ns(in, 0, &ns), 0);
	instance_mounts_unlock(in);
	cr_assert_neq(ns, 0);
	cr_assert_eq(in->mount_count, 2);
	cr_expect_neq(in->mounts[0].id, in->mounts[1].id);
	cr_expect_eq(in->mounts[1].flags, MOUNT_FILE | MOUNT_PART, "it came with no instance");
	b.ns = ns;
	cr_assert_eq(instance_add_mount(in, &b), 0);
	cr_expect_eq(instance_find_mount(in, 0, "/b"), -1);
	cr_expect_eq(instance_find_mount(in, ns, "/b"), 2);
	cr_expect_eq(instance_find_mount(in, ns, "/dev/null"), 1);
	cr_expect_eq(instance_remove_mount(in, 0, "/b"), -EINVAL);
	instance_mounts_lock(in);
	instance_drop_mount_ns(in, ns);
	instance_mounts_unlock(in);
	cr_expect_eq(in->mount_count, 1);
	cr_expect_eq(instance_find_mount(in, 0, "/dev/null"), 0);
}

Test(writers, killed_anywhere, .timeout = 120)
{
	int repaired = 0;

	for (unsigned round = 0; round < 300; round++) {
		pid_t child[3];

		for (unsigned i = 0; i < 3; i++) {
			child[i] = fork();
			cr_assert_geq(child[i], 0);
			if (child[i] == 0)
				change_at_random(round * 3 + i);
		}
		usleep(1000 + round * 7 % 1000);
		for (unsigned i = 0; i < 3; i++) {
			kill(child[i], SIGKILL);
			cr_assert_eq(waitpid(child[i], NULL, 0), child[i]);
		}
		repaired += in->mounts_generation % 2;
		instance_mounts_lock(in);
		const char *wrong = what_is_wrong();
		instance_mounts_unlock(in);
		cr_assert_null(wrong, "round %u: %s", round, wrong);
	}
	cr_expect_gt(repaired, 0, "no writer was killed in the middle: the test proved nothing");
}

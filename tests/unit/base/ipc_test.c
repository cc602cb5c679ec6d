/* base/ipc.c: owners by kind and number, in a table that fills up. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/ipc.h"

static struct ipc_table *t;

static void set_up(void)
{
	t = calloc(1, sizeof(*t));
	cr_assert_not_null(t);
}

static void tear_down(void)
{
	free(t);
}

TestSuite(ipc, .init = set_up, .fini = tear_down);

static bool set(enum ipc_kind kind, uint64_t id, uint32_t uid)
{
	const struct ipc_owner o = {.uid = uid, .mode = 0640};

	return ipc_set(t, kind, id, &o);
}

/* The owner, or -1. */
static long find(enum ipc_kind kind, uint64_t id)
{
	struct ipc_owner o;

	return ipc_find(t, kind, id, &o) ? (long)o.uid : -1;
}

static bool is_odd(enum ipc_kind kind, uint64_t id)
{
	return kind == IPC_KIND_SHM && id % 2 != 0;
}

Test(ipc, kinds_and_numbers)
{
	cr_expect_eq(find(IPC_KIND_MSG, 0), -1);
	cr_assert(set(IPC_KIND_MSG, 0, 1));
	cr_assert(set(IPC_KIND_SEM, 0, 2));
	cr_assert(set(IPC_KIND_MQUEUE, UINT32_MAX, 3));
	cr_expect_eq(find(IPC_KIND_MSG, 0), 1);
	cr_expect_eq(find(IPC_KIND_SEM, 0), 2);
	cr_expect_eq(find(IPC_KIND_SHM, 0), -1);
	cr_expect_eq(find(IPC_KIND_MQUEUE, UINT32_MAX), 3);
	cr_assert(set(IPC_KIND_MSG, 0, 4));
	cr_expect_eq(find(IPC_KIND_MSG, 0), 4, "another owner");
	ipc_remove(t, IPC_KIND_MSG, 0);
	ipc_remove(t, IPC_KIND_MSG, 0);
	cr_expect_eq(find(IPC_KIND_MSG, 0), -1);
	cr_expect_eq(find(IPC_KIND_SEM, 0), 2);
}

Test(ipc, full)
{
	for (uint32_t i = 0; i < IPC_OWNERS; i++)
		cr_assert(set(IPC_KIND_SHM, i, i));
	cr_expect_not(set(IPC_KIND_SHM, IPC_OWNERS, 7));
	cr_expect(set(IPC_KIND_SHM, 5, 6), "one that is there");
	cr_expect_eq(ipc_sweep(t, is_odd), IPC_OWNERS / 2);
	for (uint32_t i = 0; i < IPC_OWNERS; i++)
		cr_assert_eq(find(IPC_KIND_SHM, i), i % 2 != 0 ? -1 : (long)i);
	for (uint32_t i = 0; i < IPC_OWNERS / 2; i++)
		cr_assert(set(IPC_KIND_MSG, i, i + 1));
	cr_expect_not(set(IPC_KIND_MSG, IPC_OWNERS, 7));
	for (uint32_t i = 0; i < IPC_OWNERS / 2; i++)
		cr_assert_eq(find(IPC_KIND_MSG, i), i + 1);
	cr_expect_eq(find(IPC_KIND_SHM, 1), -1);
}

static unsigned asked;

static bool is_never(enum ipc_kind kind, uint64_t id)
{
	(void)kind;
	(void)id;
	asked++;
	return false;
}

Test(ipc, sweeps_in_vain_are_rare)
{
	unsigned removed = 0;

	for (uint32_t i = 0; i < IPC_OWNERS; i++)
		cr_assert(set(IPC_KIND_SHM, i, i));
	for (uint32_t i = 0; i < 4 * IPC_OWNERS; i++)
		cr_assert_eq(ipc_sweep(t, is_never), 0);
	cr_expect_leq(asked, 4 * IPC_OWNERS);
	for (uint32_t i = 0; i <= IPC_OWNERS && removed == 0; i++)
		removed = ipc_sweep(t, is_odd);
	cr_expect_eq(removed, IPC_OWNERS / 2, "it looks again some time");
}

/* The sidecar's records and its index. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/sidecar.h"

static const struct sidecar_key link_key = {.inode = 77, .birth = -5, .type = S_IFLNK};

static struct sidecar_record owner_record(void)
{
	return (struct sidecar_record){.kind = SIDECAR_OWNER,
				       .key = link_key,
				       .owner = {.uid = 1000, .gid = 4294967294u, .mode = S_IFLNK | 0777, .rdev = 3}};
}

Test(sidecar, an_owner_there_and_back)
{
	struct sidecar_record r = owner_record(), back;
	unsigned char buf[100];
	long n = sidecar_encode(&r, buf, sizeof(buf));

	cr_assert_eq(n, 56);
	cr_assert_eq(sidecar_decode(buf, sizeof(buf), &back), n);
	cr_expect_eq(back.kind, SIDECAR_OWNER);
	cr_expect(sidecar_same(&back.key, &link_key));
	cr_expect_eq(memcmp(&back.owner, &r.owner, sizeof(r.owner)), 0);
	cr_expect_eq(sidecar_encode(&r, buf, 55), -ERANGE);
}

Test(sidecar, an_attribute_there_and_back)
{
	struct sidecar_record r = {.kind = SIDECAR_ATTRIBUTE, .key = link_key, .name = "user.a", .name_length = 6};
	struct sidecar_record back;
	char *value = malloc(SIDECAR_VALUE_MAX), *buf = malloc(SIDECAR_RECORD_MAX);

	memset(value, 7, SIDECAR_VALUE_MAX);
	r.value = value;
	for (uint32_t size = 0; size <= SIDECAR_VALUE_MAX; size = size * 3 + 1) {
		long n;

		r.value_size = size;
		n = sidecar_encode(&r, buf, SIDECAR_RECORD_MAX);
		cr_assert_gt(n, 0);
		cr_assert_eq(n % 8, 0);
		cr_assert_eq(sidecar_decode(buf, (size_t)n, &back), n);
		cr_assert_eq(back.value_size, size);
		cr_assert_not_null(back.value);
		cr_assert_eq(memcmp(back.value, value, size), 0);
		cr_assert_eq(back.name_length, 6);
		cr_assert_eq(memcmp(back.name, "user.a", 6), 0);
		cr_assert_eq(sidecar_decode(buf, (size_t)n - 1, &back), -EINVAL);
	}
	r.value_size = SIDECAR_VALUE_MAX + 1;
	cr_expect_eq(sidecar_encode(&r, buf, SIDECAR_RECORD_MAX), -EINVAL);
	r.value = NULL;
	r.value_size = 0;
	cr_expect_gt(sidecar_encode(&r, buf, SIDECAR_RECORD_MAX), 0);
	cr_expect_gt(sidecar_decode(buf, SIDECAR_RECORD_MAX, &back), 0);
	cr_expect_null(back.value);
	r.name_length = 0;
	cr_expect_eq(sidecar_encode(&r, buf, SIDECAR_RECORD_MAX), -EINVAL);
	free(value);
	free(buf);
}

Test(sidecar, what_no_record_can_say)
{
	struct sidecar_record r = owner_record();
	unsigned char buf[100];

	r.key.inode = 0;
	cr_expect_eq(sidecar_encode(&r, buf, sizeof(buf)), -EINVAL);
	r = owner_record();
	r.key.type = 0;
	cr_expect_eq(sidecar_encode(&r, buf, sizeof(buf)), -EINVAL);
	r = owner_record();
	r.owner.mode |= 1 << 20;
	cr_expect_eq(sidecar_encode(&r, buf, sizeof(buf)), -EINVAL);
	r = owner_record();
	r.kind = 9;
	cr_expect_eq(sidecar_encode(&r, buf, sizeof(buf)), -EINVAL);
}

/* Every bit of it is guarded. */
Test(sidecar, a_damaged_record_is_none)
{
	struct sidecar_record r = {.kind = SIDECAR_ATTRIBUTE,
				   .key = link_key,
				   .name = "user.a",
				   .name_length = 6,
				   .value = "value",
				   .value_size = 5};
	struct sidecar_record back;
	unsigned char buf[100];
	long n = sidecar_encode(&r, buf, sizeof(buf));

	for (long bit = 0; bit < n * 8; bit++) {
		buf[bit / 8] ^= (unsigned char)(1 << bit % 8);
		cr_assert_eq(sidecar_decode(buf, sizeof(buf), &back), -EINVAL, "bit %ld", bit);
		buf[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
	for (long cut = 0; cut < n; cut++)
		cr_assert_eq(sidecar_decode(buf, (size_t)cut, &back), -EINVAL);
}

Test(sidecar, header)
{
	unsigned char h[SIDECAR_HEADER_SIZE];

	sidecar_header(h);
	cr_expect_eq(sidecar_check_header(h, sizeof(h)), 0);
	cr_expect_eq(sidecar_check_header(h, sizeof(h) - 1), -EINVAL);
	h[3] ^= 1;
	cr_expect_eq(sidecar_check_header(h, sizeof(h)), -EINVAL);
	h[3] ^= 1;
	h[8] ^= 2;
	cr_expect_eq(sidecar_check_header(h, sizeof(h)), -EINVAL);
}

/* --- the index ------------------------------------------------------------------------------------------------------------ */

static struct sidecar_index *x;

static void start(void)
{
	x = mmap(NULL, sizeof(*x), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	cr_assert_neq(x, MAP_FAILED);
}

TestSuite(sidecar_index, .init = start);

static struct sidecar_owner owner_of(uint64_t inode)
{
	return (struct sidecar_owner){
		.uid = (uint32_t)inode, .gid = (uint32_t)inode + 1, .mode = (uint32_t)inode + 2, .rdev = inode + 3};
}

static int set(uint64_t inode)
{
	const struct sidecar_key k = {.device = 5, .inode = inode, .birth = (int64_t)inode, .type = S_IFLNK};
	const struct sidecar_owner o = owner_of(inode);

	return sidecar_index_set(x, &k, &o);
}

static bool has(uint64_t inode)
{
	const struct sidecar_owner want = owner_of(inode);
	struct sidecar_owner o;
	struct sidecar_key k;

	return sidecar_index_find(x, 5, inode, &k, &o) && k.birth == (int64_t)inode && o.uid == want.uid &&
	       o.gid == want.gid && o.mode == want.mode && o.rdev == want.rdev;
}

Test(sidecar_index, finds_what_was_put_in)
{
	struct sidecar_owner o;
	struct sidecar_key k;

	cr_expect_not(has(1));
	cr_assert_eq(set(1), 0);
	cr_expect(has(1));
	cr_expect_not(has(2));
	cr_expect_not(sidecar_index_find(x, 6, 1, &k, &o));
	sidecar_index_remove(x, 5, 2);
	sidecar_index_remove(x, 5, 1);
	cr_expect_not(has(1));
	cr_expect_eq(x->count, 0);
}

Test(sidecar_index, counts_links_and_what_has_attributes)
{
	struct sidecar_key k = {.device = 5, .inode = 9, .birth = 1, .type = S_IFIFO};
	struct sidecar_owner o = {.more = SIDECAR_NO_OWNER | SIDECAR_ATTRIBUTES | SIDECAR_ACCESS_ACL}, found;

	cr_assert_eq(set(1), 0);
	cr_assert_eq(sidecar_index_set(x, &k, &o), 0);
	cr_expect_eq(x->count, 2);
	cr_expect_eq(x->links, 1);
	cr_expect_eq(x->attributes, 1);
	cr_assert(sidecar_index_find(x, 5, 9, &k, &found));
	cr_expect_eq(found.more, o.more);
	o.more = 0;
	cr_assert_eq(sidecar_index_set(x, &k, &o), 0);
	cr_expect_eq(x->attributes, 0);
	k.type = S_IFLNK;
	o.more = SIDECAR_ATTRIBUTES;
	cr_assert_eq(sidecar_index_set(x, &k, &o), 0);
	cr_expect_eq(x->links, 2);
	sidecar_index_remove(x, 5, 9);
	sidecar_index_remove(x, 5, 1);
	cr_expect_eq(x->links, 0);
	cr_expect_eq(x->attributes, 0);
}

Test(sidecar_index, as_many_as_it_holds_and_no_more)
{
	uint64_t n = 0;

	while (n < SIDECAR_INDEX_MAX)
		cr_assert_eq(set(++n), 0, "%lu", n);
	cr_expect_eq(set(n + 1), -ENOSPC);
	cr_expect_eq(set(n), 0, "one that is there can be changed");
	for (uint64_t i = 1; i <= n; i++)
		cr_assert(has(i), "%lu", i);
	for (uint64_t i = n + 1; i <= 2 * n; i++)
		cr_assert_not(has(i));
	for (uint64_t i = 1; i <= n; i++)
		sidecar_index_remove(x, 5, i);
	cr_expect_eq(x->count, 0);
	/* What was removed leaves no traces that searches have to pass for ever. */
	for (uint32_t i = 0; i < SIDECAR_INDEX_PLACES; i++)
		cr_assert_eq(x->entries[i].state, 0);
}

static void *read_on(void *stop)
{
	uintptr_t wrong = 0;

	while (!atomic_load((atomic_bool *)stop))
		for (uint64_t i = 1; i <= 64; i++) {
			struct sidecar_owner o;
			struct sidecar_key k;

			/* The even ones stay; what is seen of any is whole. */
			if (!sidecar_index_find(x, 5, i, &k, &o))
				wrong += i % 2 == 0;
			else
				wrong += k.inode != i || o.gid != o.uid || o.mode != o.uid || o.more != o.uid ||
					 o.rdev != o.uid;
		}
	return (void *)wrong;
}

Test(sidecar_index, readers_see_whole_entries)
{
	atomic_bool stop = false;
	pthread_t readers[3];
	void *wrong;

	for (uint32_t round = 0; round < 20000; round++) {
		for (uint64_t i = 1; i <= 64; i++) {
			const struct sidecar_key k = {.device = 5, .inode = i, .birth = 1, .type = S_IFLNK};
			const struct sidecar_owner o = {round, round, round, round, round};

			cr_assert_eq(sidecar_index_set(x, &k, &o), 0);
		}
		if (round == 0)
			for (size_t i = 0; i < 3; i++)
				pthread_create(&readers[i], NULL, read_on, &stop);
		for (uint64_t i = 1; i <= 64; i += 2)
			sidecar_index_remove(x, 5, i);
	}
	atomic_store(&stop, true);
	for (size_t i = 0; i < 3; i++) {
		pthread_join(readers[i], &wrong);
		cr_expect_eq((uintptr_t)wrong, 0);
	}
}

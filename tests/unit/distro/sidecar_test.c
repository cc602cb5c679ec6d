/* The file: what is in force, what crashes and damage leave of it, what an inode's number alone does not say. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/host.h"
#include "distro/sidecar.h"

static char place[] = "/tmp/lxrun-sidecar-XXXXXX";
static int dir;

static void start(void)
{
	strcpy(place, "/tmp/lxrun-sidecar-XXXXXX");
	cr_assert_not_null(mkdtemp(place));
	dir = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_geq(dir, 0);
}

static void end(void)
{
	char command[100];

	close(dir);
	snprintf(command, sizeof(command), "rm -r %s", place);
	cr_assert_eq(system(command), 0);
}

TestSuite(sidecar_file, .init = start, .fini = end);

static struct sidecar_record owner(uint64_t inode, int64_t birth, uint32_t uid)
{
	return (struct sidecar_record){.kind = SIDECAR_OWNER,
				       .key = {.inode = inode, .birth = birth, .type = S_IFLNK},
				       .owner = {.uid = uid, .mode = S_IFLNK | 0777}};
}

static struct sidecar_record attribute(uint64_t inode, const char *name, const char *value)
{
	return (struct sidecar_record){.kind = SIDECAR_ATTRIBUTE,
				       .key = {.inode = inode, .birth = 1, .type = S_IFLNK},
				       .name = name,
				       .name_length = (uint32_t)strlen(name),
				       .value = value,
				       .value_size = value != NULL ? (uint32_t)strlen(value) : 0};
}

static int put(struct sidecar *s, struct sidecar_record r)
{
	return sidecar_put(s, &r);
}

/* The uid that is kept, or -1. */
static long uid_of(const struct sidecar *s, uint64_t inode, int64_t birth)
{
	const struct sidecar_key k = {.inode = inode, .birth = birth, .type = S_IFLNK};
	struct sidecar_owner o;

	return sidecar_owner_of(s, &k, &o) ? (long)o.uid : -1;
}

static struct sidecar *open_it(bool write)
{
	struct sidecar *s = NULL;

	cr_assert_eq(sidecar_open(dir, write, NULL, &s), 0);
	return s;
}

static bool exists(const char *name)
{
	return faccessat(dir, name, F_OK, 0) == 0;
}

Test(sidecar_file, keeps_what_is_put)
{
	const struct sidecar_key k = {.inode = 2, .birth = 1, .type = S_IFLNK};
	struct sidecar *s = open_it(true);
	size_t size;

	cr_expect_not(exists(SIDECAR_NAME), "nothing is kept: no file");
	cr_assert_eq(put(s, owner(1, 1, 10)), 0);
	cr_assert_eq(put(s, owner(2, 1, 20)), 0);
	cr_assert_eq(put(s, owner(1, 1, 11)), 0);
	cr_assert_eq(put(s, attribute(2, "user.a", "first")), 0);
	cr_assert_eq(put(s, attribute(2, "user.a", "second")), 0);
	cr_assert_eq(put(s, attribute(2, "user.b", "b")), 0);
	cr_assert_eq(put(s, attribute(2, "user.b", NULL)), 0);
	cr_assert_eq(put(s, owner(3, 1, 30)), 0);
	cr_assert_eq(put(s, (struct sidecar_record){.kind = SIDECAR_REMOVED, .key = owner(3, 1, 0).key}), 0);
	cr_expect_neq(put(s, (struct sidecar_record){.kind = SIDECAR_OWNER}), 0);
	for (int i = 0; i < 3; i++) {
		cr_expect_eq(uid_of(s, 1, 1), 11);
		cr_expect_eq(uid_of(s, 2, 1), 20);
		cr_expect_eq(uid_of(s, 3, 1), -1);
		cr_expect_eq(sidecar_count(s), 2);
		cr_assert_not_null(sidecar_attribute_of(s, &k, "user.a", &size));
		cr_expect_eq(size, 6);
		cr_expect_null(sidecar_attribute_of(s, &k, "user.b", &size));
		if (i == 1)
			cr_assert_eq(sidecar_compact(s), 0);
		sidecar_close(s);
		s = open_it(true);
	}
	sidecar_close(s);
}

/* The number is used again: by another birth, or by another kind of file. */
static void count_records(void *context, const struct sidecar_record *r)
{
	(void)r;
	++*(int *)context;
}

Test(sidecar_file, says_what_is_kept_of_an_inode)
{
	const struct sidecar_key k = {.inode = 2, .birth = 1, .type = S_IFLNK};
	const struct sidecar_key younger = {.inode = 2, .birth = 2, .type = S_IFLNK};
	struct sidecar *s = open_it(true);
	struct sidecar_owner o;
	char names[64];
	int records = 0;

	cr_expect_not(sidecar_entry_of(s, &k, &o));
	cr_expect_eq(sidecar_names_of(s, &k, names, sizeof(names)), 0);
	cr_assert_eq(put(s, attribute(2, "trusted.a", "")), 0);
	cr_assert(sidecar_entry_of(s, &k, &o));
	cr_expect_eq(o.more, SIDECAR_NO_OWNER | SIDECAR_ATTRIBUTES);
	cr_assert_eq(put(s, attribute(2, "system.posix_acl_access", "x")), 0);
	cr_assert_eq(put(s, owner(2, 1, 20)), 0);
	cr_assert(sidecar_entry_of(s, &k, &o));
	cr_expect(o.uid == 20 && o.more == (SIDECAR_ATTRIBUTES | SIDECAR_ACCESS_ACL));
	cr_expect_not(sidecar_entry_of(s, &younger, &o));
	cr_expect_eq(sidecar_names_of(s, &k, names, sizeof(names)), 34);
	cr_expect_eq(memcmp(names, "system.posix_acl_access\0trusted.a", 34), 0);
	cr_expect_eq(sidecar_names_of(s, &k, names, 20), 34);
	sidecar_each_of(s, &k, count_records, &records);
	sidecar_each_of(s, &younger, count_records, &records);
	cr_expect_eq(records, 3);
	cr_assert_eq(put(s, attribute(2, "system.posix_acl_access", NULL)), 0);
	cr_assert(sidecar_entry_of(s, &k, &o));
	cr_expect_eq(o.more, SIDECAR_ATTRIBUTES);
	cr_assert_eq(put(s, owner(2, 2, 21)), 0);
	cr_expect_not(sidecar_entry_of(s, &k, &o), "a later birth voids all");
	cr_assert(sidecar_entry_of(s, &younger, &o));
	cr_expect_eq(o.more, 0);
	sidecar_close(s);
}

Test(sidecar_file, another_inode_of_the_same_number_has_nothing)
{
	struct sidecar *s = open_it(true);
	struct sidecar_key k = {.inode = 1, .birth = 100, .type = S_IFIFO};
	struct sidecar_owner o;

	cr_assert_eq(put(s, owner(1, 100, 10)), 0);
	cr_assert_eq(put(s, attribute(1, "user.a", "x")), 0);
	cr_expect_eq(uid_of(s, 1, 1), -1, "birth 1 has the attribute only");
	cr_assert_eq(put(s, owner(1, 100, 10)), 0);
	cr_expect_eq(uid_of(s, 1, 101), -1);
	cr_expect_not(sidecar_owner_of(s, &k, &o));
	cr_expect_eq(uid_of(s, 1, 100), 10);
	cr_expect_null(sidecar_attribute_of(s, &k, "user.a", &(size_t){0}));
	cr_assert_eq(put(s, owner(1, 101, 12)), 0);
	cr_expect_eq(uid_of(s, 1, 100), -1);
	cr_expect_eq(sidecar_count(s), 1);
	sidecar_close(s);
}

Test(sidecar_file, other_devices_are_kept_in_memory_only)
{
	struct sidecar *s = open_it(true);
	struct sidecar_record r = owner(1, 1, 10);
	struct sidecar_owner o;

	r.key.device = 9;
	cr_assert_eq(sidecar_put(s, &r), 0);
	cr_assert_eq(put(s, owner(1, 1, 20)), 0);
	cr_assert_eq(sidecar_compact(s), 0);
	cr_expect(sidecar_owner_of(s, &r.key, &o));
	cr_expect_eq(o.uid, 10);
	sidecar_close(s);
	s = open_it(false);
	cr_expect_not(sidecar_owner_of(s, &r.key, &o));
	cr_expect_eq(uid_of(s, 1, 1), 20);
	sidecar_close(s);
}

Test(sidecar_file, without_a_directory_nothing_is_written)
{
	struct sidecar *s = NULL;

	cr_assert_eq(sidecar_open(-1, true, NULL, &s), 0);
	cr_assert_eq(put(s, owner(1, 1, 10)), 0);
	cr_assert_eq(sidecar_compact(s), 0);
	cr_assert_eq(sidecar_sync(s), 0);
	cr_expect_eq(uid_of(s, 1, 1), 10);
	sidecar_close(s);
	cr_expect_not(exists(SIDECAR_NAME));
}

/* --- damage --------------------------------------------------------------------------------------------------------------- */

#define RECORDS 6

static unsigned char whole[2000];
static size_t whole_size, ends[RECORDS + 1];

/* Owners of the inodes 1 to RECORDS, and where each record ends. */
static void make_whole(void)
{
	struct sidecar *s = open_it(true);
	int fd;

	ends[0] = SIDECAR_HEADER_SIZE;
	for (uint64_t i = 1; i <= RECORDS; i++) {
		if (i % 2 == 0)
			cr_assert_eq(put(s, owner(i, 1, (uint32_t)i)), 0);
		else
			cr_assert_eq(put(s, attribute(i, "user.name", "some value")), 0);
		ends[i] = sidecar_size(s);
	}
	sidecar_close(s);
	fd = openat(dir, SIDECAR_NAME, O_RDONLY | O_CLOEXEC);
	whole_size = (size_t)read(fd, whole, sizeof(whole));
	close(fd);
	cr_assert_eq(whole_size, ends[RECORDS]);
}

static void write_file(const unsigned char *bytes, size_t n)
{
	int fd = openat(dir, SIDECAR_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	cr_assert_eq(write(fd, bytes, n), (ssize_t)n);
	close(fd);
}

static bool is_kept(const struct sidecar *s, uint64_t i)
{
	const struct sidecar_key k = {.inode = i, .birth = 1, .type = S_IFLNK};
	size_t size;

	return i % 2 == 0 ? uid_of(s, i, 1) == (long)i : sidecar_attribute_of(s, &k, "user.name", &size) != NULL;
}

/* All that ends in front of `at` is there, and nothing else; more can be put behind it. */
static void check_until(size_t at, const char *what)
{
	size_t there = 0;

	while (there < RECORDS && ends[there + 1] <= at)
		there++;
	for (int write = 0; write < 3; write++) {
		struct sidecar *s = open_it(write > 0);

		for (uint64_t i = 1; i <= RECORDS; i++)
			cr_assert_eq(is_kept(s, i), i <= there, "%s at %zu: %lu", what, at, i);
		if (write == 1)
			cr_assert_eq(put(s, owner(1000, 1, 5)), 0);
		cr_assert_eq(uid_of(s, 1000, 1), write > 0 ? 5 : -1, "%s at %zu", what, at);
		sidecar_close(s);
	}
}

Test(sidecar_file, cut_at_every_byte)
{
	make_whole();
	for (size_t cut = 0; cut <= whole_size; cut++) {
		write_file(whole, cut);
		check_until(cut, "cut");
		cr_assert_not(exists(SIDECAR_DAMAGED));
	}
}

Test(sidecar_file, damaged_at_every_byte)
{
	make_whole();
	for (size_t at = 0; at < whole_size; at++) {
		whole[at] ^= 0x40;
		write_file(whole, whole_size);
		whole[at] ^= 0x40;
		/* Without its header it is no sidecar: nothing is read, and it is put aside. */
		check_until(at < SIDECAR_HEADER_SIZE ? 0 : at, "damaged");
	}
	cr_expect(exists(SIDECAR_DAMAGED));
}

Test(sidecar_file, a_later_version_is_left_alone)
{
	struct sidecar *s = NULL;
	uint32_t sum = ~0u;

	make_whole();
	whole[8] = 2;
	/* CRC-32C, bit by bit. */
	for (size_t i = 0; i < 12; i++) {
		sum ^= whole[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ ((sum & 1) != 0 ? 0x82f63b78u : 0);
	}
	sum = ~sum;
	memcpy(whole + 12, &sum, sizeof(sum));
	write_file(whole, whole_size);
	cr_expect_eq(sidecar_open(dir, true, NULL, &s), -EPROTONOSUPPORT);
	whole[8] = 1;
}

/* --- crashes and full disks ------------------------------------------------------------------------------------------------ */

struct fault {
	long left; /* bytes that still get through */
	int error; /* then */
};

static long faulty_write(void *context, int fd, const void *bytes, size_t n)
{
	struct fault *f = context;

	/* In small pieces, to stop in the middle of each. */
	n = n < 5 ? n : 5;
	if (f->left < (long)n)
		n = (size_t)f->left;
	if (n == 0)
		return f->error;
	f->left -= (long)n;
	return host_write(fd, bytes, n);
}

/* What fails in the middle of a record leaves none of it. */
Test(sidecar_file, a_full_disk_at_every_byte)
{
	for (long room = 0; room < 200; room++) {
		struct fault f = {.left = room, .error = -ENOSPC};
		const struct sidecar_io io = {faulty_write, &f};
		struct sidecar *s;
		int r[3];

		(void)unlinkat(dir, SIDECAR_NAME, 0);
		cr_assert_eq(sidecar_open(dir, true, &io, &s), 0);
		for (uint32_t i = 0; i < 3; i++)
			r[i] = put(s, owner(i + 1, 1, i));
		for (uint32_t i = 0; i < 3; i++)
			cr_assert_eq(uid_of(s, i + 1, 1), r[i] == 0 ? (long)i : -1);
		f.left = 10000;
		cr_assert_eq(put(s, owner(9, 1, 9)), 0);
		sidecar_close(s);
		s = open_it(false);
		for (uint32_t i = 0; i < 3; i++)
			cr_assert_eq(uid_of(s, i + 1, 1), r[i] == 0 ? (long)i : -1, "room for %ld", room);
		cr_assert_eq(uid_of(s, 9, 1), 9);
		sidecar_close(s);
	}
}

/* The process dies there: nothing behind it runs. */
static long deadly_write(void *context, int fd, const void *bytes, size_t n)
{
	struct fault *f = context;
	long r;

	if (f->left == 0)
		_exit(0);
	r = faulty_write(f, fd, bytes, n);
	return r;
}

static void put_and_compact(long room)
{
	struct fault f = {.left = room};
	const struct sidecar_io io = {deadly_write, &f};
	struct sidecar *s;

	if (sidecar_open(dir, true, &io, &s) < 0)
		_exit(1);
	(void)!sidecar_compact(s);
	_exit(2);
}

Test(sidecar_file, compaction_killed_at_every_write)
{
	int status = 0;

	make_whole();
	for (long room = 0; WEXITSTATUS(status) != 2; room += 3) {
		pid_t child = fork();
		struct sidecar *s;

		cr_assert_lt(room, 2000);
		if (child == 0)
			put_and_compact(room);
		cr_assert_eq(waitpid(child, &status, 0), child);
		cr_assert_neq(WEXITSTATUS(status), 1);
		s = open_it(true);
		for (uint64_t i = 1; i <= RECORDS; i++)
			cr_assert(is_kept(s, i), "killed after %ld bytes: %lu", room, i);
		sidecar_close(s);
	}
}

Test(sidecar_file, compaction_that_fails_changes_nothing)
{
	struct fault f = {.left = 0, .error = -EIO};
	const struct sidecar_io io = {faulty_write, &f};
	struct sidecar *s;

	make_whole();
	cr_assert_eq(sidecar_open(dir, true, &io, &s), 0);
	cr_expect_eq(sidecar_compact(s), -EIO);
	cr_expect_not(exists(SIDECAR_FRESH));
	f.left = 1000;
	cr_expect_eq(put(s, owner(50, 1, 50)), 0);
	sidecar_close(s);
	check_until(whole_size, "failed");
}

Test(sidecar_file, does_not_grow_without_end)
{
	struct sidecar *s = open_it(true);
	size_t most = 0;

	for (uint32_t i = 0; i < 20000; i++) {
		cr_assert_eq(put(s, owner(i % 10 + 1, 1, i)), 0);
		most = sidecar_size(s) > most ? sidecar_size(s) : most;
	}
	cr_expect_lt(most, 70000);
	sidecar_close(s);
	s = open_it(false);
	for (uint32_t i = 0; i < 10; i++)
		cr_expect_eq(uid_of(s, i + 1, 1), 19990 + (long)i);
	sidecar_close(s);
}

/* --- the host's files ------------------------------------------------------------------------------------------------------- */

/* What others have made of a file is another inode, or the same with the same birth. */
Test(sidecar_file, files_that_others_change)
{
	struct sidecar *s = open_it(true);
	struct sidecar_record r = {.kind = SIDECAR_OWNER, .owner = {.uid = 7, .mode = S_IFLNK | 0777}};
	struct sidecar_key k;
	struct sidecar_owner o;
	struct stat st;

	cr_assert_eq(fstat(dir, &st), 0);
	cr_assert_eq(symlinkat("a", dir, "link"), 0);
	cr_assert_eq(sidecar_key_of(dir, "link", st.st_dev, &r.key), 0);
	cr_expect_eq(r.key.device, 0);
	cr_expect_eq(r.key.type, S_IFLNK);
	cr_assert_eq(sidecar_put(s, &r), 0);
	cr_assert_eq(renameat(dir, "link", dir, "other"), 0);
	cr_assert_eq(linkat(dir, "other", dir, "third", 0), 0);
	cr_assert_eq(sidecar_key_of(dir, "third", st.st_dev, &k), 0);
	cr_expect(sidecar_owner_of(s, &k, &o));
	/* A file system's clock has ticks of some milliseconds: what is born in the same one is not told apart. */
	(void)usleep(20000);
	/* Made again until the number comes back, if the file system does that. */
	for (int i = 0; i < 100; i++) {
		(void)unlinkat(dir, "other", 0);
		(void)unlinkat(dir, "third", 0);
		cr_assert_eq(symlinkat("b", dir, "other"), 0);
		cr_assert_eq(sidecar_key_of(dir, "other", st.st_dev, &k), 0);
		if (k.birth != 0)
			cr_expect_not(sidecar_owner_of(s, &k, &o));
	}
	cr_assert_eq(sidecar_key_of(dir, "", 12345, &k), 0);
	cr_expect_eq(k.device, st.st_dev);
	cr_expect_eq(sidecar_key_of(dir, "not there", st.st_dev, &k), -ENOENT);
	sidecar_close(s);
}

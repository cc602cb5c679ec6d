/*
 * <runtime>/f/NUMBER, one read-only file per different stack of programs. A file is written under a name of its own and
 * linked to its number when it is complete, so whoever finds a number finds all of it. Equal stacks share a number: a
 * program that is started a thousand times leaves one file.
 */
#include "translator/seccomp/store.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "base/host.h"
#include "base/str.h"

#define STORE_PATH_SIZE (sizeof(((struct instance *)NULL)->runtime) + 32)
/* How many numbers behind its own a stack is looked for. */
#define PROBES 64

/*
 * What this process has mapped. Private memory: a fork takes the mappings and this table along. An entry is complete when
 * its id is set; entries are never changed after that, because other threads may be reading the mapping.
 */
#define MAPPED_MAX 32
static struct {
	_Atomic uint32_t id;
	const struct seccomp_stack *stack;
} mapped[MAPPED_MAX];
static _Atomic uint32_t mapped_lock;

static void store_path(const struct instance *in, uint32_t id, char to[STORE_PATH_SIZE])
{
	(void)str_format(to, STORE_PATH_SIZE, "%s/f/%06x", in->runtime, id);
}

/* FNV-1a, folded into an id that is not 0. */
static uint32_t number_of(const struct seccomp_stack *stack)
{
	const unsigned char *p = (const unsigned char *)stack;
	uint64_t h = 0xcbf29ce484222325u;

	for (uint32_t i = 0; i < stack->size; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	h ^= h >> SECCOMP_ID_BITS * 2;
	h ^= h >> SECCOMP_ID_BITS;
	return (uint32_t)h & ((1u << SECCOMP_ID_BITS) - 1);
}

static const struct seccomp_stack *map(const struct instance *in, uint32_t id)
{
	int fd CLEANUP(host_close_at) = -1;
	char path[STORE_PATH_SIZE];
	struct stat st;
	long r;

	store_path(in, id, path);
	fd = host_open(path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0 || host_fstat(fd, &st) < 0)
		return NULL;
	if (st.st_size < (off_t)sizeof(struct seccomp_stack) || st.st_size > (off_t)SECCOMP_STACK_MAX)
		return NULL;
	r = host_mmap(0, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (host_is_error(r))
		return NULL;
	return (const struct seccomp_stack *)(uintptr_t)r;
}

static const struct seccomp_stack *find_mapped(uint32_t id)
{
	for (unsigned i = 0; i < MAPPED_MAX; i++) {
		uint32_t found = atomic_load_explicit(&mapped[i].id, memory_order_acquire);

		if (found == id)
			return mapped[i].stack;
		if (found == 0)
			break;
	}
	return NULL;
}

static void remember(uint32_t id, const struct seccomp_stack *stack)
{
	/* Who does not get the lock has mapped it once too often, which is no harm. */
	if (atomic_exchange(&mapped_lock, 1) != 0)
		return;
	for (unsigned i = 0; i < MAPPED_MAX; i++) {
		if (atomic_load_explicit(&mapped[i].id, memory_order_relaxed) != 0)
			continue;
		mapped[i].stack = stack;
		atomic_store_explicit(&mapped[i].id, id, memory_order_release);
		break;
	}
	atomic_store(&mapped_lock, 0);
}

const struct seccomp_stack *seccomp_store_get(const struct instance *in, uint32_t id)
{
	const struct seccomp_stack *s = find_mapped(id);

	if (s != NULL)
		return s;
	s = map(in, id);
	if (s != NULL)
		remember(id, s);
	return s;
}

/* 1: number id is this stack; 0: it is another; -ENOENT: it is free. */
static int compare(const struct instance *in, uint32_t id, const struct seccomp_stack *stack)
{
	const struct seccomp_stack *other;
	char path[STORE_PATH_SIZE];
	struct stat st;
	int r;

	store_path(in, id, path);
	r = host_fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW);
	if (r < 0)
		return r;
	if (st.st_size != (off_t)stack->size)
		return 0;
	other = map(in, id);
	if (other == NULL)
		return 0;
	r = memcmp(other, stack, stack->size) == 0;
	(void)!host_munmap((uintptr_t)other, stack->size);
	return r;
}

/* Links the complete file to the first number that is free, unless the stack turns up on the way. */
static long settle(const struct instance *in, const struct seccomp_stack *stack, const char *file)
{
	uint32_t id = number_of(stack);
	char path[STORE_PATH_SIZE];
	long r;

	for (unsigned i = 0; i < PROBES; i++, id = (id + 1) & ((1u << SECCOMP_ID_BITS) - 1)) {
		if (id == 0)
			continue;
		store_path(in, id, path);
		r = host_call(SYS_link, file, path);
		if (r == 0 || (r == -EEXIST && compare(in, id, stack) > 0))
			return id;
		if (r != -EEXIST)
			return r;
	}
	return -ENOMEM;
}

static int write_file(const char *path, const struct seccomp_stack *stack)
{
	int fd CLEANUP(host_close_at) = -1;

	fd = host_open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	return fd < 0 ? fd : host_write_full(fd, stack, stack->size);
}

/* The number of a stack that the instance has already; 0 if it does not. */
static uint32_t find_stored(const struct instance *in, const struct seccomp_stack *stack)
{
	uint32_t id = number_of(stack);

	for (unsigned i = 0; i < PROBES; i++, id = (id + 1) & ((1u << SECCOMP_ID_BITS) - 1)) {
		int r = id == 0 ? 0 : compare(in, id, stack);

		if (r > 0)
			return id;
		if (r < 0)
			break;
	}
	return 0;
}

long seccomp_store_put(const struct instance *in, const struct seccomp_stack *stack)
{
	uint32_t id = find_stored(in, stack);
	char path[STORE_PATH_SIZE];
	long r;

	if (id != 0)
		return id;
	(void)str_format(path, sizeof(path), "%s/f", in->runtime);
	r = host_call(SYS_mkdir, path, 0700);
	if (r < 0 && r != -EEXIST)
		return r;
	(void)str_format(path, sizeof(path), "%s/f/new.%d", in->runtime, (int)host_gettid());
	(void)host_call(SYS_unlink, path);
	r = write_file(path, stack);
	if (r == 0)
		r = settle(in, stack, path);
	(void)host_call(SYS_unlink, path);
	return r;
}

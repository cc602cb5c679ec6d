/*
 * A guest that only exists in the test: some memory at addresses that are not the test's, descriptors with numbers of their
 * own, a root directory, and a record of what handlers asked the translator for.
 */
#ifndef LX_TESTS_UNIT_FILES_GUEST_H
#define LX_TESTS_UNIT_FILES_GUEST_H

#include "translator/args.h"

/* Where the guest's memory is, for the guest. */
#define GUEST_MEMORY 0x1000
#define GUEST_SIZE   (256u << 10)
/* How far the guest's descriptors are from the test's. */
#define GUEST_FD 5000

struct guest {
	struct tr_call call;
	struct tr_process process;
	struct instance *in;
	char root[64];            /* the host's path of its root directory */
	unsigned char *memory;    /* GUEST_SIZE bytes, no more */
	unsigned changes;         /* tr_process_changed() */
	unsigned waits;           /* tr_blocking_call() */
	long wait_result;         /* what that answers; 0: what the host answers */
	int given, given_cloexec; /* the last descriptor that was handed out, -1: none */
};

extern struct guest guest;

/* A new guest, root with all capabilities, in a directory with: f ("content"), d/, link -> f, fifo. */
void guest_start(void);
void guest_end(void);
/* An address with room for n bytes at the very end of the guest's memory: one byte more is too many. */
uint64_t guest_end_of_memory(size_t n);
/* What the test sees of a guest's address. */
void *guest_at(uint64_t address);
/* The guest's number of a descriptor of the test's. */
int guest_fd(int fd);
/* A path as dispatch hands it to a handler: relative to the root directory. */
struct vfs_at guest_path(const char *path);

#endif

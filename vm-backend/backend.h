/*
 * A backend: a way to have a real kernel in a process of the caller's. One file each (uml.c, qemu.c), and a row in backends.c.
 * Private to vm-backend; the host process (host.c) is its only user.
 *
 * All that people read comes back as a sentence in `message`; results are >= 0 or -errno.
 */
#ifndef LX_VM_BACKEND_BACKEND_H
#define LX_VM_BACKEND_BACKEND_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"

enum vm_capability {
	VM_HOT_DISKS = 1,  /* attach and detach while it runs */
	VM_PROCESSORS = 2, /* more than one */
	VM_BALLOON = 4,    /* memory comes back */
	VM_TRIM = 8,       /* discarded blocks become holes */
	VM_ONLINE_GROWTH = 16,
	VM_SHARES = 32, /* of the host's files */
};

#define VM_MESSAGE 512

struct vm_message {
	char text[VM_MESSAGE];
};

int vm_fail(struct vm_message *m, int error, const char *format, ...) PRINTF_LIKE(3, 4);

/* What a VM is to be. */
struct vm_config {
	const char *kernel;  /* the user's own; NULL: ours, or a packaged one */
	const char *agent;   /* the path of the agent's binary */
	const char *runtime; /* a directory of the VM's own, short enough for names of sockets */
	uint64_t memory;     /* bytes */
	unsigned processors;
	int network; /* the VM's end of a datagram socket that carries Ethernet frames */
};

/* One that runs. */
struct vm {
	const struct vm_backend *backend;
	int channel; /* the byte stream to the agent, non-blocking */
	pid_t pid;   /* of its main process, a child and leader of its process group */
	int keeper;  /* closed with this process: who then ends the group */
	uint32_t disks;
	char runtime[PATH_MAX];
};

struct vm_backend {
	const char *name;
	unsigned capabilities; /* enum vm_capability */
	/* Costs nothing that anybody notices. The cost of using it (the least wins), or -errno with the reason. */
	int (*probe)(const struct vm_config *c, struct vm_message *reason);
	int (*start)(const struct vm_config *c, struct vm *ret, struct vm_message *message);
	/* Asks nobody: the agent has been asked before. All its processes are gone afterwards. */
	void (*stop)(struct vm *vm);
	/* A disk by its host path; *ret_device is what the agent finds it by. NULL: cannot. */
	int (*attach)(struct vm *vm, const char *path, char *ret_device, size_t size, struct vm_message *message);
	int (*detach)(struct vm *vm, const char *device);
	/* To the size that its file has now. */
	int (*resize)(struct vm *vm, const char *device);
	/* Gives the guest a directory of the host under a tag. NULL where the kernel sees the host's files by itself. */
	int (*share)(struct vm *vm, const char *directory, const char *tag);
	/* How much memory the guest may have now. */
	int (*balloon)(struct vm *vm, uint64_t bytes);
};

extern const struct vm_backend uml_backend;

/* All that there are, NULL-terminated, in no order. */
extern const struct vm_backend *const vm_backends[];
/* By name, or the cheapest that can be used; NULL with a sentence. */
const struct vm_backend *vm_choose(const char *name, const struct vm_config *c, struct vm_message *message);

/* An archive for the kernel to unpack with the agent as its /init: a descriptor without close-on-exec, or -errno. */
MUST_CHECK int initramfs_make(const char *agent);

#endif

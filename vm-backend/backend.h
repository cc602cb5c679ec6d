/*
 * A backend: a way to have a real kernel in a process of the caller's. One file each (uml.c, qemu.c), and a row in backends.c.
 * Private to vm-backend; the host process (host.c) is its only user.
 *
 * All that people read comes back as a sentence in `message`; results are >= 0 or -errno.
 */
#ifndef LX_VM_BACKEND_BACKEND_H
#define LX_VM_BACKEND_BACKEND_H

#include <limits.h>
#include <stdbool.h>
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
	VM_FAST = 64,   /* as fast as the host: it may have half of its memory */
	/* Its probe can be fooled: it must boot within a moment, else another one is taken. */
	VM_UNCERTAIN = 128,
};

#define VM_MESSAGE 512

struct vm_message {
	char text[VM_MESSAGE];
};

int vm_fail(struct vm_message *m, int error, const char *format, ...) PRINTF_LIKE(3, 4);

/* What a VM is to be. */
struct vm_config {
	const char *kernel;   /* the user's own; NULL: ours, or a packaged one */
	const char *agent;    /* the path of the agent's binary */
	const char *runtime;  /* a directory of the VM's own, short enough for names of sockets */
	uint64_t memory;      /* bytes */
	uint64_t half_memory; /* the same for VM_FAST, which may have more where nobody has said how much */
	unsigned processors;  /* 0: nobody has said how many */
	unsigned host_processors;
	int network; /* the VM's end of a datagram socket that carries Ethernet frames */
};

/* Where the kernels of a backend are (kernels.c). */
struct vm_kernels {
	const char *own; /* file names in the cache or beside the agent */
	const char *packaged;
	const char *installed; /* NULL: nowhere */
	bool for_machine;      /* or for a process */
	const char *hint;      /* the sentence when there is none */
};

/* One that runs. */
struct vm {
	const struct vm_backend *backend;
	int channel; /* the byte stream to the agent, non-blocking */
	int control; /* the backend's own */
	bool greeted;
	pid_t pid;  /* of its main process, a child and leader of its process group */
	int keeper; /* closed with this process: who then ends the group */
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
	/* With VM_UNCERTAIN: the agent did not get up, and the next probe shall know. */
	void (*failed)(void);
	/* A disk by its host path; *ret_device is what the agent finds it by. NULL: cannot. */
	int (*attach)(struct vm *vm, const char *path, char *ret_device, size_t size, struct vm_message *message);
	int (*detach)(struct vm *vm, const char *device);
	/* While it is in use; its file is as long already. NULL: cannot. */
	int (*resize)(struct vm *vm, const char *device, uint64_t bytes);
	/*
	 * Where memory that the guest frees does not go back to the host by itself: how much of the host's it has (0: not known), and
	 * how much more (negative: less) it may use from now on. Else both are NULL.
	 */
	uint64_t (*held)(const struct vm *vm);
	int (*give)(struct vm *vm, int64_t bytes);
};

extern const struct vm_backend uml_backend, qemu_kvm_backend, qemu_tcg_backend;

/* All that there are, NULL-terminated, in no order. */
extern const struct vm_backend *const vm_backends[];
/*
 * The cheapest that can be used of those that a name means: "" all, "qemu" all whose name is that or begins with it and a '+'.
 * NULL with a sentence.
 */
const struct vm_backend *vm_choose(const char *name, const struct vm_config *c, struct vm_message *message);

/* --- what backends share ---------------------------------------------------------------------------------------------------- */

/* The path of the kernel, or -errno and why there is none. */
MUST_CHECK int vm_find_kernel(const struct vm_config *c, const struct vm_kernels *k, char *ret, size_t size,
			      struct vm_message *reason);

/*
 * An archive for the kernel to unpack with the agent as its /init: a descriptor without close-on-exec, or -errno. more: NULL, or
 * the path of another archive to follow, which need not be there.
 */
MUST_CHECK int initramfs_make(const char *agent, const char *more);

/*
 * The VM's process, in a group of its own, with its output in runtime/log: what become() does, which returns only when it cannot.
 * It dies with this process, and so does all of its group.
 */
MUST_CHECK int vm_start_process(const struct vm_config *c, struct vm *vm,
				void (*become)(const struct vm_config *c, void *context), void *context);
/* Ends them, and closes the channel. */
void vm_stop_process(struct vm *vm);
/* A byte stream with room. */
MUST_CHECK int vm_pair(int ret[2]);

#endif

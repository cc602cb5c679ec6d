/*
 * A /dev/kvm that opens proves nothing: there are hosts, themselves guests, where a VM can be made and its code is then emulated
 * instruction by instruction, a thousand times too slow, and ends at the first instruction that the emulator does not know. So a
 * loop in 64-bit mode is run and timed, in a child, which may hang; and what the loop cannot show, the first boot does: if that
 * fails, it is noted, and believed until the host starts again.
 */
#include "vm-backend/kvm_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/host.h"

#define DEVICE "/dev/kvm"
#define LOOPS  20000
/* Of an iteration: real processors need one, emulators a thousand or more. */
#define NANOSECONDS_MOST 50
#define TRIES            3
#define SECONDS          2

/* The guest's memory: tables that map its first 2 MB, and the loop. */
enum { TABLE_4 = 0x1000, TABLE_3 = 0x2000, TABLE_2 = 0x3000, CODE = 0x4000, MEMORY = 0x5000 };

/* What the child ends with; KVM_SLOW: see kvm_probe(). */
enum { KVM_GOOD, KVM_NO_VM, KVM_STOPS, KVM_SLOW };

static void write_guest(uint8_t *memory)
{
	static const uint8_t loop[] = {
		0xb9, LOOPS & 0xff, LOOPS >> 8, 0, 0, /* mov $LOOPS,%ecx */
		0xff, 0xc9,                           /* dec %ecx */
		0x75, 0xfc,                           /* jnz */
		0xf4,                                 /* hlt */
	};
	const uint64_t present = 3, large = 0x80;

	memset(memory, 0, MEMORY);
	*(uint64_t *)(void *)(memory + TABLE_4) = TABLE_3 | present;
	*(uint64_t *)(void *)(memory + TABLE_3) = TABLE_2 | present;
	*(uint64_t *)(void *)(memory + TABLE_2) = large | present;
	memcpy(memory + CODE, loop, sizeof(loop));
}

static void set_64_bit(struct kvm_sregs *s)
{
	const struct kvm_segment code = {.limit = ~0u, .selector = 8, .type = 11, .present = 1, .s = 1, .l = 1, .g = 1};
	struct kvm_segment data = {.limit = ~0u, .selector = 16, .type = 3, .present = 1, .s = 1, .db = 1, .g = 1};

	s->cs = code;
	s->ds = s->es = s->fs = s->gs = s->ss = data;
	s->tr.type = 11;
	s->cr3 = TABLE_4;
	s->cr4 = 0x20;       /* PAE */
	s->cr0 = 0x80000011; /* PG, ET, PE */
	s->efer = 0x500;     /* LME, LMA */
}

static int64_t nanoseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The best of a few tries: the first one pays for the guest's pages. */
static int run(int cpu, const struct kvm_run *state)
{
	int64_t best = INT64_MAX;

	for (int i = 0; i < TRIES; i++) {
		struct kvm_regs regs = {.rip = CODE, .rflags = 2};
		int64_t start;

		if (ioctl(cpu, KVM_SET_REGS, &regs) < 0)
			return KVM_NO_VM;
		start = nanoseconds();
		if (ioctl(cpu, KVM_RUN, 0) < 0 || state->exit_reason != KVM_EXIT_HLT)
			return KVM_STOPS;
		if (nanoseconds() - start < best)
			best = nanoseconds() - start;
	}
	return best > (int64_t)LOOPS * NANOSECONDS_MOST ? KVM_SLOW : KVM_GOOD;
}

static int try(int kvm)
{
	struct kvm_userspace_memory_region region = {.memory_size = MEMORY};
	uint8_t *memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int vm = ioctl(kvm, KVM_CREATE_VM, 0), cpu, size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	struct kvm_sregs sregs;
	struct kvm_run *state;

	if (memory == MAP_FAILED || vm < 0 || size < (int)sizeof(*state))
		return KVM_NO_VM;
	write_guest(memory);
	region.userspace_addr = (uintptr_t)memory;
	(void)ioctl(vm, KVM_SET_TSS_ADDR, 0xfffbd000ul);
	cpu = ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) < 0 ? -1 : ioctl(vm, KVM_CREATE_VCPU, 0);
	state = cpu < 0 ? MAP_FAILED : mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, cpu, 0);
	if (state == MAP_FAILED || ioctl(cpu, KVM_GET_SREGS, &sregs) < 0)
		return KVM_NO_VM;
	set_64_bit(&sregs);
	if (ioctl(cpu, KVM_SET_SREGS, &sregs) < 0)
		return KVM_NO_VM;
	return run(cpu, state);
}

/* --- what the first boot showed --------------------------------------------------------------------------------------------- */

/* Of this start of the host. */
static bool note_path(char *ret, size_t size)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (cache != NULL && cache[0] == '/')
		return snprintf(ret, size, "%s/lxrun/kvm-fails", cache) < (int)size;
	return home != NULL && snprintf(ret, size, "%s/.cache/lxrun/kvm-fails", home) < (int)size;
}

static long read_text(const char *path, char *ret, size_t size)
{
	int fd CLEANUP(host_close_at) = open(path, O_RDONLY | O_CLOEXEC);
	long n = fd >= 0 ? host_read(fd, ret, size - 1) : -1;

	ret[n > 0 ? n : 0] = '\0';
	return n;
}

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

static bool has_failed(void)
{
	char path[PATH_MAX], noted[64], boot[64];

	return note_path(path, sizeof(path)) && read_text(path, noted, sizeof(noted)) > 0 &&
	       read_text(BOOT_ID, boot, sizeof(boot)) > 0 && strcmp(noted, boot) == 0;
}

void kvm_note_failure(void)
{
	char path[PATH_MAX], boot[64];
	long n = read_text(BOOT_ID, boot, sizeof(boot));
	int fd CLEANUP(host_close_at) = -1;

	if (n <= 0 || !note_path(path, sizeof(path)))
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd >= 0)
		(void)!write(fd, boot, (size_t)n);
}

int kvm_probe(struct vm_message *reason)
{
	int kvm CLEANUP(host_close_at) = open(DEVICE, O_RDWR | O_CLOEXEC), status = 0;
	pid_t child;

	if (kvm < 0 && errno == EACCES)
		return vm_fail(reason, -EACCES,
			       DEVICE " may not be opened: membership in the group kvm is what it takes");
	if (kvm < 0)
		return vm_fail(reason, -ENODEV, errno == ENOENT ? "there is no " DEVICE "%.0s" : DEVICE ": %s",
			       strerror(errno));
	if (has_failed())
		return vm_fail(reason, -EIO, "a kernel did not start by it since this host was started");
	child = fork();
	if (child == 0) {
		(void)signal(SIGALRM, SIG_DFL);
		alarm(SECONDS);
		_exit(try(kvm));
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == KVM_GOOD)
		return 0;
	if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == KVM_NO_VM)
		return vm_fail(reason, -ENODEV, DEVICE " is there, and makes no virtual machine");
	if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == KVM_STOPS)
		return vm_fail(reason, -EIO, DEVICE " is there, and a program in its virtual machine stops");
	return vm_fail(reason, -EIO,
		       DEVICE " is there, and emulates a virtual machine's instructions, which is too slow");
}

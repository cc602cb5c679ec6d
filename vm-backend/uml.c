/*
 * The backend uml: user-mode-linux, a kernel that is an ordinary process. Pinned to one processor (its processes take turns, and
 * moving costs four times what they do), no privileges, no KVM. It sees the host's files by itself (hostfs).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/host.h"
#include "vm-backend/backend.h"
#include "vm-backend/mconsole.h"

/* What it is called in its runtime directory: umid. */
#define NAME  "vm"
#define DISKS 16
#define COST  20

/* --- what there is ---------------------------------------------------------------------------------------------------------- */

static const struct vm_kernels kernels = {
	.own = "linux-uml",
	.packaged = "linux-uml-packaged",
	.installed = "/usr/bin/linux.uml",
	.hint = "there is no kernel: kernel/build makes one, and Debian's package user-mode-linux has one",
};

/* The guest's memory is a file there, mapped executable, and written as far as the guest uses it. */
static bool is_good_for_memory(const char *path, uint64_t memory)
{
	struct statvfs fs;

	return statvfs(path, &fs) == 0 && (fs.f_flag & ST_NOEXEC) == 0 && access(path, W_OK | X_OK) == 0 &&
	       (uint64_t)fs.f_bavail * fs.f_frsize >= memory;
}

static const char *find_memory(const struct vm_config *c)
{
	const char *const places[] = {"/dev/shm", c->runtime, getenv("TMPDIR"), "/tmp", "/var/tmp"};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (places[i] != NULL && is_good_for_memory(places[i], c->memory))
			return places[i];
	return NULL;
}

/* UML lives by tracing its own children. */
static int may_trace(void)
{
	char text[8] = "";
	int fd CLEANUP(host_close_at) = open("/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && host_read(fd, text, sizeof(text) - 1) > 0 && atoi(text) >= 3)
		return -EPERM;
	return 0;
}

static int probe(const struct vm_config *c, struct vm_message *reason)
{
	char kernel[PATH_MAX];

	int r = vm_find_kernel(c, &kernels, kernel, sizeof(kernel), reason);

	if (r < 0)
		return r;
	if (access(kernel, X_OK) < 0)
		return vm_fail(reason, -EACCES, "the kernel %.200s cannot be executed", kernel);
	if (may_trace() < 0)
		return vm_fail(reason, -EPERM, "this host allows no tracing (kernel.yama.ptrace_scope is 3)");
	if (find_memory(c) == NULL)
		return vm_fail(
			reason, -ENOSPC,
			"neither /dev/shm nor /tmp has %llu MB for its memory and allows programs: set wsl2.memory",
			(unsigned long long)(c->memory >> 20));
	return COST;
}

/* --- starting --------------------------------------------------------------------------------------------------------------- */

/* One of the processors that this process may use; another one for each VM. */
static void pin(void)
{
	cpu_set_t allowed, one;
	int n, wanted;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return;
	n = CPU_COUNT(&allowed);
	wanted = n > 0 ? getpid() % n : 0;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed) && wanted-- == 0) {
			CPU_ZERO(&one);
			CPU_SET(cpu, &one);
			(void)sched_setaffinity(0, sizeof(one), &one);
			return;
		}
}

/* uml_ptrace.c, beside the agent. */
static void preload(const struct vm_config *c)
{
	char path[PATH_MAX];
	const char *slash = strrchr(c->agent, '/');

	if (slash == NULL || snprintf(path, sizeof(path), "%.*s/lxrun-uml-ptrace.so", (int)(slash - c->agent),
				      c->agent) >= (int)sizeof(path))
		return;
	if (access(path, R_OK) == 0)
		(void)setenv("LD_PRELOAD", path, 1);
}

struct parts {
	char kernel[PATH_MAX];
	int channel, initramfs;
};

static void become(const struct vm_config *c, void *context)
{
	const struct parts *p = context;
	char words[5][PATH_MAX + 64];
	char *argv[16], temporary[PATH_MAX];
	size_t n = 0;

	pin();
	(void)fcntl(p->channel, F_SETFD, 0);
	(void)fcntl(c->network, F_SETFD, 0);
	snprintf(temporary, sizeof(temporary), "%s", find_memory(c));
	(void)setenv("TMPDIR", temporary, 1);
	preload(c);
	argv[n++] = (char *)(uintptr_t) "lxrun-kernel";
	snprintf(words[0], sizeof(words[0]), "mem=%lluM", (unsigned long long)(c->memory >> 20));
	snprintf(words[1], sizeof(words[1]), "initrd=/proc/self/fd/%d", p->initramfs);
	snprintf(words[2], sizeof(words[2]), "ssl0=fd:%d", p->channel);
	snprintf(words[3], sizeof(words[3]), "vec0:transport=fd,fd=%d,mtu=16000", c->network);
	snprintf(words[4], sizeof(words[4]), "uml_dir=%s", c->runtime);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		argv[n++] = words[i];
	argv[n++] = (char *)(uintptr_t) "umid=" NAME;
	argv[n++] = (char *)(uintptr_t) "con=null";
	argv[n++] = (char *)(uintptr_t) "con0=null,fd:1";
	argv[n++] = (char *)(uintptr_t) "quiet";
	argv[n++] = (char *)(uintptr_t) "noreboot";
	argv[n++] = (char *)(uintptr_t) "panic=-1";
	argv[n++] = (char *)(uintptr_t) "lxrun.channel=/dev/ttyS0";
	argv[n] = NULL;
	execv(p->kernel, argv);
}

/* Of a VM that was killed: the kernel would give itself another name, under which nobody looks for it. */
static void forget_last(const struct vm_config *c)
{
	static const char *const left[] = {"mconsole", "pid"};
	char path[PATH_MAX + 16];

	for (size_t i = 0; i < ARRAY_SIZE(left); i++) {
		snprintf(path, sizeof(path), "%s/" NAME "/%s", c->runtime, left[i]);
		(void)unlink(path);
	}
	snprintf(path, sizeof(path), "%s/" NAME, c->runtime);
	(void)rmdir(path);
}

static int start(const struct vm_config *c, struct vm *ret, struct vm_message *message)
{
	struct parts p;
	int pair[2], initramfs CLEANUP(host_close_at) = -1;
	struct vm vm = {.backend = &uml_backend, .control = -1};
	int r = vm_find_kernel(c, &kernels, p.kernel, sizeof(p.kernel), message);

	if (r < 0)
		return r;
	snprintf(vm.runtime, sizeof(vm.runtime), "%s", c->runtime);
	initramfs = initramfs_make(c->agent, NULL);
	if (initramfs < 0)
		return vm_fail(message, initramfs, "cannot make the initramfs of %s: %s", c->agent,
			       strerror(-initramfs));
	r = vm_pair(pair);
	if (r < 0)
		return vm_fail(message, r, "cannot make the channel: %s", strerror(-r));
	forget_last(c);
	p.channel = pair[1];
	p.initramfs = initramfs;
	r = vm_start_process(c, &vm, become, &p);
	close(pair[1]);
	vm.channel = pair[0];
	if (r < 0) {
		close(pair[0]);
		return vm_fail(message, r, "no process for the VM: %s", strerror(-r));
	}
	(void)fcntl(vm.channel, F_SETFL, O_NONBLOCK);
	*ret = vm;
	return 0;
}

/* --- disks ------------------------------------------------------------------------------------------------------------------ */

static int ask(struct vm *vm, const char *format, ...) PRINTF_LIKE(2, 3);

static int ask(struct vm *vm, const char *format, ...)
{
	char directory[PATH_MAX + 8], command[PATH_MAX + 32];
	va_list ap;

	snprintf(directory, sizeof(directory), "%s/" NAME, vm->runtime);
	va_start(ap, format);
	(void)vsnprintf(command, sizeof(command), format, ap);
	va_end(ap);
	return mconsole_ask(directory, command);
}

static int attach(struct vm *vm, const char *path, char *ret_device, size_t size, struct vm_message *message)
{
	/* The first one is taken by a default of the kernel's. */
	unsigned i = 1;
	int r;

	while (i < DISKS && (vm->disks >> i & 1) != 0)
		i++;
	if (i == DISKS)
		return vm_fail(message, -EBUSY, "%d distributions run already, and this kernel has no more disks",
			       DISKS - 1);
	/* Two names in one: what stands before a comma or colon would be taken for another file. */
	if (strpbrk(path, ",:") != NULL)
		return vm_fail(message, -EINVAL, "user-mode-linux takes no disk with ',' or ':' in its path: '%.300s'",
			       path);
	r = ask(vm, "config ubd%u=%s", i, path);
	if (r < 0)
		return vm_fail(message, r, "the disk '%.300s' cannot be attached: %s", path,
			       r == -EAGAIN ? "another VM has it" : strerror(-r));
	vm->disks |= 1u << i;
	snprintf(ret_device, size, "/dev/ubd%c", 'a' + i);
	return 0;
}

static int detach(struct vm *vm, const char *device)
{
	unsigned i = (unsigned)(device[strlen(device) - 1] - 'a');
	int r = ask(vm, "remove ubd%u", i);

	if (r == 0 && i < DISKS)
		vm->disks &= ~(1u << i);
	return r;
}

/* --- memory ----------------------------------------------------------------------------------------------------------------- */

/* All of its memory is a file that its main process maps; the processes of its programs map pages that this has touched. */
static uint64_t held(const struct vm *vm)
{
	unsigned long long kb[2] = {0, 0};
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", vm->pid);
	f = fopen(path, "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		(void)sscanf(line, "RssFile: %llu kB", &kb[0]);
		(void)sscanf(line, "RssShmem: %llu kB", &kb[1]);
	}
	if (f != NULL)
		fclose(f);
	return (uint64_t)(kb[0] + kb[1]) << 10;
}

static int give(struct vm *vm, int64_t bytes)
{
	return ask(vm, "config mem=%c%lld", bytes < 0 ? '-' : '+', (long long)(bytes < 0 ? -bytes : bytes));
}

const struct vm_backend uml_backend = {
	.name = "uml",
	.capabilities = VM_HOT_DISKS | VM_BALLOON | VM_TRIM | VM_SHARES,
	.probe = probe,
	.start = start,
	.stop = vm_stop_process,
	.attach = attach,
	.detach = detach,
	.held = held,
	.give = give,
};

/*
 * The backends qemu+kvm and qemu+tcg: QEMU's microvm, a machine of virtio devices and nothing else, with the processor's own
 * virtualization or without. Disks are hot-plugged on a SCSI bus and found by their serial numbers, the host's files come by 9p.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/host.h"
#include "vm-backend/backend.h"
#include "vm-backend/kvm_probe.h"
#include "vm-backend/qmp.h"

#define DISKS    32
#define COST_KVM 10
#define COST_TCG 30
/* As nodes and serial numbers. */
#define DISK_NAME "lxrun-disk"

static const struct vm_kernels kernels = {
	.own = "linux-x86_64",
	.packaged = "linux-x86_64-packaged",
	.for_machine = true,
	.hint = "there is no kernel: 'kernel/build x86_64' makes one, 'kernel/fetch' takes Debian's",
};

/* --- what there is ---------------------------------------------------------------------------------------------------------- */

static bool find_qemu(char *ret, size_t size)
{
	static const char name[] = "qemu-system-x86_64", other[] = "/usr/libexec/qemu-kvm";
	const char *path = getenv("PATH");

	for (const char *at = path != NULL ? path : "/usr/bin"; *at != '\0';) {
		size_t n = strcspn(at, ":");

		if (snprintf(ret, size, "%.*s/%s", (int)n, at, name) < (int)size && access(ret, X_OK) == 0)
			return true;
		at += n + (at[n] == ':');
	}
	snprintf(ret, size, "%s", other);
	return access(ret, X_OK) == 0;
}

static int probe(const struct vm_config *c, struct vm_message *reason)
{
	char path[PATH_MAX];

	if (!find_qemu(path, sizeof(path)))
		return vm_fail(reason, -ENOENT,
			       "there is no qemu-system-x86_64: Debian's package qemu-system-x86 has it");
	return vm_find_kernel(c, &kernels, path, sizeof(path), reason);
}

static int probe_tcg(const struct vm_config *c, struct vm_message *reason)
{
	int r = probe(c, reason);

	return r < 0 ? r : COST_TCG;
}

static int probe_kvm(const struct vm_config *c, struct vm_message *reason)
{
	int r = kvm_probe(reason);

	if (r == 0)
		r = probe(c, reason);
	return r < 0 ? r : COST_KVM;
}

/* --- the command line ------------------------------------------------------------------------------------------------------- */

struct line {
	char text[4 * PATH_MAX];
	size_t used;
	char *words[96];
	size_t n;
};

static void word(struct line *l, const char *format, ...) PRINTF_LIKE(2, 3);

static void word(struct line *l, const char *format, ...)
{
	size_t room = sizeof(l->text) - l->used;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(l->text + l->used, room, format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room || l->n + 1 >= ARRAY_SIZE(l->words))
		lx_bug();
	l->words[l->n++] = l->text + l->used;
	l->used += (size_t)n + 1;
}

static void option(struct line *l, const char *name, const char *value)
{
	word(l, "%s", name);
	word(l, "%s", value);
}

static uint64_t read_tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

/* A moment's time and counter, which are one moment's: of a few, those with the least between them. */
static void sample(int64_t *ret_time, uint64_t *ret_count)
{
	uint64_t least = UINT64_MAX;

	*ret_time = 0;
	*ret_count = 0;
	for (int i = 0; i < 8; i++) {
		uint64_t before = read_tsc(), after;
		struct timespec t;

		clock_gettime(CLOCK_MONOTONIC_RAW, &t);
		after = read_tsc();
		if (after - before >= least)
			continue;
		least = after - before;
		*ret_time = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
		*ret_count = before + least / 2;
	}
}

/* What the guest's counter counts is the host's, and without this number microvm hangs in the guest's attempts to find it. */
static uint64_t tsc_khz(void)
{
	struct timespec wait = {.tv_nsec = 4000000};
	int64_t start, end;
	uint64_t from, to;

	sample(&start, &from);
	(void)nanosleep(&wait, NULL);
	sample(&end, &to);
	return (to - from) * 1000000 / (uint64_t)(end - start);
}

struct parts {
	char program[PATH_MAX], kernel[PATH_MAX];
	int channel, control, initramfs;
	bool kvm;
	uint64_t khz;
};

static void put_machine(struct line *l, const struct vm_config *c, const struct parts *p)
{
	option(l, "-M", "microvm,pit=off,pic=off,rtc=on");
	option(l, "-accel", p->kvm ? "kvm" : "tcg,thread=multi,tb-size=32");
	option(l, "-cpu", p->kvm ? "host,-la57" : "max,-la57,+invtsc");
	word(l, "-smp");
	word(l, "%u", c->processors);
	word(l, "-m");
	word(l, "%lluM", (unsigned long long)(c->memory >> 20));
	word(l, "-kernel");
	word(l, "%s", p->kernel);
	word(l, "-initrd");
	word(l, "/proc/self/fd/%d", p->initramfs);
	word(l, "-append");
	/* Without KVM: the guest's exec is seven times faster where addresses are not random. */
	word(l,
	     "console=ttyS0 quiet reboot=t panic=-1 oops=panic nokaslr mitigations=off random.trust_cpu=on "
	     "8250.nr_uarts=1 "
	     "rcupdate.rcu_expedited=1 cryptomgr.notests audit=0 %s tsc=reliable tsc_early_khz=%llu "
	     "lxrun.channel=/dev/vport0p1 lxrun.runtime=%s", /* so that it is seen whose it is */
	     p->kvm ? "" : "no_timer_check lpj=4000000 norandmaps", (unsigned long long)p->khz, c->runtime);
}

static void put_devices(struct line *l, const struct vm_config *c, const struct parts *p)
{
	option(l, "-global", "virtio-mmio.force-legacy=false");
	option(l, "-serial", "chardev:log");
	option(l, "-chardev", "file,id=log,path=/proc/self/fd/1,append=on");
	word(l, "-chardev");
	word(l, "socket,id=control,fd=%d", p->control);
	option(l, "-mon", "chardev=control,mode=control");
	option(l, "-device", "virtio-serial-device,max_ports=2");
	word(l, "-chardev");
	word(l, "socket,id=channel,fd=%d", p->channel);
	option(l, "-device", "virtserialport,chardev=channel,name=lxrun");
	option(l, "-device", "virtio-scsi-device,id=scsi");
	word(l, "-netdev");
	word(l, "socket,id=net,fd=%d", c->network);
	option(l, "-device", "virtio-net-device,netdev=net,host_mtu=16000");
	option(l, "-device", "virtio-balloon-device,free-page-reporting=on,deflate-on-oom=on");
	/* As they are: neither owners nor modes in attributes, links stay links. */
	option(l, "-fsdev", "local,id=host,path=/,security_model=none,multidevs=remap");
	option(l, "-device", "virtio-9p-device,fsdev=host,mount_tag=host");
}

static void become(const struct vm_config *c, void *context)
{
	static struct line line;
	const struct parts *p = context;
	const int kept[] = {p->channel, p->control, c->network};

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		(void)fcntl(kept[i], F_SETFD, 0);
	word(&line, "lxrun-qemu");
	word(&line, "-nodefaults");
	word(&line, "-no-user-config");
	word(&line, "-no-reboot");
	option(&line, "-display", "none");
	put_machine(&line, c, p);
	put_devices(&line, c, p);
	execv(p->program, line.words);
}

static int start(const struct vm_config *c, struct vm *ret, struct vm_message *message, bool kvm)
{
	struct parts p = {.kvm = kvm, .khz = tsc_khz()};
	char modules[PATH_MAX + 16];
	int channel[2], control[2], initramfs CLEANUP(host_close_at) = -1;
	struct vm vm = {.backend = kvm ? &qemu_kvm_backend : &qemu_tcg_backend};
	int r = vm_find_kernel(c, &kernels, p.kernel, sizeof(p.kernel), message);

	if (r < 0)
		return r;
	if (!find_qemu(p.program, sizeof(p.program)))
		return vm_fail(message, -ENOENT, "there is no QEMU");
	snprintf(modules, sizeof(modules), "%s.modules", p.kernel);
	initramfs = initramfs_make(c->agent, modules);
	if (initramfs < 0)
		return vm_fail(message, initramfs, "cannot make the initramfs of %s: %s", c->agent,
			       strerror(-initramfs));
	snprintf(vm.runtime, sizeof(vm.runtime), "%s", c->runtime);
	r = vm_pair(channel);
	if (r == 0 && (r = vm_pair(control)) < 0) {
		close(channel[0]);
		close(channel[1]);
	}
	if (r < 0)
		return vm_fail(message, r, "cannot make the channel: %s", strerror(-r));
	p.channel = channel[1];
	p.control = control[1];
	p.initramfs = initramfs;
	vm.channel = channel[0];
	vm.control = control[0];
	r = vm_start_process(c, &vm, become, &p);
	close(channel[1]);
	close(control[1]);
	if (r < 0) {
		close(channel[0]);
		close(control[0]);
		return vm_fail(message, r, "no process for the VM: %s", strerror(-r));
	}
	(void)fcntl(vm.channel, F_SETFL, O_NONBLOCK);
	*ret = vm;
	return 0;
}

static int start_kvm(const struct vm_config *c, struct vm *ret, struct vm_message *message)
{
	return start(c, ret, message, true);
}

static int start_tcg(const struct vm_config *c, struct vm *ret, struct vm_message *message)
{
	return start(c, ret, message, false);
}

static void stop(struct vm *vm)
{
	vm_stop_process(vm);
	close(vm->control);
}

/* --- disks ------------------------------------------------------------------------------------------------------------------ */

static int greet(struct vm *vm)
{
	int r = vm->greeted ? 0 : qmp_greet(vm->control);

	vm->greeted = vm->greeted || r == 0;
	return r;
}

static int attach(struct vm *vm, const char *path, char *ret_device, size_t size, struct vm_message *message)
{
	char quoted[2 * PATH_MAX], said[256] = "it does not answer";
	unsigned i = 0;
	int r = greet(vm);

	while (i < DISKS && (vm->disks >> i & 1) != 0)
		i++;
	if (i == DISKS)
		return vm_fail(message, -EBUSY, "%d distributions run already, and this machine has no more disks",
			       DISKS);
	if (!qmp_quote(path, quoted, sizeof(quoted)))
		return vm_fail(message, -ENAMETOOLONG, "the path of the disk is too long");
	if (r == 0)
		r = qmp_ask(
			vm->control, said, sizeof(said),
			"{\"execute\": \"blockdev-add\", \"arguments\": {\"node-name\": \"" DISK_NAME
			"%u\", \"driver\": \"raw\", \"discard\": \"unmap\", \"detect-zeroes\": \"unmap\", \"file\": "
			"{\"driver\": \"file\", \"filename\": \"%s\", \"discard\": \"unmap\"}}}\n",
			i, quoted);
	if (r < 0)
		return vm_fail(message, r, "the disk '%.300s' cannot be attached: %.150s", path,
			       strstr(said, "lock") != NULL ? "another VM has it" : said);
	r = qmp_ask(vm->control, said, sizeof(said),
		    "{\"execute\": \"device_add\", \"arguments\": {\"driver\": \"scsi-hd\", \"id\": \"" DISK_NAME
		    "%u\", \"drive\": \"" DISK_NAME "%u\", \"serial\": \"" DISK_NAME "%u\", \"bus\": \"scsi.0\", "
		    "\"scsi-id\": %u, \"lun\": 0}}\n",
		    i, i, i, i);
	if (r < 0) {
		char other[256];

		(void)!qmp_ask(vm->control, other, sizeof(other),
			       "{\"execute\": \"blockdev-del\", \"arguments\": {\"node-name\": \"" DISK_NAME "%u\"}}\n",
			       i);
		return vm_fail(message, r, "the disk '%.300s' cannot be attached: %.150s", path, said);
	}
	vm->disks |= 1u << i;
	snprintf(ret_device, size, DISK_NAME "%u", i);
	return 0;
}

static int detach(struct vm *vm, const char *device)
{
	unsigned i = (unsigned)atoi(device + strlen(DISK_NAME));
	char said[256];
	/* Told again, it is gone already, or on its way. */
	int r = qmp_ask(vm->control, said, sizeof(said),
			"{\"execute\": \"device_del\", \"arguments\": {\"id\": \"%s\"}}\n", device);

	if (r < 0 && r != -EIO)
		return r;
	r = qmp_ask(vm->control, said, sizeof(said),
		    "{\"execute\": \"blockdev-del\", \"arguments\": {\"node-name\": \"%s\"}}\n", device);
	if (r == -EIO)
		return -EBUSY;
	if (r == 0 && i < DISKS)
		vm->disks &= ~(1u << i);
	return r;
}

static int resize(struct vm *vm, const char *device, uint64_t bytes)
{
	char said[256];

	return qmp_ask(vm->control, said, sizeof(said),
		       "{\"execute\": \"block_resize\", \"arguments\": {\"node-name\": \"%s\", \"size\": %llu}}\n",
		       device, (unsigned long long)bytes);
}

#define CAPABILITIES (VM_HOT_DISKS | VM_PROCESSORS | VM_BALLOON | VM_TRIM | VM_ONLINE_GROWTH | VM_SHARES)

const struct vm_backend qemu_kvm_backend = {
	.name = "qemu+kvm",
	.capabilities = CAPABILITIES | VM_FAST | VM_UNCERTAIN,
	.probe = probe_kvm,
	.start = start_kvm,
	.stop = stop,
	.failed = kvm_note_failure,
	.attach = attach,
	.detach = detach,
	.resize = resize,
};

const struct vm_backend qemu_tcg_backend = {
	.name = "qemu+tcg",
	.capabilities = CAPABILITIES,
	.probe = probe_tcg,
	.start = start_tcg,
	.stop = stop,
	.attach = attach,
	.detach = detach,
	.resize = resize,
};

/* Which kernel a VM gets: the user's own, ours in the cache or beside the agent, a packaged one. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/host.h"
#include "vm-backend/backend.h"

/* Of an image that a boot loader loads, at an offset that all of them have (Documentation/arch/x86/boot.rst). */
#define BOOT_MAGIC_AT 0x202
#define BOOT_MAGIC    "HdrS"

/* A kernel for a machine is linked to the upper half of the addresses, which no process has. */
static bool is_for_machine(const uint8_t *bytes, size_t n)
{
	Elf64_Ehdr e;
	Elf64_Phdr p;

	if (n >= BOOT_MAGIC_AT + 4 && memcmp(bytes + BOOT_MAGIC_AT, BOOT_MAGIC, 4) == 0)
		return true;
	if (n < sizeof(e) || memcmp(bytes, ELFMAG, SELFMAG) != 0)
		return false;
	memcpy(&e, bytes, sizeof(e));
	for (size_t i = 0; i < e.e_phnum && e.e_phoff + (i + 1) * sizeof(p) <= n; i++) {
		memcpy(&p, bytes + e.e_phoff + i * sizeof(p), sizeof(p));
		if (p.p_type == PT_LOAD)
			return p.p_vaddr >> 63 != 0;
	}
	return false;
}

static int check(const char *path, bool for_machine)
{
	uint8_t head[4096];
	int fd CLEANUP(host_close_at) = open(path, O_RDONLY | O_CLOEXEC);
	long n = fd >= 0 ? host_read(fd, head, sizeof(head)) : -errno;

	if (n < 0)
		return (int)n;
	return is_for_machine(head, (size_t)n) == for_machine ? 0 : -ENOEXEC;
}

static void in_cache(char *ret, size_t size, const char *name)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (cache != NULL && cache[0] == '/')
		snprintf(ret, size, "%s/lxrun/kernel/%s", cache, name);
	else
		snprintf(ret, size, "%s/.cache/lxrun/kernel/%s", home != NULL ? home : "", name);
}

static int find(const struct vm_config *c, const char *name, char *ret, size_t size)
{
	const char *slash = strrchr(c->agent, '/');

	in_cache(ret, size, name);
	if (access(ret, R_OK) == 0)
		return 0;
	snprintf(ret, size, "%.*s/%s", slash != NULL ? (int)(slash - c->agent) : 0, c->agent, name);
	return access(ret, R_OK) == 0 ? 0 : -ENOENT;
}

int vm_find_kernel(const struct vm_config *c, const struct vm_kernels *k, char *ret, size_t size,
		   struct vm_message *reason)
{
	if (c->kernel != NULL && c->kernel[0] != '\0') {
		int r = check(c->kernel, k->for_machine);

		snprintf(ret, size, "%s", c->kernel);
		if (r == -ENOEXEC)
			return vm_fail(reason, r, "the kernel %.200s of the configuration is %s", c->kernel,
				       k->for_machine ? "none for a machine: user-mode-linux, or no kernel at all"
						      : "for a machine, not for a process");
		return r == 0 ? 0
			      : vm_fail(reason, r, "the kernel %.200s of the configuration cannot be used: %s",
					c->kernel, strerror(-r));
	}
	if (find(c, k->own, ret, size) == 0 || find(c, k->packaged, ret, size) == 0)
		return 0;
	snprintf(ret, size, "%s", k->installed != NULL ? k->installed : "");
	return ret[0] != '\0' && access(ret, R_OK) == 0 ? 0 : vm_fail(reason, -ENOENT, "%s", k->hint);
}

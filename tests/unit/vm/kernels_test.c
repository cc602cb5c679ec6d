/* Which kernel is taken, and what is none. */
#include <criterion/criterion.h>
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm-backend/backend.h"

static char place[] = "/tmp/unit-kernels-XXXXXX";
static char cache[128], beside[128], agent[128];
static const struct vm_kernels process = {.own = "own", .packaged = "packaged", .hint = "there is none"};
static const struct vm_kernels machine = {
	.own = "own", .packaged = "packaged", .for_machine = true, .hint = "there is none"};

int vm_fail(struct vm_message *m, int error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(m->text, sizeof(m->text), format, ap);
	va_end(ap);
	return error;
}

static void set_up(void)
{
	cr_assert_not_null(mkdtemp(place));
	snprintf(cache, sizeof(cache), "%s/lxrun", place);
	mkdir(cache, 0700);
	strcat(cache, "/kernel");
	mkdir(cache, 0700);
	snprintf(beside, sizeof(beside), "%s/beside", place);
	mkdir(beside, 0700);
	snprintf(agent, sizeof(agent), "%s/agent", beside);
	setenv("XDG_CACHE_HOME", place, 1);
}

static void tear_down(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", place);
	cr_assert_eq(system(command), 0);
}

/* A file of one ELF segment at an address, or an image with the boot loaders' mark, or neither. */
static void make(const char *directory, const char *name, uint64_t address, const char *mark)
{
	uint8_t bytes[1024] = {0};
	Elf64_Ehdr e = {.e_ident = ELFMAG, .e_phoff = sizeof(e), .e_phnum = 1};
	Elf64_Phdr p = {.p_type = PT_LOAD, .p_vaddr = address};
	char path[256];
	FILE *f;

	if (address != 0) {
		memcpy(bytes, &e, sizeof(e));
		memcpy(bytes + sizeof(e), &p, sizeof(p));
	}
	if (mark != NULL)
		memcpy(bytes + 0x202, mark, 4);
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "w");
	cr_assert_not_null(f);
	cr_assert_eq(fwrite(bytes, sizeof(bytes), 1, f), 1);
	fclose(f);
}

static int find(const struct vm_kernels *k, const char *own, char *ret, struct vm_message *m)
{
	struct vm_config c = {.agent = agent, .kernel = own};

	return vm_find_kernel(&c, k, ret, 512, m);
}

Test(kernels, are_looked_for_in_order, .init = set_up, .fini = tear_down)
{
	char found[512], wanted[256];
	struct vm_message m;

	cr_assert_eq(find(&process, "", found, &m), -ENOENT);
	cr_assert_str_eq(m.text, "there is none");
	make(beside, "packaged", 1, NULL);
	cr_assert_eq(find(&process, "", found, &m), 0);
	snprintf(wanted, sizeof(wanted), "%s/packaged", beside);
	cr_assert_str_eq(found, wanted);
	make(beside, "own", 1, NULL);
	cr_assert_eq(find(&process, NULL, found, &m), 0);
	snprintf(wanted, sizeof(wanted), "%s/own", beside);
	cr_assert_str_eq(found, wanted);
	make(cache, "own", 1, NULL);
	cr_assert_eq(find(&process, NULL, found, &m), 0);
	snprintf(wanted, sizeof(wanted), "%s/own", cache);
	cr_assert_str_eq(found, wanted);
}

Test(kernels, of_another_kind_are_refused, .init = set_up, .fini = tear_down)
{
	static const struct {
		const char *name;
		uint64_t address;
		const char *mark;
		bool for_machine;
	} rows[] = {
		{"uml", 0x60000000, NULL, false},
		{"vmlinux", 0xffffffff81000000, NULL, true},
		{"bzImage", 0, "HdrS", true},
	};
	char path[256], found[512];
	struct vm_message m;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		make(place, rows[i].name, rows[i].address, rows[i].mark);
		snprintf(path, sizeof(path), "%s/%s", place, rows[i].name);
		cr_assert_eq(find(&process, path, found, &m), rows[i].for_machine ? -ENOEXEC : 0, "%s", path);
		cr_assert_eq(find(&machine, path, found, &m), rows[i].for_machine ? 0 : -ENOEXEC, "%s", path);
	}
	cr_assert_eq(find(&machine, "/nowhere/kernel", found, &m), -ENOENT);
	cr_assert_not_null(strstr(m.text, "/nowhere/kernel"));
	/* Short, and full of nonsense. */
	make(place, "nonsense", 0, "nono");
	snprintf(path, sizeof(path), "%s/nonsense", place);
	cr_assert_eq(find(&machine, path, found, &m), -ENOEXEC);
	cr_assert_eq(truncate(path, 3), 0);
	cr_assert_eq(find(&machine, path, found, &m), -ENOEXEC);
}

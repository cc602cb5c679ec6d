#include <sys/mman.h>

#include "base/host.h"
#include "loader/elf_file.h"
#include "loader/loader.h"

void ldr_read_stack(uint64_t sp, struct ldr_stack *ret)
{
	char **p = (char **)(uintptr_t)sp;
	size_t n = 0;

	ret->sp = sp;
	ret->argc = *(long *)(uintptr_t)sp;
	ret->argv = p + 1;
	ret->envp = ret->argv + ret->argc + 1;
	for (p = ret->envp; *p != NULL;)
		p++;
	ret->auxv = (Elf64_auxv_t *)(void *)(p + 1);
	while (ret->auxv[n].a_type != AT_NULL)
		n++;
	ret->auxv_size = (n + 1) * sizeof(ret->auxv[0]);
}

static Elf64_auxv_t *find(const struct ldr_stack *stack, uint64_t type)
{
	for (Elf64_auxv_t *a = stack->auxv; a->a_type != AT_NULL; a++)
		if (a->a_type == type)
			return a;
	return NULL;
}

bool ldr_auxv_get(const struct ldr_stack *stack, uint64_t type, uint64_t *ret)
{
	const Elf64_auxv_t *a = find(stack, type);

	if (a == NULL)
		return false;
	*ret = a->a_un.a_val;
	return true;
}

static void set(const struct ldr_stack *stack, uint64_t type, uint64_t value)
{
	Elf64_auxv_t *a = find(stack, type);

	if (a != NULL)
		a->a_un.a_val = value;
}

void ldr_finish_stack(const struct ldr_stack *stack, const struct ldr_image *program,
		      const struct ldr_image *interpreter, const struct ldr_identity *who)
{
	set(stack, AT_PHDR, program->phdr);
	set(stack, AT_PHENT, program->phent);
	set(stack, AT_PHNUM, program->phnum);
	set(stack, AT_BASE, interpreter != NULL ? interpreter->bias : 0);
	set(stack, AT_ENTRY, program->entry);
	set(stack, AT_UID, who->uid);
	set(stack, AT_EUID, who->euid);
	set(stack, AT_GID, who->gid);
	set(stack, AT_EGID, who->egid);
	set(stack, AT_SECURE, who->secure);
	set(stack, AT_EXECFN, who->execfn);
}

int ldr_make_stack_executable(uint64_t sp)
{
	return host_mprotect(page_down(sp), ELF_PAGE, PROT_READ | PROT_WRITE | PROT_EXEC | PROT_GROWSDOWN);
}

#include "translator/files/files.h"

#include "base/str.h"

/* copy_struct_from_user() takes no more than that. */
#define STRUCT_MAX 4096

static int must_be_zero(struct tr_call *c, uint64_t from, size_t n)
{
	char part[256];

	while (n > 0) {
		size_t k = n < sizeof(part) ? n : sizeof(part);
		int r = tr_read(c, part, from, k);

		if (r < 0)
			return r;
		for (size_t i = 0; i < k; i++)
			if (part[i] != 0)
				return -E2BIG;
		from += k;
		n -= k;
	}
	return 0;
}

int files_read_struct(struct tr_call *c, void *to, size_t size, size_t smallest, uint64_t from, uint64_t guest_size)
{
	size_t common = guest_size < size ? (size_t)guest_size : size;
	int r;

	if (guest_size < smallest)
		return -EINVAL;
	if (guest_size > STRUCT_MAX)
		return -E2BIG;
	r = must_be_zero(c, from + common, (size_t)guest_size - common);
	if (r < 0)
		return r;
	memset(to, 0, size);
	return tr_read(c, to, from, common);
}

void files_view_seen(struct tr_call *c)
{
	uint32_t old = __atomic_fetch_or(&c->process->flags, PROCESS_VIEW_DIRS, __ATOMIC_RELAXED);

	if ((old & PROCESS_VIEW_DIRS) == 0)
		tr_process_changed(c);
}

/* Programs as a hostile guest would write them: whatever passes the check must run to an end within its memory. */
#include <stdint.h>

#include "program.h"
#include "translator/filter/interpret.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct sock_filter code[64];
	struct seccomp_data data = call(257, OUTSIDE, (uint64_t[6]){1, 2, 3, 4, 5, 6});
	size_t n = size / sizeof(*code);

	if (n > ARRAY_SIZE(code))
		n = ARRAY_SIZE(code);
	memcpy(code, input, n * sizeof(*code));
	if (tr_filter_check(code, n) == 0)
		(void)tr_filter_run(code, n, &data, NULL);
	return 0;
}

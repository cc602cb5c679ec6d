/* A program that is executed to tell who it has become. */
#include <linux/prctl.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fake.h"
#include "told.h"

/* A process that may not be looked at cannot be searched for leaks: the sanitizer would end it with an error. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

int main(void)
{
	struct told t = {
		.secure = (int)getauxval(AT_SECURE),
		.dumpable = (int)syscall(SYS_prctl, PR_GET_DUMPABLE),
		.personality = (unsigned)personality(0xffffffff),
	};

	syscall(SYS_prctl, PR_GET_PDEATHSIG, &t.death_signal);
	return fake_read_creds(getpid(), &t.creds) < 0 || write(1, &t, sizeof(t)) != sizeof(t);
}

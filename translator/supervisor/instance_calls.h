/* The supervisor's end of instance calls (base/instance_call.h), whichever way they come. */
#ifndef LX_TRANSLATOR_SUPERVISOR_INSTANCE_CALLS_H
#define LX_TRANSLATOR_SUPERVISOR_INSTANCE_CALLS_H

#include <linux/seccomp.h>
#include <pthread.h>

#include "base/instance_call.h"

/* Threads whose last call is remembered: by their ids, of which two rarely share a place at the same time. */
#define INSTANCE_CALLS_REMEMBERED 4096

struct instance_calls {
	/* Does it: 0 or more, or -errno. One at a time. */
	int (*serve)(void *context, const struct instance_call *call);
	void *context;
	uint64_t key;         /* instance.call_key */
	pthread_mutex_t lock; /* PTHREAD_MUTEX_INITIALIZER */
	struct {
		uint32_t tid;
		int answer;
		uint64_t id;
	} last[INSTANCE_CALLS_REMEMBERED];
};

/*
 * The answer: by `serve` the first time that a call with this id comes, the same again if it comes again. A thread makes one
 * call at a time and repeats it before it makes another, so the last one of each is enough. -ENOSYS, and nothing is done, with
 * another key. From any thread.
 */
int instance_calls_answer(struct instance_calls *k, const struct instance_call *call);
/*
 * The same for a notification that was received from the listener; answers it, as the kernel answers an unknown number where the
 * key is another one. The caller may be gone meanwhile.
 */
void instance_calls_notified(struct instance_calls *k, int listener, const struct seccomp_notif *n);

#endif

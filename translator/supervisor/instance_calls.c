#include "translator/supervisor/instance_calls.h"

#include <errno.h>
#include <sys/ioctl.h>

#include "base/host.h"

int instance_calls_answer(struct instance_calls *k, const struct instance_call *call)
{
	const size_t at = call->tid % INSTANCE_CALLS_REMEMBERED;
	int r;

	if (call->key != k->key)
		return -ENOSYS;
	pthread_mutex_lock(&k->lock);
	if (k->last[at].tid == call->tid && k->last[at].id == call->id && call->id != 0) {
		r = k->last[at].answer;
	} else {
		r = k->serve(k->context, call);
		k->last[at].tid = call->tid;
		k->last[at].id = call->id;
		k->last[at].answer = r;
	}
	pthread_mutex_unlock(&k->lock);
	return r;
}

void instance_calls_notified(struct instance_calls *k, int listener, const struct seccomp_notif *n)
{
	const struct instance_call call = {
		.id = n->data.args[0],
		.kind = (uint32_t)n->data.args[1],
		.tid = n->pid,
		.arg = {n->data.args[2], n->data.args[3], n->data.args[4]},
		.key = n->data.args[5],
	};
	struct seccomp_notif_resp response = {.id = n->id};

	if (call.key == k->key)
		response.val = INSTANCE_CALL_ANSWER + instance_calls_answer(k, &call);
	else
		response.error = -ENOSYS;
	(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

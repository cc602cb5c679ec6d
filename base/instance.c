#include "base/instance.h"

#include <errno.h>
#include <stdatomic.h>
#include <time.h>

#include "base/host.h"
#include "base/str.h"

/* How far from its place a slot may stand. */
#define PROBES 64
/* How often a payload area is asked for: ten seconds, far more than the supervisor needs for all the calls in front. */
#define PAYLOAD_TRIES (100000u * INSTANCE_PAYLOADS)

static uint32_t place(pid_t pid, unsigned i)
{
	return ((uint32_t)pid + i) & (INSTANCE_SLOTS - 1);
}

struct process_slot *instance_find_slot(struct instance *in, pid_t pid)
{
	for (unsigned i = 0; i < PROBES; i++) {
		uint32_t at = place(pid, i);

		if (atomic_load_explicit(&in->pids[at], memory_order_acquire) == (uint32_t)pid)
			return &in->slots[at];
	}
	return NULL;
}

static bool gone(uint32_t pid)
{
	return pid == 0 || host_kill((pid_t)pid, 0) == -ESRCH;
}

struct process_slot *instance_find_filled_slot(struct instance *in, pid_t pid)
{
	struct process_slot *s = instance_find_slot(in, pid);

	return s != NULL && atomic_load_explicit(&s->speaks_of, memory_order_acquire) == (uint32_t)pid ? s : NULL;
}

void instance_slot_is_filled(struct process_slot *s, pid_t pid)
{
	atomic_store_explicit(&s->speaks_of, (uint32_t)pid, memory_order_release);
}

struct process_slot *instance_claim_slot(struct instance *in, pid_t pid)
{
	struct process_slot *s = instance_find_slot(in, pid);

	if (s != NULL)
		return s;
	for (unsigned i = 0; i < PROBES; i++) {
		uint32_t at = place(pid, i), owner = atomic_load_explicit(&in->pids[at], memory_order_acquire);

		if (!gone(owner) || !atomic_compare_exchange_strong(&in->pids[at], &owner, (uint32_t)pid))
			continue;
		/* The last owner may have been killed while it wrote. */
		if ((atomic_load(&in->slots[at].sequence) & 1) != 0)
			atomic_fetch_add(&in->slots[at].sequence, 1);
		return &in->slots[at];
	}
	return NULL;
}

struct instance_payload *instance_claim_payload(struct instance *in, pid_t tid)
{
	struct timespec pause = {.tv_nsec = 100000};

	for (uint32_t i = (uint32_t)tid; i - (uint32_t)tid < PAYLOAD_TRIES; i++) {
		struct instance_payload *p = &in->payloads[i % INSTANCE_PAYLOADS];
		uint32_t holder = atomic_load_explicit(&p->holder, memory_order_acquire);

		if ((holder == (uint32_t)tid || gone(holder)) &&
		    atomic_compare_exchange_strong(&p->holder, &holder, (uint32_t)tid))
			return p;
		/* Each is held for one call. */
		if ((i + 1 - (uint32_t)tid) % INSTANCE_PAYLOADS == 0)
			(void)host_call(SYS_nanosleep, &pause, NULL);
	}
	return NULL;
}

void instance_release_payload(struct instance_payload *p)
{
	atomic_store_explicit(&p->holder, 0, memory_order_release);
}

long instance_payload_record(struct instance_payload *p, const struct sidecar_record *record)
{
	const size_t device = sizeof(record->key.device);
	long n = sidecar_encode(record, p->bytes + device, sizeof(p->bytes) - device);

	memcpy(p->bytes, &record->key.device, device);
	return n < 0 ? n : n + (long)device;
}

uint64_t instance_start_of(pid_t pid)
{
	int fd CLEANUP(host_close_at) = -1;
	char path[32], text[1024];
	uint64_t start = 0;
	ssize_t n;
	char *at;

	str_format(path, sizeof(path), "/proc/%d/stat", pid);
	fd = host_open(path, O_RDONLY | O_CLOEXEC, 0);
	n = fd >= 0 ? host_read(fd, text, sizeof(text) - 1) : -1;
	if (n <= 0)
		return 0;
	text[n] = '\0';
	at = strrchr(text, ')');
	/* Field 22; the state behind the name is field 3. */
	for (int field = 2; at != NULL && field < 22; field++)
		at = strchr(at + 1, ' ');
	for (at = at != NULL ? at + 1 : NULL; at != NULL && *at >= '0' && *at <= '9'; at++)
		start = start * 10 + (uint64_t)(*at - '0');
	return start;
}

void instance_note_missed(struct instance *in, uint32_t nr)
{
	const uint64_t bit = 1ull << (nr % 64);

	if (nr < INSTANCE_CALLS && (atomic_load_explicit(&in->missed_calls[nr / 64], memory_order_relaxed) & bit) == 0)
		atomic_fetch_or(&in->missed_calls[nr / 64], bit);
}

void instance_note_unknown(struct instance *in, uint32_t nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(in->unknown_calls); i++) {
		uint64_t old = 0;

		if (atomic_compare_exchange_strong(&in->unknown_calls[i], &old, INSTANCE_UNKNOWN_CALL | nr) ||
		    old == (INSTANCE_UNKNOWN_CALL | nr))
			return;
	}
}

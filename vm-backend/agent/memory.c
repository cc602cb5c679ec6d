/*
 * The VM's memory is the host's. What nobody has used for a while, the files' contents that the kernel keeps because there is room,
 * is forgotten once the VM has had nothing to do, as WSL does it; and the host process hears how much is free, for backends that give
 * memory back only when they are asked to.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vm-backend/agent/agent.h"

#define LOOK_MILLISECONDS 2000
/* So long without work. */
#define IDLE_MILLISECONDS 30000
/* Work: more than a twentieth of one processor. */
#define BUSY_SHARE 20
/* What is worth a frame; and without a difference something may have been used and freed since. */
#define DIFFERENCE       (UINT64_C(8) << 20)
#define SAY_MILLISECONDS 6000

static bool forgets;
static int64_t next_look, busy_at;
static bool forgotten;

void memory_forget_when_idle(void)
{
	forgets = true;
}

/* Milliseconds that all processors together have worked; a tick of USER_HZ is 10. */
static int64_t worked(void)
{
	unsigned long long user = 0, nice = 0, system = 0, irq = 0, softirq = 0;
	FILE *f = fopen("/proc/stat", "re");

	if (f == NULL)
		return 0;
	if (fscanf(f, "cpu %llu %llu %llu %*u %*u %llu %llu", &user, &nice, &system, &irq, &softirq) != 5)
		user = nice = system = irq = softirq = 0;
	fclose(f);
	return (int64_t)(user + nice + system + irq + softirq) * 10;
}

static void look_at_work(int64_t now)
{
	static int64_t last, last_worked;
	int64_t work = worked();

	if ((work - last_worked) * BUSY_SHARE > now - last || last == 0) {
		busy_at = now;
		forgotten = false;
	}
	last = now;
	last_worked = work;
	if (!forgets || forgotten || now - busy_at < IDLE_MILLISECONDS)
		return;
	put_text("/proc/sys/vm/drop_caches", "1");
	forgotten = true;
}

static void look_at_memory(int64_t now)
{
	static uint64_t said;
	static int64_t said_at;
	unsigned long long total, unused;
	struct frame_memory m;
	FILE *f = fopen("/proc/meminfo", "re");
	int n;

	if (f == NULL)
		return;
	n = fscanf(f, "MemTotal: %llu kB MemFree: %llu kB", &total, &unused);
	fclose(f);
	m = (struct frame_memory){.total = total << 10, .unused = unused << 10};
	if (n != 2 ||
	    (m.unused < said + DIFFERENCE && said < m.unused + DIFFERENCE && now - said_at < SAY_MILLISECONDS))
		return;
	said = m.unused;
	said_at = now;
	if (queue_frame(&channel_out, 0, FRAME_MEMORY, 0, &m, sizeof(m)) < 0)
		lost("no memory");
}

void memory_look(int64_t now)
{
	if (now < next_look)
		return;
	next_look = now + LOOK_MILLISECONDS;
	look_at_work(now);
	look_at_memory(now);
}

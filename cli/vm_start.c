/* What the utility VM has to know of a distribution that it is to bring up. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/report.h"
#include "cli/vm.h"

static void must(int r)
{
	if (r < 0)
		report_fatal("out of memory");
}

static void put(struct queue *q, enum field_key key, const char *text)
{
	must(fields_put_text(q, key, text));
}

void vm_put_start(struct queue *out, const struct distro *d)
{
	struct queue q = {0};
	struct lxrun_config config;
	char path[PATH_MAX], hostname[256] = "", number[32];

	lxrun_config_read(NULL, &config);
	if (distro_path(d, "disk.ext4", path, sizeof(path)) < 0 || access(path, R_OK | W_OK) < 0)
		report_fatal("the disk of %s cannot be used: '%s/disk.ext4': %s", d->name, d->location,
			     strerror(errno));
	put(&q, FIELD_ID, d->id);
	put(&q, FIELD_NAME, d->name);
	put(&q, FIELD_DISK, path);
	snprintf(number, sizeof(number), "%lld", (long long)config.instance_idle_timeout);
	put(&q, FIELD_IDLE, number);
	if (gethostname(hostname, sizeof(hostname) - 1) == 0)
		put(&q, FIELD_HOSTNAME, hostname);
	must(fields_send(out, 1, FRAME_START, &q));
	queue_done(&q);
}

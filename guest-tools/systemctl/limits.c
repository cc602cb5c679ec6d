/* LimitNOFILE= and its kin, and the other numbers of a process. */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "guest-tools/systemctl/service.h"
#include "guest-tools/systemctl/words.h"

static const struct {
	const char *key;
	int resource;
	bool bytes, time; /* time: seconds, but Limit RTTIME's microseconds */
} limits[] = {
	{"LimitCPU", RLIMIT_CPU, false, true},           {"LimitFSIZE", RLIMIT_FSIZE, true, false},
	{"LimitDATA", RLIMIT_DATA, true, false},         {"LimitSTACK", RLIMIT_STACK, true, false},
	{"LimitCORE", RLIMIT_CORE, true, false},         {"LimitRSS", RLIMIT_RSS, true, false},
	{"LimitNOFILE", RLIMIT_NOFILE, false, false},    {"LimitAS", RLIMIT_AS, true, false},
	{"LimitNPROC", RLIMIT_NPROC, false, false},      {"LimitMEMLOCK", RLIMIT_MEMLOCK, true, false},
	{"LimitLOCKS", RLIMIT_LOCKS, false, false},      {"LimitSIGPENDING", RLIMIT_SIGPENDING, false, false},
	{"LimitMSGQUEUE", RLIMIT_MSGQUEUE, true, false}, {"LimitNICE", RLIMIT_NICE, false, false},
	{"LimitRTPRIO", RLIMIT_RTPRIO, false, false},
};

static bool parse(const char *text, bool bytes, bool time, rlim_t *ret)
{
	static const char factors[] = "KMGTPE";
	const char *factor;
	char *end;
	long ms;

	if (strcmp(text, "infinity") == 0) {
		*ret = RLIM_INFINITY;
		return true;
	}
	if (text[0] < '0' || text[0] > '9')
		return false;
	if (time && words_milliseconds(text, &ms) == 0 && ms >= 0) {
		*ret = (rlim_t)((ms + 999) / 1000);
		return true;
	}
	*ret = strtoull(text, &end, 10);
	if (!bytes || *end == '\0')
		return *end == '\0';
	factor = strchr(factors, *end);
	for (const char *f = factors; factor != NULL && f <= factor; f++)
		*ret *= 1024;
	return factor != NULL && end[1] == '\0';
}

static void apply(int resource, const char *text, bool bytes, bool time)
{
	struct pool pool = {NULL};
	const char *colon = strchr(text, ':');
	char *soft = pool_text(&pool, text, strcspn(text, ":"));
	struct rlimit now, wanted;

	if (parse(soft, bytes, time, &wanted.rlim_cur) &&
	    parse(colon != NULL ? colon + 1 : soft, bytes, time, &wanted.rlim_max) && getrlimit(resource, &now) == 0 &&
	    setrlimit(resource, &wanted) < 0) {
		/* More than the host allows: as much as it does. */
		if (wanted.rlim_max > now.rlim_max)
			wanted.rlim_max = now.rlim_max;
		if (wanted.rlim_cur > wanted.rlim_max)
			wanted.rlim_cur = wanted.rlim_max;
		(void)setrlimit(resource, &wanted);
	}
	pool_free(&pool);
}

void limits_apply(struct unit *u)
{
	const char *nice = unit_get(u, "Service", "Nice", NULL);

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		const char *text = unit_get(u, "Service", limits[i].key, NULL);

		if (text != NULL)
			apply(limits[i].resource, text, limits[i].bytes, limits[i].time);
	}
	if (nice != NULL)
		(void)setpriority(PRIO_PROCESS, 0, atoi(nice));
}

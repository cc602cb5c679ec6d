#include "cli/machine.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/below.h"

#define FIRST_LINE   "# Written by lxrun when the distribution starts. To have your own, put this into /etc/wsl.conf:\n"
#define HOSTNAME_MAX 64
/* Nobody's resolv.conf or hosts is larger; what is behind is left out. */
#define FILE_MAX (256u << 10)
#define KEPT     ".before-lxrun"
#define NEW      ".lxrun-new"

const struct machine_host machine_host = {"/etc/hosts", "/etc/resolv.conf", "/etc/localtime"};

/* --- host names ------------------------------------------------------------------------------------------------------- */

/* Letters, digits, dashes inside, dots between labels: hostname(7). */
static void sanitize(const char *from, char *to, size_t size)
{
	size_t n = 0;

	for (; *from != '\0' && n + 1 < size && n < HOSTNAME_MAX; from++) {
		bool edge = n == 0 || to[n - 1] == '.';

		if (isalnum((unsigned char)*from) || ((*from == '-' || *from == '.') && !edge))
			to[n++] = *from;
	}
	while (n > 0 && (to[n - 1] == '-' || to[n - 1] == '.'))
		n--;
	to[n] = '\0';
}

void machine_hostname(const struct wsl_conf *conf, char *ret, size_t size)
{
	char own[256] = "";

	sanitize(conf->hostname, ret, size);
	if (ret[0] == '\0' && gethostname(own, sizeof(own) - 1) == 0)
		sanitize(own, ret, size);
	if (ret[0] == '\0')
		snprintf(ret, size, "localhost");
}

/* --- writing ---------------------------------------------------------------------------------------------------------- */

struct text {
	char *bytes;
	size_t size;
};

static void text_free(struct text *t)
{
	free(t->bytes);
}

/* What fd (consumed) has, up to FILE_MAX; empty if there is nothing. */
static struct text read_fd(int fd)
{
	struct text t = {0};
	ssize_t n;

	if (fd < 0)
		return t;
	t.bytes = malloc(FILE_MAX);
	n = t.bytes != NULL ? host_pread_full(fd, t.bytes, FILE_MAX, 0) : 0;
	t.size = n > 0 ? (size_t)n : 0;
	close(fd);
	return t;
}

static bool is_ours(const struct text *t)
{
	return t->size >= strlen(FIRST_LINE) && memcmp(t->bytes, FIRST_LINE, strlen(FIRST_LINE)) == 0;
}

/* A name of /etc that is about to be replaced and is the distribution's own. */
static int keep(int etc, const char *name)
{
	char kept[64];

	snprintf(kept, sizeof(kept), "%s" KEPT, name);
	if (linkat(etc, name, etc, kept, 0) == 0 || errno == EEXIST || errno == ENOENT)
		return 0;
	/* A file system without hard links: the name is free for a moment. */
	if (errno == EPERM || errno == EOPNOTSUPP || errno == EMLINK)
		return renameat2(etc, name, etc, kept, RENAME_NOREPLACE) == 0 || errno == EEXIST ? 0 : -errno;
	return -errno;
}

static int write_new(int etc, const char *name, const struct text *t)
{
	char new[64];
	int fd CLEANUP(host_close_at) = -1;
	int r;

	snprintf(new, sizeof(new), "%s" NEW, name);
	(void)unlinkat(etc, new, 0);
	fd = openat(etc, new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	r = host_write_full(fd, t->bytes, t->size);
	if (r == 0 && (fchmod(fd, 0644) < 0 || renameat(etc, new, etc, name) < 0))
		r = -errno;
	if (r < 0)
		(void)unlinkat(etc, new, 0);
	return r;
}

/* own: a file without our first line is the distribution's, and kept. */
static int put(int etc, const char *name, const struct text *want, bool own)
{
	struct text there CLEANUP(text_free) =
		read_fd(openat(etc, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
	int r = 0;

	if (want->bytes == NULL)
		return -ENOMEM;
	if (there.size == want->size && memcmp(there.bytes, want->bytes, want->size) == 0)
		return 0;
	if (own && !is_ours(&there))
		r = keep(etc, name);
	return r < 0 ? r : write_new(etc, name, want);
}

/* --- the files -------------------------------------------------------------------------------------------------------- */

/* The host's own entries, without those of names that every machine has for itself. */
static void copy_hosts(FILE *to, const char *path, const char *hostname)
{
	static const char *const everybodys[] = {"localhost", "ip6-localhost", "ip6-loopback", "ip6-allnodes",
						 "ip6-allrouters"};
	FILE *from CLEANUP(below_close) = fopen(path, "re");
	char line[1024];

	while (from != NULL && fgets(line, sizeof(line), from) != NULL) {
		char copy[sizeof(line)], *rest = copy, *word;
		bool take = false;

		snprintf(copy, sizeof(copy), "%.*s", (int)strcspn(line, "#\n"), line);
		(void)strtok_r(copy, " \t", &rest);
		while ((word = strtok_r(NULL, " \t", &rest)) != NULL) {
			bool own = strcmp(word, hostname) == 0;

			for (size_t i = 0; i < ARRAY_SIZE(everybodys); i++)
				own = own || strcmp(word, everybodys[i]) == 0;
			take = take || !own;
		}
		if (take)
			fprintf(to, "%.*s\n", (int)strcspn(line, "#\n"), line);
	}
}

static int put_hosts(int etc, const char *hostname, const struct machine_host *host)
{
	struct text t CLEANUP(text_free) = {0};
	FILE *f = open_memstream(&t.bytes, &t.size);

	if (f == NULL)
		return -errno;
	fprintf(f,
		FIRST_LINE "#	[network]\n#	generateHosts = false\n"
			   "127.0.0.1	localhost\n127.0.1.1	%s\n",
		hostname);
	copy_hosts(f, host->hosts, hostname);
	fputs("::1	ip6-localhost ip6-loopback\nff02::1	ip6-allnodes\nff02::2	ip6-allrouters\n", f);
	return fclose(f) == 0 ? put(etc, "hosts", &t, true) : -errno;
}

static int put_resolv_conf(int etc, const struct machine_host *host)
{
	struct text from CLEANUP(text_free) = read_fd(open(host->resolv_conf, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
	struct text t CLEANUP(text_free) = {0};
	FILE *f;

	/* A host that asks nobody has no such file. */
	if (from.size == 0)
		return 0;
	f = open_memstream(&t.bytes, &t.size);
	if (f == NULL)
		return -errno;
	fputs(FIRST_LINE "#	[network]\n#	generateResolvConf = false\n", f);
	fwrite(from.bytes, 1, from.size, f);
	return fclose(f) == 0 ? put(etc, "resolv.conf", &t, true) : -errno;
}

static int put_hostname(int etc, const char *hostname)
{
	char line[HOSTNAME_MAX + 2];
	int n = snprintf(line, sizeof(line), "%s\n", hostname);

	return put(etc, "hostname", &(struct text){line, (size_t)n}, false);
}

/* The host's zone, "Europe/Berlin": what stands behind zoneinfo/ in the link. */
static bool host_zone(const char *localtime, char *ret, size_t size)
{
	static const char mark[] = "/zoneinfo/";
	char path[PATH_MAX];
	const char *zone;

	if (host_readlinkat(AT_FDCWD, localtime, path, sizeof(path)) < 0)
		return false;
	zone = strstr(path, mark);
	return zone != NULL && snprintf(ret, size, "%s", zone + strlen(mark)) < (int)size && strstr(ret, "..") == NULL;
}

/* Only to a zone that the distribution knows. */
static int put_localtime(int root_fd, int etc, const struct machine_host *host)
{
	char zone[256], target[512], there[PATH_MAX];
	int fd CLEANUP(host_close_at) = -1;

	if (!host_zone(host->localtime, zone, sizeof(zone)))
		return 0;
	snprintf(target, sizeof(target), "/usr/share/zoneinfo/%s", zone);
	fd = below_open(root_fd, target, O_PATH);
	if (fd < 0 || (host_readlinkat(etc, "localtime", there, sizeof(there)) > 0 && strcmp(there, target) == 0))
		return 0;
	(void)unlinkat(etc, "localtime" NEW, 0);
	if (symlinkat(target, etc, "localtime" NEW) < 0 || renameat(etc, "localtime" NEW, etc, "localtime") < 0)
		return -errno;
	return 0;
}

int machine_prepare(int root_fd, const struct wsl_conf *conf, const char *hostname, const struct machine_host *host)
{
	int etc CLEANUP(host_close_at) = below_open(root_fd, "/etc", O_DIRECTORY);
	int result = 0, r;

	/* Whatever this is, it knows nothing of such files. */
	if (etc < 0)
		return 0;
	r = put_hostname(etc, hostname);
	result = r;
	r = conf->generate_hosts ? put_hosts(etc, hostname, host) : 0;
	result = result < 0 ? result : r;
	r = conf->generate_resolv_conf ? put_resolv_conf(etc, host) : 0;
	result = result < 0 ? result : r;
	r = conf->use_host_timezone ? put_localtime(root_fd, etc, host) : 0;
	return result < 0 ? result : r;
}

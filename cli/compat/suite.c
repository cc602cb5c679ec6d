#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "cli/compat/compat.h"
#include "cli/libexec.h"
#include "cli/report.h"

/* --- which there are ----------------------------------------------------------------------------------------------------- */

/* "# KEY: VALUE" lines at the top of the script. */
static void read_header(struct suite *s)
{
	FILE *f = fopen(s->path, "re");
	char line[512];

	if (f == NULL)
		report_fatal("cannot open '%s', a part of lxrun: %s", s->path, strerror(errno));
	while (fgets(line, sizeof(line), f) != NULL && line[0] == '#') {
		char *value = strstr(line, ": ");

		if (value == NULL || strlen(line) < 3)
			continue;
		*value = '\0';
		value += 2;
		value[strcspn(value, "\n")] = '\0';
		if (strcmp(line + 2, "about") == 0)
			(void)snprintf(s->about, sizeof(s->about), "%s", value);
		else if (strcmp(line + 2, "skip") == 0)
			s->skip = atoi(value);
		else if (strcmp(line + 2, "when") == 0)
			s->chosen_only = strcmp(value, "chosen") == 0;
	}
	(void)fclose(f);
}

struct suite *suites_find(size_t *ret_count)
{
	char pattern[PATH_MAX];
	struct suite *suites;
	glob_t found;
	size_t n;

	libexec_find("compat", pattern, sizeof(pattern));
	n = strlen(pattern);
	(void)snprintf(pattern + n, sizeof(pattern) - n, "/*.sh");
	if (glob(pattern, 0, NULL, &found) != 0)
		report_fatal("there are no suites beside lxrun; install it again");
	suites = calloc(found.gl_pathc, sizeof(*suites));
	if (suites == NULL)
		report_fatal("out of memory");
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *name = strrchr(found.gl_pathv[i], '/') + 1;

		(void)snprintf(suites[i].path, sizeof(suites[i].path), "%s", found.gl_pathv[i]);
		(void)snprintf(suites[i].name, sizeof(suites[i].name), "%.*s", (int)strlen(name) - 3, name);
		suites[i].skip = 77;
		read_header(&suites[i]);
	}
	*ret_count = found.gl_pathc;
	globfree(&found);
	return suites;
}

/* --- one, run -------------------------------------------------------------------------------------------------------------- */

/* The list of tests, as a file that lxtry reads. */
struct listing {
	const char *match;
	FILE *file;
	size_t count;
};

static void add_test(char *line, void *context)
{
	struct listing *l = context;
	char *tab = strchr(line, '\t');

	if (tab == NULL)
		return;
	*tab = '\0';
	if (l->match == NULL || fnmatch(l->match, line, FNM_EXTMATCH) == 0) {
		l->count++;
		fprintf(l->file, "%s\t%s\n", line, tab + 1);
	}
}

static void keep_last(char *line, void *context)
{
	if (*line != '\0')
		(void)snprintf(context, sizeof(((struct suite_run *)NULL)->trouble) - 64, "%s", line);
}

struct watching {
	struct suite_run *run;
	bool native;
	size_t done, count;
	time_t said;
};

static void take(char *line, void *context)
{
	struct watching *w = context;
	const time_t now = time(NULL);

	if (!results_read(&w->run->results, line, w->native))
		return;
	w->done++;
	if (w->run->quiet || (now == w->said && w->done != w->count))
		return;
	w->said = now;
	fprintf(stderr, "%s%s, %s: %zu of %zu tests%s", isatty(STDERR_FILENO) != 0 ? "\r\033[K" : "",
		w->run->suite->name, w->native ? "plain kernel" : "here", w->done, w->count,
		isatty(STDERR_FILENO) != 0 && w->done != w->count ? "" : "\n");
}

/* A step of the script: in the suite's directory, with everything that it says on the standard output kept as its last line. */
static int step(struct suite_run *r, struct side *s, const char *what, line_function line, void *context)
{
	return side_run(s, -1, line, context, "cd \"$1\" && LX_DIR=$3 LX_SUITE=$1/suite.sh exec sh ./suite.sh \"$2\"",
			s->dir, what, r->directory != NULL ? r->directory : "", NULL);
}

static bool ready(struct suite_run *r, struct side *s)
{
	int status;

	if (!side_open(s, r->suite->path)) {
		(void)snprintf(r->trouble, sizeof(r->trouble), "the suite could not be copied there");
		return false;
	}
	r->trouble[0] = '\0';
	status = step(r, s, "needs", keep_last, r->trouble);
	if (status == 0)
		status = step(r, s, "prepare", keep_last, r->trouble);
	if (status != 0 && r->trouble[0] == '\0')
		(void)snprintf(r->trouble, sizeof(r->trouble), "it could not be prepared: exit status %d", status);
	if (status == 0)
		r->trouble[0] = '\0';
	return status == 0;
}

static bool run_on(struct suite_run *r, struct side *s, bool native)
{
	struct listing l = {.match = r->match};
	struct watching w = {.run = r, .native = native};
	char skip[16];
	int fd, status;

	if (!ready(r, s))
		return false;
	fd = memfd_create("list", MFD_CLOEXEC);
	l.file = fd >= 0 ? fdopen(dup(fd), "w") : NULL;
	if (l.file == NULL)
		report_fatal("cannot make a list of tests: %s", strerror(errno));
	status = step(r, s, "list", add_test, &l);
	if (fclose(l.file) != 0 || lseek(fd, 0, SEEK_SET) != 0)
		report_fatal("cannot make a list of tests: %s", strerror(errno));
	w.count = l.count;
	(void)snprintf(skip, sizeof(skip), "%d", r->suite->skip);
	if (status != 0 || l.count == 0)
		(void)snprintf(r->trouble, sizeof(r->trouble), "%s",
			       status == 0 ? "there is no such test in it" : "its tests could not be listed");
	else if (side_run(s, fd, take, &w,
			  "cd \"$1\" && LX_DIR=$3 LX_SUITE=$1/suite.sh exec ./lxtry --skip \"$2\" \"$1/run\"", s->dir,
			  skip, r->directory != NULL ? r->directory : "", NULL) != 0 ||
		 w.done != w.count)
		(void)snprintf(r->trouble, sizeof(r->trouble), "it ended after %zu of %zu tests", w.done, w.count);
	(void)close(fd);
	return r->trouble[0] == '\0';
}

void suite_run(struct suite_run *r)
{
	(void)run_on(r, r->here, false);
	side_close(r->here);
	if (r->trouble[0] == '\0' && r->native != NULL) {
		if (!run_on(r, r->native, true)) {
			if (!r->quiet)
				report("the suite %s did not run on the plain kernel: %s", r->suite->name, r->trouble);
			r->trouble[0] = '\0';
		}
		side_close(r->native);
	}
	results_expect(&r->results, r->suite->path);
}

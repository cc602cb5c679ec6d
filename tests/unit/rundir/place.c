#include "place.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

void place_start(struct place *p)
{
	memset(p, 0, sizeof(*p));
	snprintf(p->dir, sizeof(p->dir), "/tmp/rundir.XXXXXX");
	cr_assert_not_null(mkdtemp(p->dir));
	cr_assert_eq(chmod(p->dir, 0755), 0);
	snprintf(p->run, sizeof(p->run), "%s/run", p->dir);
	snprintf(p->base, sizeof(p->base), "%s/lxrun", p->run);
	snprintf(p->root, sizeof(p->root), "%s/root", p->dir);
	snprintf(p->home, sizeof(p->home), "%s/home", p->dir);
	cr_assert_eq(mkdir(p->run, 0700), 0);
	cr_assert_eq(mkdir(p->root, 0755), 0);
	cr_assert_eq(mkdir(p->home, 0755), 0);
	setenv("XDG_RUNTIME_DIR", p->run, 1);
	setenv("HOME", p->home, 1);
	unsetenv("XDG_CACHE_HOME");
}

void place_end(struct place *p)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/rm", "rm", "-rf", p->dir, NULL);
		_exit(127);
	}
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
}

void place_skip(struct place *p, const char *why)
{
	place_end(p);
	cr_skip("%s", why);
}

struct instance *place_create(struct place *p, int *ret_error)
{
	struct rundir_options o = {.root = p->root, .resident = "/bin/sleep", .host = "/mnt/host"};
	struct instance *in = NULL;
	int r = rundir_create(&o, &in, p->message, sizeof(p->message));

	if (ret_error != NULL)
		*ret_error = r;
	else
		cr_assert_eq(r, 0, "%d: %s", r, p->message);
	cr_assert_eq(r == 0, in != NULL);
	return in;
}

void place_change_user(struct place *p)
{
	uid_t uid = 1000000 + (uid_t)getpid();
	char command[128];

	snprintf(command, sizeof(command), "chown -R %u:%u %s", uid, uid, p->dir);
	cr_assert_eq(system(command), 0);
	cr_assert_eq(setresgid(uid, uid, uid), 0);
	cr_assert_eq(setresuid(uid, uid, uid), 0);
	cr_assert_eq(prctl(PR_SET_DUMPABLE, 1), 0);
}

size_t count_entries(const char *dir)
{
	DIR *d = opendir(dir);
	size_t n = 0;

	cr_assert_not_null(d, "%s: %m", dir);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}

const char *path_in(const char *dir, const char *name)
{
	static char paths[4][512];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

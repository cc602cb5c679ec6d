/* Condition*= and Assert*=. What only a machine with systemd could answer counts as true. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest-tools/files.h"
#include "guest-tools/systemctl/service.h"
#include "guest-tools/systemctl/words.h"

static bool path_exists(const char *v)
{
	return access(v, F_OK) == 0;
}

static bool glob_exists(const char *v)
{
	struct pool pool = {NULL};
	struct list found = {NULL};

	files_matching(&pool, v, &found);
	pool_free(&pool);
	return found.count > 0;
}

static bool is_directory(const char *v)
{
	struct stat st;

	return stat(v, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_link(const char *v)
{
	struct stat st;

	return lstat(v, &st) == 0 && S_ISLNK(st.st_mode);
}

static bool is_mount_point(const char *v)
{
	struct pool pool = {NULL};
	struct stat here, above;
	bool is =
		stat(v, &here) == 0 && stat(pool_format(&pool, "%s/..", v), &above) == 0 && here.st_dev != above.st_dev;

	pool_free(&pool);
	return is;
}

static bool can_be_written(const char *v)
{
	return access(v, W_OK) == 0;
}

static bool is_not_empty_directory(const char *v)
{
	struct pool pool = {NULL};
	struct list names = {NULL};

	directory_names(&pool, v, &names);
	pool_free(&pool);
	return names.count > 0;
}

static bool is_not_empty_file(const char *v)
{
	struct stat st;

	return stat(v, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
}

static bool is_executable(const char *v)
{
	struct stat st;

	return stat(v, &st) == 0 && S_ISREG(st.st_mode) && access(v, X_OK) == 0;
}

static bool is_user(const char *v)
{
	return strcmp(v, "root") == 0 || strcmp(v, "0") == 0 || strcmp(v, "@system") == 0;
}

/* A container of lxrun's own kind: what asks for a real machine is not meant. */
static bool is_virtual(const char *v)
{
	return strcmp(v, "container") == 0 || strcmp(v, "lxrun") == 0 || words_truth(v, false);
}

static bool is_architecture(const char *v)
{
	return strcmp(v, "x86-64") == 0 || strcmp(v, "native") == 0;
}

static bool never(const char *v)
{
	(void)v;
	return false;
}

static const struct {
	const char *key;
	bool (*holds)(const char *value);
} all[] = {
	{"PathExists", path_exists},
	{"PathExistsGlob", glob_exists},
	{"PathIsDirectory", is_directory},
	{"PathIsSymbolicLink", is_link},
	{"PathIsMountPoint", is_mount_point},
	{"PathIsReadWrite", can_be_written},
	{"DirectoryNotEmpty", is_not_empty_directory},
	{"FileNotEmpty", is_not_empty_file},
	{"FileIsExecutable", is_executable},
	{"User", is_user},
	{"Virtualization", is_virtual},
	{"Architecture", is_architecture},
	{"KernelModuleLoaded", never},
	{"Security", never},
	{"FirstBoot", never},
	{"KernelCommandLine", never},
};

bool conditions_hold(struct unit *u, const char *kind, const char **ret_failed)
{
	bool any = false, one = false;
	const char *last = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		const char *key = pool_format(&u->pool, "%s%s", kind, all[i].key);
		struct list values = {NULL};

		unit_values(u, "Unit", key, &values);
		for (size_t k = 0; k < values.count; k++) {
			const char *v = values.items[k], *shown = pool_format(&u->pool, "%s=%s", key, v);
			bool or = *v == '|', not ;

			v += or ;
			v += strspn(v, " ");
			not = *v == '!';
			v = specifier_expand(&u->pool, &u->specifiers, v + not +strspn(v + not, " "));
			if (all[i].holds(v) == not &&! or) {
				*ret_failed = shown;
				return false;
			}
			if (or) {
				any = true;
				one |= all[i].holds(v) != not ;
				last = shown;
			}
		}
	}
	if (any && !one)
		*ret_failed = last;
	return !any || one;
}

/* How long names and paths may be, and how many links a path may have. */
#include "../check.h"

static char path[PATH_MAX + 64];

/* "./././…" in front of name, length characters in all. */
static const char *dotted(size_t length, const char *name)
{
	size_t n = strlen(name), i = 0;

	for (; i + 2 <= length - n; i += 2)
		memcpy(path + i, "./", 2);
	if (i < length - n)
		path[i++] = '/';
	strcpy(path + i, name);
	return path;
}

static const char *named(size_t length)
{
	memset(path, 'n', length);
	path[length] = '\0';
	return path;
}

static void lengths(void)
{
	struct stat st;

	CHECK_OK(close(open(named(NAME_MAX), O_RDWR | O_CREAT, 0644)), "a name of 255 characters");
	CHECK_OK(stat(named(NAME_MAX), &st), "is there");
	CHECK_ERRNO(open(named(NAME_MAX + 1), O_RDWR | O_CREAT, 0644), ENAMETOOLONG, "one of 256");
	CHECK_ERRNO(stat(named(NAME_MAX + 1), &st), ENAMETOOLONG, "nor is it looked for");
	CHECK_OK(stat(dotted(PATH_MAX - 1, "f"), &st), "a path of 4095 characters");
	CHECK_ERRNO(stat(dotted(PATH_MAX, "f"), &st), ENAMETOOLONG, "one of 4096");
	CHECK_OK(close(open(dotted(PATH_MAX - 1, "f"), O_RDONLY)), "opens");
	CHECK_ERRNO(open(dotted(PATH_MAX, "f"), O_RDONLY), ENAMETOOLONG, "does not open");
	CHECK_OK(mkdir(dotted(PATH_MAX - 1, "made"), 0755), "is made");
	CHECK_OK(rename(dotted(PATH_MAX - 1, "made"), "made2"), "and renamed");
}

/* Deeper than a path can say, by relative steps. */
static void depth(void)
{
	char cwd[2 * PATH_MAX];
	int i, top = open(".", O_RDONLY);

	named(200);
	for (i = 0; i < 30; i++)
		NEED(mkdir(path, 0755) == 0 && chdir(path) == 0);
	CHECK_OK(close(open("deep", O_RDWR | O_CREAT, 0644)), "a file below 6000 characters of directories");
	CHECK_OK(access("deep", R_OK), "is there");
	CHECK_OK(rename("deep", "deeper"), "is renamed");
	CHECK_OK(unlink("deeper"), "and removed");
	CHECK_ERRNO(syscall(SYS_getcwd, cwd, sizeof(cwd)), ENAMETOOLONG, "the directory has no path");
	for (i = 0; i < 30; i++)
		NEED(chdir("..") == 0 && rmdir(path) == 0);
	NEED(fchdir(top) == 0);
	CHECK_OK(access("f", F_OK), "and back");
	close(top);
}

static void links(void)
{
	char name[16], next[16];
	struct stat st;

	NEED(symlink("f", "l1") == 0);
	for (int i = 2; i <= 41; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		snprintf(next, sizeof(next), "l%d", i - 1);
		NEED(symlink(next, name) == 0);
	}
	CHECK_OK(stat("l40", &st), "40 links");
	CHECK_ERRNO(stat("l41", &st), ELOOP, "41 links");
	CHECK_OK(lstat("l41", &st), "the last one is not followed");
	CHECK_OK(close(open("l40", O_RDONLY)), "40 open");
	CHECK_ERRNO(open("l41", O_RDONLY), ELOOP, "41 do not");
	NEED(symlink(".", "here") == 0);
	path[0] = '\0';
	for (int i = 0; i < 40; i++)
		strcat(path, "here/");
	strcat(path, "f");
	CHECK_OK(stat(path, &st), "40 links in one path");
	memmove(path + 5, path, strlen(path) + 1);
	memcpy(path, "here/", 5);
	CHECK_ERRNO(stat(path, &st), ELOOP, "41 links in one path");
	snprintf(path, sizeof(path), "%s/l3", check_directory);
	NEED(symlink(path, "m1") == 0);
	CHECK_OK(stat("m1", &st), "absolute links count the same");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	check_write_file("f", "");
	lengths();
	depth();
	links();
	return check_end();
}

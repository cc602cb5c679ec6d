/*
 * What access control lists allow to whom.
 *
 * conformance: calls setxattr, access, open, execveat, chdir, mkdir, unlink, rename, truncate, utimensat
 */
#include "acl-common.h"
#include "copy-common.h"

static const struct acl_user users[] = {
	{1001, 1001, {0}, 0},    {1002, 1002, {0}, 0},      {1003, 20, {0}, 0},        {1003, 1003, {20}, 1},
	{1003, 1003, {21}, 1},   {1003, 1003, {20, 21}, 2}, {1003, 1003, {21, 22}, 2}, {1003, 22, {21, 20}, 2},
	{1001, 20, {21, 22}, 2}, {1000, 1000, {0}, 0},
};

/* The file is 1000:20. */
static const char *const lists[] = {
	"u::rw-,u:1001:rwx,g::r--,m::rwx,o::---",
	"u::rw-,u:1001:---,g::rwx,m::rwx,o::rwx",
	"u::---,u:1001:rwx,u:1002:r--,g::---,m::rw-,o::--x",
	"u::rwx,u:1001:r--,g::r--,g:21:-wx,m::rwx,o::---",
	"u::rwx,g::r--,g:21:-w-,g:22:rwx,m::rw-,o::rwx",
	"u::rwx,u:1002:-wx,g::---,g:21:r-x,m::r-x,o::r--",
	/* Without a mask's bit, the mode decides, as if there were no list. */
	"u::rwx,u:1001:rwx,g::rwx,g:21:rwx,m::---,o::r-x",
	"u::r--,g::rwx,m::r--,o::rw-",
	"u::r--,g::rwx,g:0:rwx,g:20:---,m::rwx,o::---",
};

#define LISTS (sizeof(lists) / sizeof(lists[0]))

static void ask(const char *path, const char *what, const struct acl_user *u)
{
	char text[9] = "";

	for (int mode = 0; mode < 8; mode++)
		text[mode] = faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0 ? '+' : '-';
	text[8] = '\0';
	printf("ok - %s, %u:%u and %d groups: %s\n", what, u->uid, u->gid, u->count, text);
}

static void ask_all(void *user)
{
	char path[16];

	acl_become(user);
	for (size_t i = 0; i < LISTS; i++) {
		snprintf(path, sizeof(path), "f%zu", i);
		ask(path, lists[i], user);
		path[0] = 'd';
		ask(path, "the directory", user);
	}
}

static void matrix(void)
{
	char path[16];

	for (size_t i = 0; i < LISTS; i++) {
		snprintf(path, sizeof(path), "d%zu", i);
		NEED(mkdir(path, 0755) == 0 && chown(path, 1000, 20) == 0 && acl_set(path, ACCESS, lists[i]) == 0);
		path[0] = 'f';
		check_write_file(path, "");
		NEED(chown(path, 1000, 20) == 0 && acl_set(path, ACCESS, lists[i]) == 0);
		CHECK_STRING(acl_text(path, ACCESS), lists[i], "a list as it was set");
	}
	for (size_t k = 0; k < sizeof(users) / sizeof(users[0]); k++) {
		struct acl_user user = users[k];

		check_in_child(ask_all, &user);
	}
}

static int run_fd(const char *path)
{
	int status, fd = open(path, O_PATH | O_CLOEXEC);
	pid_t pid = fork();

	if (pid == 0) {
		syscall(SYS_execveat, fd, "", (char *[]){"x", "--here", NULL}, (char *[]){NULL}, AT_EMPTY_PATH);
		_exit(errno);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	close(fd);
	return WEXITSTATUS(status);
}

static bool is_set(const char *path)
{
	char c = '0';
	int fd = open(path, O_RDONLY);

	(void)!read(fd, &c, 1);
	close(fd);
	return c != '0';
}

/* The calls, as 1001. */
static void calls(void *arg)
{
	int fd;

	(void)arg;
	acl_become(&users[0]);
	fd = open("readable", O_RDONLY);
	CHECK(fd >= 0, "opens what the list lets him read");
	CHECK_ERRNO(open("readable", O_RDWR), EACCES, "but not write");
	CHECK_ERRNO(open("readable", O_RDONLY | O_TRUNC), EACCES, "or cut");
	CHECK_ERRNO(open("denied", O_RDONLY), EACCES, "what everybody but him may read");
	CHECK_OK(open("writable", O_WRONLY | O_TRUNC), "opens what he may write");
	CHECK_OK(truncate("writable", 3), "and cuts it");
	CHECK_ERRNO(truncate("readable", 0), EACCES, "what he may only read is not cut");
	CHECK_OK(utimensat(AT_FDCWD, "writable", NULL, 0), "sets the time of now of what he may write");
	CHECK_ERRNO(utimensat(AT_FDCWD, "readable", NULL, 0), EACCES, "not of other files");
	CHECK_ERRNO(chmod("writable", 0777), EPERM, "nor a mode");
	CHECK_ERRNO(acl_set("writable", ACCESS, lists[0]), EPERM, "nor a list");
	CHECK_ERRNO(removexattr("writable", ACCESS), EPERM, "nor removes one");
	CHECK_OK(setxattr("writable", "user.x", "x", 1, 0), "sets a user attribute");
	CHECK_ERRNO(setxattr("readable", "user.x", "x", 1, 0), EACCES, "not where he may not write");
	CHECK_EQUAL(run("program"), 7, "executes what the list lets him execute");
	CHECK_EQUAL(run_fd("program"), 7, "by its descriptor, too");
	CHECK_EQUAL(run("not-mine"), EACCES, "not what it does not");
	CHECK_EQUAL(run_fd("not-mine"), EACCES, "nor by descriptor");

	CHECK_OK(chdir("mine"), "goes where the list lets him");
	CHECK_OK(mkdir("new", 0700), "makes a directory there");
	CHECK_OK(rename("new", "newer"), "renames it");
	CHECK_OK(rmdir("newer"), "removes it");
	CHECK_OK(unlink("theirs"), "and what is somebody else's");
	CHECK_OK(chdir(".."), "goes back");
	CHECK_ERRNO(chdir("closed"), EACCES, "not where it does not");
	CHECK_ERRNO(access("closed/f", F_OK), EACCES, "and finds nothing there");
	CHECK_OK(access("passed/f", F_OK), "finds a name in a directory that he may pass");
	CHECK_ERRNO(open("passed", O_RDONLY | O_DIRECTORY), EACCES, "but does not list it");
	CHECK_ERRNO(mkdir("passed/new", 0700), EACCES, "or make anything in it");
	CHECK_ERRNO(unlink("passed/f"), EACCES, "or remove anything");
	CHECK(link("denied", "mine/link") == (is_set("/proc/sys/fs/protected_hardlinks") ? -1 : 0),
	      "a hard link to what he may not write, as the setting says");
	CHECK_OK(link("both", "mine/both"), "one to what he may read and write");
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--here") == 0)
		return 7;
	copy_begin();
	check_begin(argc, argv);
	if (!acl_prepare())
		return check_end();
	matrix();

	check_write_file("readable", "text");
	check_write_file("denied", "text");
	check_write_file("writable", "text");
	check_write_file("both", "text");
	copy_self("program", 0700);
	copy_self("not-mine", 0700);
	NEED(acl_set("readable", ACCESS, "u::rw-,u:1001:r--,g::---,m::r--,o::---") == 0);
	NEED(acl_set("denied", ACCESS, "u::rw-,u:1001:---,g::r--,m::r--,o::r--") == 0);
	NEED(acl_set("writable", ACCESS, "u::rw-,u:1001:-w-,g::---,m::-w-,o::---") == 0);
	NEED(acl_set("both", ACCESS, "u::rw-,u:1001:rw-,g::---,m::rw-,o::---") == 0);
	NEED(acl_set("program", ACCESS, "u::rwx,u:1001:r-x,g::---,m::r-x,o::---") == 0);
	NEED(acl_set("not-mine", ACCESS, "u::rwx,u:1001:r--,g::r-x,m::r-x,o::r-x") == 0);
	NEED(mkdir("mine", 0700) == 0 && mkdir("closed", 0755) == 0 && mkdir("passed", 0700) == 0);
	check_write_file("mine/theirs", "");
	check_write_file("closed/f", "");
	check_write_file("passed/f", "");
	NEED(acl_set("mine", ACCESS, "u::rwx,u:1001:rwx,g::---,m::rwx,o::---") == 0);
	NEED(acl_set("closed", ACCESS, "u::rwx,u:1001:rw-,g::r-x,m::rwx,o::r-x") == 0);
	NEED(acl_set("passed", ACCESS, "u::rwx,u:1001:--x,g::---,m::--x,o::---") == 0);
	check_in_child(calls, NULL);
	return check_end();
}

/* What modes, owners, groups and single capabilities allow, and what changes of owner and content take away. */
#include "../ids/ids.h"
#include "copy-common.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>

/* Version 2, CAP_NET_RAW (13) permitted and effective. */
static const uint32_t capability[5] = {0x02000001, 1 << 13, 0, 0, 0};

static mode_t mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}

static bool owned(const char *path, uid_t uid, gid_t gid)
{
	struct stat st;

	return lstat(path, &st) == 0 && st.st_uid == uid && st.st_gid == gid;
}

/* --- executing ------------------------------------------------------------------------------------------------------------ */

static void executes(void *arg)
{
	(void)arg;
	CHECK_EQUAL(run("all"), 7, "a program of mode 0755");
	CHECK_EQUAL(run("only"), 7, "one that may be executed, but not read");
	CHECK_ERRNO(open("only", O_RDONLY), EACCES, "which is so");
	CHECK_EQUAL(run("owners"), EACCES, "its owner's alone");
	CHECK_EQUAL(run("groups"), EACCES, "its group's");
	CHECK_EQUAL(run("readable"), EACCES, "nobody's");
	CHECK_EQUAL(run("shut/all"), EACCES, "behind a directory that may not be searched");
	CHECK_EQUAL(run("script"), EACCES, "a script of an interpreter that may not be executed");
}

/* --- what is cleared -------------------------------------------------------------------------------------------------------- */

static void clears(void *arg)
{
	int fd;

	(void)arg;
	CHECK_OK(chown("mine", -1, CHECK_USER), "a user's own program, to the same group");
	CHECK_EQUAL(mode_of("mine"), 0755, "is set-id no more");
	CHECK_OK(chmod("mine", 06755), "until its owner says so");
	CHECK_OK(truncate("mine", 10), "cutting it");
	CHECK_EQUAL(mode_of("mine"), 0755, "takes the bits, too");
	CHECK_OK(chmod("mine", 06755), "again");
	fd = (int)CHECK_OK(open("mine", O_WRONLY), "writing to it");
	CHECK_EQUAL(write(fd, "x", 1), 1, "a byte");
	close(fd);
	CHECK_EQUAL(mode_of("mine"), 0755, "does, too");
	CHECK_OK(chmod("mine", 02745), "a set-group-ID bit without execution by the group");
	CHECK_OK(chown("mine", -1, -1), "stays");
	CHECK_EQUAL(mode_of("mine"), 02745, "for who is in the group");
	CHECK_OK(chmod("foreign", 02755), "the bit for a foreign group");
	CHECK_EQUAL(mode_of("foreign"), 0755, "is not given");
	CHECK_ERRNO(chown("mine", 0, -1), EPERM, "a file is not given away");
	CHECK_ERRNO(chown("mine", -1, 5), EPERM, "nor to a foreign group");
	CHECK_ERRNO(chown("roots", -1, -1), EPERM, "nor are another's bits taken");
	CHECK_OK(chown("plain", -1, -1), "which nobody notices where there are none");
}

/* --- directories ------------------------------------------------------------------------------------------------------------ */

static void directories(void *arg)
{
	int fd, shut = *(int *)arg;
	struct stat st;

	CHECK_ERRNO(fchdir(shut), EACCES, "a directory that may not be searched, by descriptor");
	CHECK_ERRNO(fstatat(shut, "all", &st, 0), EACCES, "a name in it");
	CHECK_OK(fstatat(shut, "", &st, AT_EMPTY_PATH), "itself");
	CHECK_OK(stat("shut", &st), "by its name");
	CHECK_ERRNO(stat("shut/.", &st), EACCES, "not by its dot");
	CHECK_ERRNO(stat("shut/..", &st), EACCES, "nor beyond it");
	CHECK_OK(stat("shut/", &st), "but with a slash");
	CHECK_OK(chdir("deep/inner"), "a directory");
	CHECK_OK(stat("f", &st), "where one stands");
	CHECK_OK(stat(".", &st), "itself");
	fd = open("made", O_WRONLY | O_CREAT, 0666);
	CHECK(fd >= 0 && close(fd) == 0, "one may write");
	CHECK_OK(unlink("made"), "and remove");
}

static void beneath(void *arg)
{
	struct stat st;

	(void)arg;
	NEED(chdir("closed/inner") == 0);
	check_become_user();
	CHECK_OK(stat("f", &st), "beneath what may not be searched, a name is found");
	CHECK_OK(stat("..", &st), "and the parent");
	CHECK_ERRNO(stat("../inner/f", &st), EACCES, "but nothing through it");
	CHECK_ERRNO(stat("../..", &st), EACCES, "nor above it");
	CHECK_ERRNO(chdir(".."), EACCES, "nor is it entered");
}

static void inherits(void *arg)
{
	(void)arg;
	check_write_file("groupdir/f", "");
	CHECK(owned("groupdir/f", CHECK_USER, 5), "a file has the directory's group");
	CHECK_OK(mkdir("groupdir/d", 0755), "so has a directory");
	CHECK(owned("groupdir/d", CHECK_USER, 5) && mode_of("groupdir/d") == 02755, "with its bit");
	NEED(close(open("groupdir/p", O_WRONLY | O_CREAT | O_EXCL, 02755)) == 0);
	CHECK_EQUAL(mode_of("groupdir/p"), 0755, "which a program of a foreign group does not get");
}

static void sticks(void *arg)
{
	(void)arg;
	CHECK_ERRNO(unlink("sticky/roots"), EPERM, "another's file in a sticky directory");
	CHECK_ERRNO(rmdir("sticky/dir"), EPERM, "or directory");
	CHECK_ERRNO(rename("sticky/roots", "sticky/new"), EPERM, "is not renamed");
	check_write_file("sticky/own", "");
	CHECK_ERRNO(rename("sticky/own", "sticky/roots"), EPERM, "nor replaced");
	CHECK_OK(rename("sticky/own", "sticky/new"), "one's own is");
	CHECK_OK(unlink("sticky/new"), "and removed");
	CHECK_OK(symlink("nowhere", "sticky/link"), "a link");
	CHECK_OK(unlink("sticky/link"), "too");
	CHECK_OK(unlink("stickymine/roots"), "in one's own sticky directory all may be");
}

/* --- access ------------------------------------------------------------------------------------------------------------------ */

static void real_ids(void *arg)
{
	(void)arg;
	NEED(syscall(SYS_setresuid, CHECK_USER, 0, 0) == 0);
	CHECK_ERRNO(access("secret", R_OK), EACCES, "access asks as the real user");
	CHECK_ERRNO(access("shut/all", F_OK), EACCES, "on the way, too");
	CHECK_OK(faccessat(AT_FDCWD, "secret", R_OK, AT_EACCESS), "unless it is told not to");
	CHECK_OK(close(open("secret", O_RDONLY)), "open does not");
	NEED(syscall(SYS_setresuid, 0, CHECK_USER, 0) == 0);
	CHECK_OK(access("secret", R_OK), "root in disguise is root to access");
	CHECK_ERRNO(open("secret", O_RDONLY), EACCES, "but not to open");
}

/* --- capabilities ------------------------------------------------------------------------------------------------------------- */

/* A user with this one. */
static void with(int cap)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{1u << cap, 1u << cap, 0}, {0, 0, 0}};

	NEED(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0);
	check_become_user();
	NEED(syscall(SYS_capset, &head, data) == 0);
}

static void reads_all(void *arg)
{
	struct stat st;

	(void)arg;
	with(CAP_DAC_READ_SEARCH);
	CHECK_OK(close(open("secret", O_RDONLY)), "CAP_DAC_READ_SEARCH reads");
	CHECK_OK(stat("shut/all", &st), "and searches");
	CHECK_ERRNO(open("secret", O_WRONLY), EACCES, "but does not write");
	CHECK_ERRNO(unlink("roots"), EACCES, "nor remove");
	CHECK_EQUAL(run("owners"), EACCES, "nor execute");
	CHECK_ERRNO(chmod("secret", 0644), EPERM, "nor change");
}

static void overrides(void *arg)
{
	(void)arg;
	with(CAP_DAC_OVERRIDE);
	CHECK_OK(close(open("secret", O_RDWR)), "CAP_DAC_OVERRIDE reads and writes");
	CHECK_EQUAL(run("owners"), 7, "and executes what somebody may");
	CHECK_EQUAL(run("readable"), EACCES, "not what nobody may");
	CHECK_ERRNO(chmod("secret", 0644), EPERM, "and changes no modes");
	CHECK_ERRNO(unlink("sticky/roots"), EPERM, "nor sticks less");
	CHECK_ERRNO(open("secret", O_RDONLY | O_NOATIME), EPERM, "nor hides its reading");
}

static void owns_all(void *arg)
{
	(void)arg;
	with(CAP_FOWNER);
	CHECK_ERRNO(open("secret", O_RDONLY), EACCES, "CAP_FOWNER reads nothing");
	CHECK_OK(chmod("secret", 0640), "but changes modes");
	CHECK_OK(utimensat(AT_FDCWD, "secret", (struct timespec[2]){{1, 0}, {2, 0}}, 0), "and times");
	CHECK_OK(rename("sticky/roots", "sticky/renamed"), "and takes what sticks");
	CHECK_OK(rename("sticky/renamed", "sticky/roots"), "and puts it back");
	CHECK_ERRNO(chown("secret", CHECK_USER, -1), EPERM, "owners it does not");
	CHECK_OK(chmod("secret", 0600), "it is secret again");
}

static void gives_away(void *arg)
{
	(void)arg;
	with(CAP_CHOWN);
	CHECK_OK(chown("given", 1234, 5678), "CAP_CHOWN gives files away");
	CHECK(owned("given", 1234, 5678), "to anyone");
	CHECK_ERRNO(chmod("given", 0600), EPERM, "and no more");
}

/* arg: a directory that was removed. */
static void makes_nothing(void *arg)
{
	int dead = *(int *)arg;

	CHECK_ERRNO(mkdirat(dead, "d", 0755), ENOENT,
		    "a removed directory says so before it asks for permission: mkdir");
	CHECK_ERRNO(openat(dead, "f", O_WRONLY | O_CREAT, 0644), ENOENT, "open");
	CHECK_ERRNO(openat(dead, "f", O_WRONLY), ENOENT, "where nothing is either");
	CHECK_ERRNO(open("sticky/null", O_RDONLY | O_CREAT, 0644), EACCES,
		    "with O_CREAT, a device of another user's in a sticky directory is not opened");
	CHECK_OK(open("sticky/null", O_RDONLY), "without it is");
}

static void without(int cap)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	NEED(syscall(SYS_capget, &head, data) == 0);
	data[0].effective &= ~(1u << cap);
	NEED(syscall(SYS_capset, &head, data) == 0);
}

static void writes(const char *path)
{
	int fd = open(path, O_WRONLY);

	NEED(fd >= 0);
	CHECK_EQUAL(write(fd, "x", 1), 1, "writes to a set-id program");
	close(fd);
}

static void loses_bits(void *arg)
{
	(void)arg;
	without(CAP_FSETID);
	writes("written");
	CHECK_EQUAL(mode_of("written"), 0755, "root without CAP_FSETID takes the bits of what it writes to");
}

static void keeps_bits(void *arg)
{
	(void)arg;
	with(CAP_FSETID);
	CHECK_OK(chmod("foreign", 02755), "CAP_FSETID gives the bit for a foreign group");
	CHECK_EQUAL(mode_of("foreign"), 02755, "which is there");
	CHECK_OK(truncate("foreign", 5), "and stays");
	CHECK_EQUAL(mode_of("foreign"), 02755, "when the file is written to");
}

/* --- */

static void prepare(void)
{
	static const struct {
		const char *name;
		uid_t uid;
		gid_t gid;
		mode_t mode;
	} files[] = {
		{"mine", CHECK_USER, CHECK_USER, 06755},
		{"foreign", CHECK_USER, 5, 0755},
		{"roots", 0, 0, 04755},
		{"written", CHECK_USER, CHECK_USER, 06755},
		{"plain", 0, 0, 0644},
		{"secret", 0, 0, 0600},
		{"given", 0, 0, 0666},
		{"sticky/roots", 0, 0, 0666},
		{"stickymine/roots", 0, 0, 0600},
		{"closed/inner/f", 0, 0, 0644},
		{"deep/inner/f", 0, 0, 0644},
	};
	static const struct {
		const char *name;
		uid_t uid;
		gid_t gid;
		mode_t mode;
	} dirs[] = {
		{"shut", 0, 0, 0700},    {"deep", 0, 0, 0755},         {"deep/inner", 0, 0, 0777},
		{"closed", 0, 0, 0700},  {"closed/inner", 0, 0, 0755}, {"groupdir", 0, 5, 02777},
		{"sticky", 0, 0, 01777}, {"sticky/dir", 0, 0, 0777},   {"stickymine", CHECK_USER, CHECK_USER, 01777},
	};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		NEED(mkdir(dirs[i].name, 0755) == 0 && chown(dirs[i].name, dirs[i].uid, dirs[i].gid) == 0 &&
		     chmod(dirs[i].name, dirs[i].mode) == 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		check_write_file(files[i].name, "some content here");
		NEED(chown(files[i].name, files[i].uid, files[i].gid) == 0 && chmod(files[i].name, files[i].mode) == 0);
	}
	copy_self("all", 0755);
	copy_self("only", 0111);
	copy_self("owners", 0700);
	copy_self("groups", 0770);
	copy_self("readable", 0666);
	copy_self("shut/all", 0755);
	check_write_file("script", "#!./owners\n");
	NEED(chmod("script", 0755) == 0);
}

static void file_capabilities(void)
{
	char got[32];

	if (setxattr("all", "security.capability", capability, sizeof(capability), 0) < 0) {
		check_skip("file capabilities", "the file system does not have them");
		return;
	}
	CHECK_OK(chown("all", 0, 0), "a program with capabilities changes hands");
	CHECK_ERRNO(getxattr("all", "security.capability", got, sizeof(got)), ENODATA, "and has none any more");
	NEED(setxattr("secret", "security.capability", capability, sizeof(capability), 0) == 0);
	CHECK_OK(chown("secret", 0, 0), "what could not be executed");
	CHECK_ERRNO(getxattr("secret", "security.capability", got, sizeof(got)), ENODATA, "loses them as well");
}

int main(int argc, char **argv)
{
	int shut, dead;

	if (argc > 1 && strcmp(argv[1], "--here") == 0)
		return 7;
	copy_begin();
	check_begin(argc, argv);
	prepare();
	shut = open("shut", O_RDONLY | O_DIRECTORY);
	NEED(shut >= 0);
	NEED(mkdir("dead", 0755) == 0 && (dead = open("dead", O_RDONLY | O_DIRECTORY)) >= 0 && rmdir("dead") == 0);
	NEED(mknod("sticky/null", S_IFCHR | 0666, makedev(1, 3)) == 0 && chmod("sticky/null", 0666) == 0 &&
	     chown("sticky/null", 5, 5) == 0);
	check_as_user(executes, NULL);
	check_as_user(clears, NULL);
	check_as_user(directories, &shut);
	check_in_child(beneath, NULL);
	check_as_user(inherits, NULL);
	check_as_user(sticks, NULL);
	check_in_child(real_ids, NULL);
	check_in_child(reads_all, NULL);
	check_in_child(overrides, NULL);
	check_in_child(owns_all, NULL);
	check_in_child(gives_away, NULL);
	check_in_child(keeps_bits, NULL);
	check_in_child(loses_bits, NULL);
	check_as_user(makes_nothing, &dead);
	file_capabilities();
	return check_end();
}

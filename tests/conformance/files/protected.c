/*
 * fs.protected_symlinks, fs.protected_regular and fs.protected_fifos, as /proc/sys has them: links and files of others in directories
 * where everybody may make them.
 *
 * conformance: calls open, stat, symlink
 */
#include "../check.h"

static int links, regular, fifos;

static int setting(const char *name)
{
	char path[64], c = '0';
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/fs/protected_%s", name);
	fd = open(path, O_RDONLY);
	(void)!read(fd, &c, 1);
	close(fd);
	return c - '0';
}

static void become(uid_t uid)
{
	NEED(uid == 0 || (setresgid(uid, uid, uid) == 0 && setresuid(uid, uid, uid) == 0));
}

static void gives(const char *path, int flags, bool refused, const char *what)
{
	int fd = open(path, flags | O_NONBLOCK, 0600);

	CHECK(refused ? fd < 0 && errno == EACCES : fd >= 0, "%s, as the settings say", what);
	close(fd);
}

/* What CHECK_USER has made, to the user *arg. */
static void as(void *arg)
{
	uid_t uid = *(uid_t *)arg;
	bool other = uid != CHECK_USER;
	struct stat st;

	become(uid);
	printf("ok - user %u\n", uid);
	gives("all/link", O_RDONLY, other && links, "a link in a sticky directory for all");
	CHECK((stat("all/link", &st) < 0 && errno == EACCES) == (other && links), "stat, too, as the settings say");
	CHECK(lstat("all/link", &st) == 0 && S_ISLNK(st.st_mode), "the link itself is there");
	gives("all/link", O_RDWR | O_CREAT, other && links, "to be made where it leads");
	gives("all/twice", O_RDONLY, other && links, "a link to it");
	gives("all/roots", O_RDONLY, false, "a link of the directory's owner");
	gives("leads-to", O_RDONLY, other && links, "from elsewhere");
	gives("all/dir/f", O_RDONLY, false, "a link in the way, not at the end");
	gives("open/link", O_RDONLY, false, "a link where there is no sticky bit");
	gives("group/link", O_RDONLY, false, "a link in a sticky directory for a group");
	gives("mine/link", O_RDONLY, false, "a link of its directory's owner");
	gives("all/f", O_RDWR, false, "a file in a sticky directory");
	gives("all/f", O_RDWR | O_CREAT, other && regular > 0, "to be made");
	gives("group/f", O_RDWR | O_CREAT, other && regular > 1, "in one for a group");
	gives("open/f", O_RDWR | O_CREAT, false, "in one that is not sticky");
	gives("all/fifo", O_RDWR | O_CREAT, other && fifos > 0, "a FIFO");
	gives("group/fifo", O_RDWR | O_CREAT, other && fifos > 1, "in one for a group");
	gives("all/rootsf", O_RDWR | O_CREAT, false, "a file of the directory's owner");
}

static void make(void *arg)
{
	static const char *const in[] = {"all", "open", "group", "mine"};
	char path[64];

	(void)arg;
	become(CHECK_USER);
	umask(0);
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/link", in[i]);
		NEED(symlink("../target", path) == 0);
		snprintf(path, sizeof(path), "%s/f", in[i]);
		NEED(close(open(path, O_WRONLY | O_CREAT | O_EXCL, 0666)) == 0);
		snprintf(path, sizeof(path), "%s/fifo", in[i]);
		NEED(mkfifo(path, 0666) == 0);
	}
	NEED(symlink("link", "all/twice") == 0 && symlink("../open", "all/dir") == 0);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		mode_t mode;
	} directories[] = {{"all", 01777}, {"open", 0777}, {"group", 01775}, {"mine", 01777}};
	uid_t users[] = {CHECK_USER, 1001, 0};

	check_begin(argc, argv);
	links = setting("symlinks");
	regular = setting("regular");
	fifos = setting("fifos");
	umask(0);
	NEED(close(open("target", O_WRONLY | O_CREAT | O_EXCL, 0666)) == 0);
	for (size_t i = 0; i < 4; i++)
		NEED(mkdir(directories[i].name, 0755) == 0 && chmod(directories[i].name, directories[i].mode) == 0);
	NEED(chown("group", 0, CHECK_USER) == 0 && chown("mine", CHECK_USER, 0) == 0);
	NEED(symlink("../target", "all/roots") == 0 && symlink("all/link", "leads-to") == 0);
	NEED(close(open("all/rootsf", O_WRONLY | O_CREAT | O_EXCL, 0666)) == 0);
	check_in_child(make, NULL);
	for (size_t i = 0; i < 3; i++)
		check_in_child(as, &users[i]);
	return check_end();
}

/* e2fsck, which knows more of what can be wrong with a file system than we do, and replays journals, which libext2fs cannot. */
#include <errno.h>
#include <et/com_err.h>
#include <ext2fs/ext2fs.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/host.h"
#include "distro/ext4.h"

/* As e2fsck(8) has them, which are added up. */
#define FSCK_CORRECTED 1
#define FSCK_MISSING   127

/* Where it is not in PATH: users have no sbin there. */
static const char *const places[] = {"/usr/sbin/e2fsck", "/sbin/e2fsck"};

static NORETURN void become_fsck(pid_t parent, const char *how, const char *path)
{
	int null = open("/dev/null", O_RDWR);
	char *words[] = {(char *)(uintptr_t) "e2fsck", (char *)(uintptr_t)how, (char *)(uintptr_t)path, NULL};

	/* Whoever comes after us has the disk alone. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(FSCK_MISSING);
	for (int fd = 0; fd < 3; fd++)
		(void)dup2(null, fd);
	(void)execvp("e2fsck", words);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		(void)execv(places[i], words);
	_exit(FSCK_MISSING);
}

static pid_t start(const char *how, const char *path)
{
	pid_t parent = getpid(), child = fork();

	if (child == 0)
		become_fsck(parent, how, path);
	return child < 0 ? -errno : child;
}

/* Its exit status; -errno. */
static int finish(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

/* True if it was not closed. */
static int is_open(const char *path, struct message *message)
{
	ext2_filsys fs;
	errcode_t e;
	int open;

	(void)initialize_ext2_error_table();
	e = ext2fs_open(path, EXT2_FLAG_64BITS, 0, 0, unix_io_manager, &fs);
	if (e != 0) {
		message_set(message, "'%.300s' is no ext4 disk: %s", path, error_message(e));
		return -EINVAL;
	}
	open = ext2fs_has_feature_journal_needs_recovery(fs->super) ||
	       (fs->super->s_state & (EXT2_VALID_FS | EXT2_ERROR_FS)) != EXT2_VALID_FS || fs->super->s_last_orphan != 0;
	ext2fs_free(fs);
	return open;
}

/* What was left undone when it was in use last. */
static int close_it(const char *path, struct message *message)
{
	int open = is_open(path, message), r = 0;

	if (open <= 0)
		return open;
	r = start("-pf", path);
	r = r < 0 ? r : finish(r);
	if (r == FSCK_MISSING) {
		message_set(message,
			    "the disk '%.300s' was not closed, and there is no e2fsck that could do it: install "
			    "e2fsprogs",
			    path);
		return -ENOTRECOVERABLE;
	}
	return r == FSCK_CORRECTED ? 0 : r;
}

static int conclude(const char *path, int r, struct message *message)
{
	if (r == FSCK_MISSING)
		return -ENOENT;
	if (r < 0) {
		message_set(message, "cannot check the disk '%.300s': %s", path, strerror(-r));
		return r;
	}
	if (r > 0)
		message_set(message, "the disk '%.300s' is damaged; look at it with e2fsck -f", path);
	return r > 0 ? -EUCLEAN : 0;
}

int ext4_check_begin(const char *path, bool repair, pid_t *ret, struct message *message)
{
	int r = repair ? close_it(path, message) : 0;

	if (r != 0)
		return r < 0 ? r : conclude(path, r, message);
	r = start("-fn", path);
	if (r < 0)
		return conclude(path, r, message);
	*ret = r;
	return 0;
}

int ext4_check_end(const char *path, pid_t checking, struct message *message)
{
	return conclude(path, finish(checking), message);
}

void ext4_check_stop(pid_t checking)
{
	(void)kill(checking, SIGKILL);
	(void)finish(checking);
}

int ext4_check(const char *path, bool repair, struct message *message)
{
	pid_t checking;
	int r = ext4_check_begin(path, repair, &checking, message);

	return r < 0 ? r : ext4_check_end(path, checking, message);
}

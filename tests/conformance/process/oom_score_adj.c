/* How likely the kernel is to kill a process for want of memory: root sets it to what it likes. */
#include "check.h"

static const char path[] = "/proc/self/oom_score_adj";

static int put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_TRUNC);
	int r = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;

	if (fd >= 0)
		close(fd);
	return r;
}

static int get(const char *file)
{
	FILE *f = fopen(file, "r");
	int value = -9999;

	if (f != NULL) {
		if (fscanf(f, "%d", &value) != 1)
			value = -9998;
		fclose(f);
	}
	return value;
}

/* A container's root cannot. */
#define CHECK_IF_MAY(condition, what)                                          \
	do {                                                                   \
		if (may)                                                       \
			CHECK(condition, what);                                \
		else                                                           \
			check_skip(what, "root has no CAP_SYS_RESOURCE here"); \
	} while (0)

int main(int argc, char **argv)
{
	char other[64];
	struct stat st;
	int status;
	pid_t child;
	bool may;

	check_begin(argc, argv);
	may = put(path, "-1000") == 0;
	CHECK_IF_MAY(may, "root makes itself safe");
	CHECK_IF_MAY(get(path) == -1000, "and reads it back");
	CHECK(put(path, "0") == 0 && get(path) == 0, "it takes it back");
	CHECK_IF_MAY(put("/proc/thread-self/oom_score_adj", "-17\n") == 0, "through the thread's directory");
	snprintf(other, sizeof(other), "/proc/%d/oom_score_adj", getpid());
	CHECK_IF_MAY(get(other) == -17, "and by its number");
	CHECK(stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0644, "it is a file of mode 0644");
	CHECK(put(path, "0") == 0, "back to nothing");

	child = fork();
	if (child == 0) {
		if (setresuid(1000, 1000, 1000) < 0)
			_exit(100);
		_exit((put(path, "100") == 0) | (get(path) == 100) << 1 | (put(path, "-100") < 0) << 2);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status), "a child of another user");
	/* After a change of ids a process is not dumpable, so that its files are root's. */
	CHECK((WEXITSTATUS(status) & 4) != 0, "cannot make itself safe");

	child = fork();
	if (child == 0) {
		pause();
		_exit(0);
	}
	snprintf(other, sizeof(other), "/proc/%d/oom_score_adj", child);
	CHECK_IF_MAY(put(other, "-500") == 0 && get(other) == -500, "root sets another process's");
	CHECK(get(path) == 0, "which is not its own");
	kill(child, SIGKILL);
	CHECK(waitpid(child, &status, 0) == child, "that process ends");
	CHECK(get(other) == -9999, "and its file with it");
	return check_end();
}

/* openat2(2): how a path may be resolved, and the growing struct. */
#include "../check.h"

#include <linux/openat2.h>

static int d;
static char inside[PATH_MAX];

static long sized(const char *path, const void *how, size_t size)
{
	return syscall(SYS_openat2, d, path, how, size);
}

static long call(const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = {.flags = flags, .resolve = resolve};

	return sized(path, &how, sizeof(how));
}

#define OPENS(path, resolve, what)        close((int)CHECK_OK(call(path, O_RDONLY, resolve), what))
#define FAILS(path, resolve, error, what) CHECK_ERRNO(call(path, O_RDONLY, resolve), error, what)

static void prepare(void)
{
	NEED(mkdir("d", 0755) == 0 && mkdir("d/e", 0755) == 0);
	check_write_file("f", "outer");
	check_write_file("d/f", "inner");
	check_write_file("d/e/g", "deep");
	NEED(symlink("f", "d/link") == 0);
	NEED(symlink("e", "d/elink") == 0);
	NEED(symlink("../f", "d/out") == 0);
	NEED(symlink("/f", "d/absolute") == 0);
	NEED(symlink("e/../../d/f", "d/outandin") == 0);
	NEED(symlink("nothing", "d/dangling") == 0);
	NEED((d = open("d", O_PATH)) >= 0);
	snprintf(inside, sizeof(inside), "%.4000s/d/f", check_directory);
}

static bool same_content(long fd, const char *want)
{
	char buf[16] = "";
	bool same = fd >= 0 && read((int)fd, buf, sizeof(buf) - 1) >= 0 && strcmp(buf, want) == 0;

	close((int)fd);
	return same;
}

static void resolving(void)
{
	OPENS("f", 0, "no restriction");
	OPENS("../f", 0, "no restriction: out of the directory");
	OPENS(inside, 0, "no restriction: absolute");

	OPENS("e/../f", RESOLVE_BENEATH, "beneath: .. inside");
	OPENS("link", RESOLVE_BENEATH, "beneath: a link inside");
	FAILS("../f", RESOLVE_BENEATH, EXDEV, "beneath: .. out");
	FAILS("out", RESOLVE_BENEATH, EXDEV, "beneath: a link out");
	FAILS("outandin", RESOLVE_BENEATH, EXDEV, "beneath: a link out and in again");
	FAILS("absolute", RESOLVE_BENEATH, EXDEV, "beneath: an absolute link");
	FAILS(inside, RESOLVE_BENEATH, EXDEV, "beneath: an absolute path");
	FAILS("nothing", RESOLVE_BENEATH, ENOENT, "beneath: no such file");

	CHECK(same_content(call("../f", O_RDONLY, RESOLVE_IN_ROOT), "inner"), "in root: .. stays at the root");
	CHECK(same_content(call("../../../e/g", O_RDONLY, RESOLVE_IN_ROOT), "deep"), "in root: many of them");
	CHECK(same_content(call("/f", O_RDONLY, RESOLVE_IN_ROOT), "inner"), "in root: an absolute path");
	CHECK(same_content(call("absolute", O_RDONLY, RESOLVE_IN_ROOT), "inner"), "in root: an absolute link");
	CHECK(same_content(call("out", O_RDONLY, RESOLVE_IN_ROOT), "inner"), "in root: a link out stays in");
	FAILS("outandin", RESOLVE_IN_ROOT, ENOENT, "in root: a link out and in again is not in");

	OPENS("f", RESOLVE_NO_SYMLINKS, "no links: a file");
	FAILS("link", RESOLVE_NO_SYMLINKS, ELOOP, "no links: a link");
	FAILS("elink/g", RESOLVE_NO_SYMLINKS, ELOOP, "no links: in the middle");
	FAILS("dangling", RESOLVE_NO_SYMLINKS, ELOOP, "no links: a dangling one");
	close((int)CHECK_OK(call("link", O_PATH | O_NOFOLLOW, RESOLVE_NO_SYMLINKS), "no links: the last one itself"));

	OPENS("link", RESOLVE_NO_MAGICLINKS, "no magic links: an ordinary one");
	OPENS("elink/g", RESOLVE_NO_XDEV, "one file system: inside");
}

static void magic(void)
{
	char path[64];
	int f = open("f", O_RDONLY);

	NEED(f >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", f);
	OPENS(path, 0, "a magic link");
	FAILS(path, RESOLVE_NO_MAGICLINKS, ELOOP, "no magic links: one");
	FAILS(path, RESOLVE_NO_SYMLINKS, ELOOP, "no links: a magic one");
	FAILS("/proc/self/cwd/f", RESOLVE_NO_MAGICLINKS, ELOOP, "no magic links: cwd in the middle");
	NEED(symlink("/proc/self/exe", "d/to exe") == 0 && symlink("/proc/self/root", "d/to root") == 0);
	OPENS("to exe", 0, "an ordinary link to a magic one");
	FAILS("to exe", RESOLVE_NO_MAGICLINKS, ELOOP, "no magic links: behind an ordinary one");
	FAILS("to root/proc", RESOLVE_NO_MAGICLINKS, ELOOP, "no magic links: in the middle, behind an ordinary one");
	close((int)CHECK_OK(call(path, O_PATH | O_NOFOLLOW, RESOLVE_NO_MAGICLINKS),
			    "no magic links: the last one itself"));
	FAILS("/proc/self/status", RESOLVE_NO_XDEV, EXDEV, "one file system: into /proc");
	OPENS("/proc/self/status", RESOLVE_NO_MAGICLINKS, "no magic links: self is an ordinary one");
	close(f);
}

static void creating(void)
{
	struct open_how how = {.flags = O_RDWR | O_CREAT | O_EXCL, .mode = 0666, .resolve = RESOLVE_BENEATH};
	struct stat st;

	close((int)CHECK_OK(sized("new", &how, sizeof(how)), "beneath: creates"));
	CHECK(stat("d/new", &st) == 0 && (st.st_mode & 07777) == 0644, "with the mode under the umask");
	CHECK_ERRNO(sized("../new", &how, sizeof(how)), EXDEV, "beneath: does not create outside");
	how.resolve = RESOLVE_IN_ROOT;
	close((int)CHECK_OK(sized("../inroot", &how, sizeof(how)), "in root: creates"));
	CHECK_OK(access("d/inroot", F_OK), "at the root");
	how.flags = O_RDWR | O_CREAT;
	how.resolve = RESOLVE_NO_SYMLINKS;
	CHECK_ERRNO(sized("dangling", &how, sizeof(how)), ELOOP, "no links: does not create through one");
	how.resolve = RESOLVE_BENEATH;
	close((int)CHECK_OK(sized("dangling", &how, sizeof(how)), "beneath: creates through a dangling link"));
	CHECK_OK(access("d/nothing", F_OK), "its target");
}

static void flags_and_modes(void)
{
	struct open_how how = {.flags = O_RDONLY, .mode = 0644};

	CHECK_ERRNO(sized("f", &how, sizeof(how)), EINVAL, "a mode without O_CREAT");
	how = (struct open_how){.flags = O_RDWR | O_CREAT, .mode = 0100644};
	CHECK_ERRNO(sized("f", &how, sizeof(how)), EINVAL, "a type in the mode");
	CHECK_ERRNO(call("f", 0x10000000, 0), EINVAL, "an unknown flag");
	CHECK_ERRNO(call("f", 1ull << 40, 0), EINVAL, "an unknown flag above 32 bits");
	CHECK_ERRNO(call("f", O_RDONLY, 0x1000), EINVAL, "an unknown way to resolve");
	CHECK_ERRNO(call("f", O_RDONLY, RESOLVE_BENEATH | RESOLVE_IN_ROOT), EINVAL, "beneath and in root");
	CHECK_ERRNO(call("f", O_PATH | O_RDWR, 0), EINVAL, "O_PATH with more than it takes");
	CHECK_ERRNO(call("f", O_PATH | O_TRUNC, 0), EINVAL, "O_PATH and O_TRUNC");
	CHECK_ERRNO(call("nothing", O_RDWR | O_CREAT | O_DIRECTORY, 0), EINVAL, "O_CREAT and O_DIRECTORY");
	CHECK_ERRNO(call(".", O_TMPFILE | O_RDONLY, 0), EINVAL, "O_TMPFILE that is not written");
	CHECK_ERRNO(call(".", (O_TMPFILE & ~O_DIRECTORY) | O_RDWR, 0), EINVAL, "O_TMPFILE without O_DIRECTORY");
	CHECK_ERRNO(call("f", O_WRONLY | O_TRUNC, RESOLVE_CACHED), EAGAIN, "cached: never with O_TRUNC");
	CHECK_ERRNO(call("nothing/f", 1ull << 40, 0), EINVAL, "flags are checked before the path");
}

static void sizes(void)
{
	struct {
		struct open_how how;
		uint64_t more;
	} big = {.how = {.flags = O_RDONLY}};
	char page[5000] = {0};

	CHECK_ERRNO(sized("f", &big, 0), EINVAL, "no struct");
	CHECK_ERRNO(sized("f", &big, sizeof(struct open_how) - 1), EINVAL, "smaller than the first version");
	close((int)CHECK_OK(sized("f", &big, sizeof(big)), "a larger one with zeroes"));
	big.more = 1;
	CHECK_ERRNO(sized("f", &big, sizeof(big)), E2BIG, "a larger one that asks for something");
	CHECK_ERRNO(sized("f", page, sizeof(page)), E2BIG, "larger than a page");
	close((int)CHECK_OK(sized("f", page, 4096), "a page of zeroes"));
	CHECK_ERRNO(sized("f", (void *)8, sizeof(struct open_how)), EFAULT, "a struct that is not there");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	prepare();
	if (call("f", O_RDONLY, 0) == -1 && errno == ENOSYS) {
		check_skip("openat2", "the kernel does not have it");
		return check_end();
	}
	resolving();
	magic();
	creating();
	flags_and_modes();
	sizes();
	return check_end();
}

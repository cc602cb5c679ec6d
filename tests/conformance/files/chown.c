/* chown(2). */
#include "chown-common.h"

static int call(const char *path, uid_t uid, gid_t gid)
{
	return (int)syscall(SYS_chown, path, uid, gid);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	chown_common(call);
	chown_paths(call);
	CHECK_OK(call("link", 21, 22), "follows a link");
	chown_is("f", 21, 22, "to its target");
	chown_is("link", 0, 0, "the link stays");
	CHECK_ERRNO(call("dangling", 1, 1), ENOENT, "a dangling link");
	return check_end();
}

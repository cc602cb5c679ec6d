/* lchown(2). */
#include "chown-common.h"

static int call(const char *path, uid_t uid, gid_t gid)
{
	return (int)syscall(SYS_lchown, path, uid, gid);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	chown_common(call);
	chown_paths(call);
	CHECK_OK(call("link", 21, 22), "does not follow a link");
	chown_is("f", 5, 6, "its target stays");
	CHECK_OK(call("dangling", 21, 22), "a dangling link");
	CHECK_ERRNO(call("dangling/", 1, 1), ENOENT, "a slash behind it follows it");
	return check_end();
}

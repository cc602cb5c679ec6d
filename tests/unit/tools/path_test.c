/* lxpath's translation, and the file that it is told by. */
#include <criterion/criterion.h>

#include "guest-tools/tools.h"

static struct pool pool;
static const struct machine machine = {.root = "/home/u/debian", .host = "/mnt/host"};
static const struct machine no_host = {.root = "/home/u/debian", .host = ""};

static const char *host(const struct machine *m, const char *path)
{
	char *s = lxpath_to_host(&pool, m, path);

	return s != NULL ? s : "none";
}

static const char *guest(const struct machine *m, const char *path)
{
	char *s = lxpath_to_guest(&pool, m, path);

	return s != NULL ? s : "none";
}

Test(lxpath, to_the_host)
{
	cr_expect_str_eq(host(&machine, "/etc/passwd"), "/home/u/debian/etc/passwd");
	cr_expect_str_eq(host(&machine, "/"), "/home/u/debian");
	cr_expect_str_eq(host(&machine, "/mnt/host/etc"), "/etc");
	cr_expect_str_eq(host(&machine, "/mnt/host"), "/");
	cr_expect_str_eq(host(&machine, "/mnt/hosts"), "/home/u/debian/mnt/hosts");
	cr_expect_str_eq(host(&machine, "/proc/1"), "none");
	cr_expect_str_eq(host(&no_host, "/mnt/host/etc"), "/home/u/debian/mnt/host/etc");
}

Test(lxpath, to_the_guest)
{
	cr_expect_str_eq(guest(&machine, "/home/u/debian/etc"), "/etc");
	cr_expect_str_eq(guest(&machine, "/home/u/debian"), "/");
	cr_expect_str_eq(guest(&machine, "/home/u/debian2"), "/mnt/host/home/u/debian2");
	cr_expect_str_eq(guest(&machine, "/"), "/mnt/host");
	cr_expect_str_eq(guest(&no_host, "/etc"), "none");
	cr_expect_str_eq(guest(&no_host, "/home/u/debian/x"), "/x");
}

Test(machine, is_lines_of_key_and_value)
{
	struct machine m;

	machine_parse(&pool, "version=1.2\nname=a b\njunk\n=\nhost=\nroot=/x=y", &m);
	cr_expect_str_eq(m.version, "1.2");
	cr_expect_str_eq(m.name, "a b");
	cr_expect_str_eq(m.root, "/x=y");
	cr_expect_str_eq(m.host, "");
	cr_expect_str_eq(m.instance, "");
}

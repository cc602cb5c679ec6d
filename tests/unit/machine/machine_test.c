/* The files about the machine that are written into a distribution. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/machine.h"

static char dir[] = "/tmp/machine.XXXXXX";
static char hosts[64], resolv[64], localtime_link[64];
static struct machine_host host;
static struct wsl_conf conf;

static const char *path_of(const char *name)
{
	static char path[4][128];
	static unsigned turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, name);
	return path[turn];
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	cr_assert_not_null(f, "%s", path);
	fputs(text, f);
	fclose(f);
}

static const char *read_file(const char *path)
{
	static char text[8192];
	FILE *f = fopen(path, "r");
	size_t n;

	if (f == NULL)
		return NULL;
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static void start(void)
{
	static const char *const dirs[] = {"root",
					   "root/etc",
					   "root/usr",
					   "root/usr/share",
					   "root/usr/share/zoneinfo",
					   "root/usr/share/zoneinfo/Europe"};

	cr_assert_not_null(mkdtemp(dir));
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		cr_assert_eq(mkdir(path_of(dirs[i]), 0755), 0);
	snprintf(hosts, sizeof(hosts), "%s", path_of("hosts"));
	snprintf(resolv, sizeof(resolv), "%s", path_of("resolv.conf"));
	snprintf(localtime_link, sizeof(localtime_link), "%s", path_of("localtime"));
	write_file(hosts, "127.0.0.1 localhost\n127.0.1.1 box # me\n10.0.0.7\tfiles files.example # a server\n# x\n");
	write_file(resolv, "nameserver 10.0.0.1\n");
	write_file(path_of("root/usr/share/zoneinfo/Europe/Berlin"), "TZif2");
	cr_assert_eq(symlink("/usr/share/zoneinfo/Europe/Berlin", localtime_link), 0);
	host = (struct machine_host){hosts, resolv, localtime_link};
	conf = (struct wsl_conf){.generate_hosts = true, .generate_resolv_conf = true, .use_host_timezone = true};
}

static void end(void)
{
	char command[64];

	snprintf(command, sizeof(command), "/bin/rm -rf %s", dir);
	cr_expect_eq(system(command), 0);
}

TestSuite(machine, .init = start, .fini = end);

static int prepare(void)
{
	int fd = open(path_of("root"), O_PATH | O_DIRECTORY), r;

	r = machine_prepare(fd, &conf, "box", &host);
	close(fd);
	return r;
}

Test(machine, its_files_follow_the_host)
{
	const char *text;
	struct stat st;
	char link[128] = "";

	cr_assert_eq(prepare(), 0);
	cr_expect_str_eq(read_file(path_of("root/etc/hostname")), "box\n");
	text = read_file(path_of("root/etc/hosts"));
	cr_expect_not_null(strstr(text, "\n127.0.0.1\tlocalhost\n127.0.1.1\tbox\n"));
	cr_expect_not_null(strstr(text, "10.0.0.7\tfiles files.example"));
	cr_expect_null(strstr(text, "127.0.1.1 box"), "the host's own line is not copied");
	cr_expect_not_null(strstr(read_file(path_of("root/etc/resolv.conf")), "\nnameserver 10.0.0.1\n"));
	cr_expect_eq(stat(path_of("root/etc/hosts"), &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0644);
	cr_expect_gt(readlink(path_of("root/etc/localtime"), link, sizeof(link) - 1), 0);
	cr_expect_str_eq(link, "/usr/share/zoneinfo/Europe/Berlin");
}

Test(machine, what_is_right_is_left_alone)
{
	struct stat a, b;

	cr_assert_eq(prepare(), 0);
	cr_assert_eq(stat(path_of("root/etc/hosts"), &a), 0);
	cr_assert_eq(prepare(), 0);
	cr_assert_eq(stat(path_of("root/etc/hosts"), &b), 0);
	cr_expect_eq(a.st_ino, b.st_ino);
	cr_expect_neq(access(path_of("root/etc/hosts.before-lxrun"), F_OK), 0);
}

Test(machine, what_the_distribution_had_is_kept_once)
{
	char link[64] = "";

	write_file(path_of("root/etc/hosts"), "1.2.3.4 mine\n");
	cr_assert_eq(symlink("../run/resolv.conf", path_of("root/etc/resolv.conf")), 0);
	cr_assert_eq(prepare(), 0);
	cr_expect_str_eq(read_file(path_of("root/etc/hosts.before-lxrun")), "1.2.3.4 mine\n");
	cr_expect_gt(readlink(path_of("root/etc/resolv.conf.before-lxrun"), link, sizeof(link) - 1), 0);
	cr_expect_str_eq(link, "../run/resolv.conf");
	write_file(resolv, "nameserver 10.0.0.2\n");
	cr_assert_eq(prepare(), 0);
	cr_expect_not_null(strstr(read_file(path_of("root/etc/resolv.conf")), "10.0.0.2"));
	cr_expect_str_eq(read_file(path_of("root/etc/hosts.before-lxrun")), "1.2.3.4 mine\n");
}

Test(machine, wsl_conf_turns_each_off)
{
	conf = (struct wsl_conf){0};
	write_file(path_of("root/etc/hosts"), "1.2.3.4 mine\n");
	cr_assert_eq(prepare(), 0);
	cr_expect_str_eq(read_file(path_of("root/etc/hosts")), "1.2.3.4 mine\n");
	cr_expect_neq(access(path_of("root/etc/resolv.conf"), F_OK), 0);
	cr_expect_neq(access(path_of("root/etc/localtime"), F_OK), 0);
}

Test(machine, links_of_the_distribution_lead_nowhere_else)
{
	cr_assert_eq(mkdir(path_of("outside"), 0755), 0);
	cr_assert_eq(rename(path_of("root/etc"), path_of("root/real")), 0);
	cr_assert_eq(symlink("../../../real", path_of("root/etc")), 0);
	cr_assert_eq(symlink(path_of("outside/target"), path_of("root/real/hosts")), 0);
	cr_assert_eq(prepare(), 0);
	cr_expect_str_eq(read_file(path_of("root/real/hostname")), "box\n");
	cr_expect_neq(access(path_of("outside/target"), F_OK), 0);
}

Test(machine, a_zone_that_the_distribution_lacks_is_not_linked_to)
{
	cr_assert_eq(unlink(path_of("root/usr/share/zoneinfo/Europe/Berlin")), 0);
	cr_assert_eq(prepare(), 0);
	cr_expect_neq(access(path_of("root/etc/localtime"), F_OK), 0);
}

Test(machine, a_tree_without_etc_is_none_of_ours)
{
	cr_assert_eq(rmdir(path_of("root/etc")), 0);
	cr_expect_eq(prepare(), 0);
}

Test(machine, a_host_name_is_made_valid)
{
	char name[65];

	snprintf(conf.hostname, sizeof(conf.hostname), "-my box!.example.-");
	machine_hostname(&conf, name, sizeof(name));
	cr_expect_str_eq(name, "mybox.example");
	snprintf(conf.hostname, sizeof(conf.hostname), "!!!");
	machine_hostname(&conf, name, sizeof(name));
	cr_expect_neq(name[0], '\0', "nothing is left of it: the host's own");
}

/* What of the caller's environment reaches a guest, and which source wins. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/environment.h"

static char root[] = "/tmp/environment.XXXXXX";
static const struct user user = {.uid = 1000, .name = "u", .home = "/home/u", .shell = "/bin/zsh"};

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	cr_assert_not_null(f);
	fputs(text, f);
	fclose(f);
}

static void start(void)
{
	char path[64];

	cr_assert_not_null(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/etc", root);
	cr_assert_eq(mkdir(path, 0755), 0);
	clearenv();
}

static void end(void)
{
	char command[64];

	clearenv();
	snprintf(command, sizeof(command), "/bin/rm -rf %s", root);
	cr_expect_eq(system(command), 0);
}

TestSuite(environment, .init = start, .fini = end);

static void envfile(const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/etc/environment", root);
	write_file(path, text);
}

static const char *value(const char *const *extra, const char *name)
{
	static const char *const none[] = {NULL};
	int fd = open(root, O_PATH | O_DIRECTORY);
	char **words = environment_make(&(struct environment_of){.root_fd = fd,
								 .user = &user,
								 .distro = "debian",
								 .paths = {.root = root, .host_root = "/mnt/host"},
								 .extra = extra != NULL ? extra : none});
	const char *found = NULL;

	close(fd);
	cr_assert_not_null(words);
	for (char **w = words; *w != NULL; w++)
		if (strncmp(*w, name, strlen(name)) == 0 && (*w)[strlen(name)] == '=') {
			cr_expect_null(found, "%s is there twice", name);
			found = *w + strlen(name) + 1;
		}
	return found;
}

Test(environment, passwd_says_who_it_is)
{
	setenv("HOME", "/root", 1);
	setenv("USER", "somebody", 1);
	cr_expect_str_eq(value(NULL, "HOME"), "/home/u");
	cr_expect_str_eq(value(NULL, "USER"), "u");
	cr_expect_str_eq(value(NULL, "LOGNAME"), "u");
	cr_expect_str_eq(value(NULL, "SHELL"), "/bin/zsh");
	cr_expect_str_eq(value(NULL, "LXRUN_DISTRO_NAME"), "debian");
	cr_expect_str_eq(value(NULL, "LXRUN_VERSION"), "1");
}

Test(environment, the_hosts_libraries_do_not_cross)
{
	static const char *const names[] = {"LD_LIBRARY_PATH", "LD_PRELOAD",      "PYTHONPATH",
					    "PERL5LIB",        "XDG_RUNTIME_DIR", "SECRET"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		setenv(names[i], "/host", 1);
		cr_expect_null(value(NULL, names[i]), "%s", names[i]);
	}
}

Test(environment, what_terminals_need_crosses)
{
	setenv("TERM", "screen-256color", 1);
	setenv("DISPLAY", ":0", 1);
	cr_expect_str_eq(value(NULL, "TERM"), "screen-256color");
	cr_expect_str_eq(value(NULL, "DISPLAY"), ":0");
	cr_expect_null(value(NULL, "COLORTERM"));
}

Test(environment, a_locale_crosses_where_the_distribution_has_it)
{
	char path[64];

	setenv("LANG", "de_DE.UTF-8", 1);
	cr_expect_str_eq(value(NULL, "LANG"), "C.UTF-8");
	for (const char *const *d = (const char *const[]){"/usr", "/usr/lib", "/usr/lib/locale", NULL}; *d != NULL;
	     d++) {
		snprintf(path, sizeof(path), "%s%s", root, *d);
		cr_assert_eq(mkdir(path, 0755), 0);
	}
	snprintf(path, sizeof(path), "%s/usr/lib/locale/locale-archive", root);
	write_file(path, "");
	cr_expect_str_eq(value(NULL, "LANG"), "de_DE.UTF-8");
}

Test(environment, etc_environment_is_the_distributions_word)
{
	envfile("# comment\n\nPATH=\"/opt/bin:/bin\"\n export A = 1 \nB='x "
		"y'\nC\n1D=2\nLANG=fr_FR.UTF-8\nHOME=/nowhere\n");
	cr_expect_str_eq(value(NULL, "PATH"), "/opt/bin:/bin");
	cr_expect_null(value(NULL, "A"), "a name ends where the equals sign begins");
	cr_expect_str_eq(value(NULL, "B"), "x y");
	cr_expect_null(value(NULL, "C"));
	cr_expect_null(value(NULL, "1D"));
	cr_expect_str_eq(value(NULL, "LANG"), "fr_FR.UTF-8");
	cr_expect_str_eq(value(NULL, "HOME"), "/home/u");
}

Test(environment, what_the_command_line_says_wins)
{
	static const char *const extra[] = {"PATH=/mine", "HOME=/other", "NEW=1", NULL};

	envfile("PATH=/opt/bin\n");
	cr_expect_str_eq(value(extra, "PATH"), "/mine");
	cr_expect_str_eq(value(extra, "HOME"), "/other");
	cr_expect_str_eq(value(extra, "NEW"), "1");
}

Test(environment, what_lxenv_names_crosses)
{
	setenv("LXENV", "MINE:WHERE/p", 1);
	setenv("MINE", "1", 1);
	setenv("WHERE", "/srv", 1);
	cr_expect_str_eq(value(NULL, "MINE"), "1");
	cr_expect_str_eq(value(NULL, "WHERE"), "/mnt/host/srv");
	cr_expect_str_eq(value(NULL, "LXENV"), "MINE:WHERE/p");
}

/* wsl.conf, wsl-distribution.conf and lxrun's own configuration. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "home.h"

static char warned[8192];

static void warn(void *context, const char *sentence)
{
	(void)context;
	strncat(warned, sentence, sizeof(warned) - strlen(warned) - 1);
	strncat(warned, "\n", sizeof(warned) - strlen(warned) - 1);
}

static const struct config_warnings warnings = {warn, NULL};
static struct wsl_conf conf;
static struct wsl_distribution_conf dist;
static struct lxrun_config config;

static void start(void)
{
	home_start();
	cr_assert_eq(distro_make_directories(in_home("root/etc")), 0);
	cr_assert_eq(distro_make_directories(in_home(".config/lxrun")), 0);
	warned[0] = '\0';
}

TestSuite(wsl_conf, .init = start, .fini = home_end);
TestSuite(lxrun_config, .init = start, .fini = home_end);

static void read_conf(void)
{
	int fd = open(in_home("root"), O_PATH | O_DIRECTORY | O_CLOEXEC);

	cr_assert_geq(fd, 0);
	warned[0] = '\0';
	wsl_conf_read(fd, &warnings, &conf);
	wsl_distribution_conf_read(fd, &warnings, &dist);
	close(fd);
}

static void conf_is(const char *text)
{
	write_text(in_home("root/etc/wsl.conf"), text);
	read_conf();
}

static void says(const char *what)
{
	cr_expect_not_null(strstr(warned, what), "'%s' is not in: %s", what, warned);
}

static void expect_defaults(void)
{
	cr_expect(conf.automount_enabled && conf.automount_fstab && conf.generate_hosts && conf.generate_resolv_conf);
	cr_expect(conf.use_host_timezone && conf.interop_enabled && conf.append_host_path && !conf.boot_systemd);
	cr_expect_str_eq(conf.automount_root, "/mnt/");
	cr_expect_str_eq(conf.hostname, "");
	cr_expect_str_eq(conf.user_default, "");
	cr_expect_str_eq(conf.boot_command, "");
	cr_expect_eq(conf.boot_init_timeout, 10000);
	cr_expect_eq(dist.oobe_default_uid, -1);
}

Test(wsl_conf, without_a_file)
{
	read_conf();
	expect_defaults();
	cr_expect_str_eq(warned, "");
}

Test(wsl_conf, every_key)
{
	conf_is("[automount]\nenabled = false\nroot = /media\nmountFsTab=FALSE\noptions = "
		"\"metadata\"\nldconfig=false\n"
		"cgroups = v1\n[filesystem]\numask=022\n[interop]\nenabled=0\nappendWindowsPath=false\n[network]\n"
		"generateHosts = false\ngenerateResolvConf=false\nhostname = "
		"box-1.lan\n[time]\nuseWindowsTimezone=False\n"
		"[fileServer]\nenabled=true\n[gpu]\nenabled=true\nappendLibPath=true\n[USER]\nDefault = ann\n[boot]\n"
		"command = service cron start ; \"echo x\"\nsystemd = true\ninitTimeout=12345\nprotectBinfmt=true\n");
	cr_expect_str_eq(warned, "");
	cr_expect_not(conf.automount_enabled || conf.automount_fstab || conf.generate_hosts ||
		      conf.generate_resolv_conf);
	cr_expect_not(conf.use_host_timezone || conf.interop_enabled || conf.append_host_path);
	cr_expect(conf.boot_systemd);
	cr_expect_eq(conf.boot_init_timeout, 12345);
	cr_expect_str_eq(conf.automount_root, "/media");
	cr_expect_str_eq(conf.hostname, "box-1.lan");
	cr_expect_str_eq(conf.user_default, "ann");
	cr_expect_str_eq(conf.boot_command, "service cron start ; echo x");
}

Test(wsl_conf, what_is_wrong_is_said_and_left_out)
{
	conf_is("[automount]\nenabled = maybe\nroot = media\n[network]\nhostname = a_b\ngenerateHost = "
		"false\nnonsense\n"
		"[user]\ndefault = first\ndefault = second\n[colour]\nx=y\n");
	says("Invalid value 'maybe' for key 'automount.enabled' in /etc/wsl.conf:2: it is true or false");
	says("Invalid value 'media' for key 'automount.root' in /etc/wsl.conf:3: it is an absolute path");
	says("Invalid value 'a_b' for key 'network.hostname' in /etc/wsl.conf:5");
	says("Unknown key 'network.generateHost' in /etc/wsl.conf:6");
	says("in /etc/wsl.conf:7");
	says("Duplicated key 'user.default' in /etc/wsl.conf:10: the first one counts");
	says("Unknown key 'colour.x' in /etc/wsl.conf:12");
	cr_expect_str_eq(conf.user_default, "first");
	strcpy(conf.user_default, "");
	expect_defaults();
}

Test(wsl_conf, a_value_that_is_too_long)
{
	char text[8000];

	snprintf(text, sizeof(text), "[boot]\ncommand = %04096d\n[user]\ndefault = %0256d\n", 0, 0);
	conf_is(text);
	says("for key 'boot.command' in /etc/wsl.conf:2: it is too long");
	cr_expect_str_eq(conf.boot_command, "");
	cr_expect_eq(strlen(conf.user_default), 256);
	snprintf(text, sizeof(text), "[boot]\ncommand = %04095d\n", 0);
	conf_is(text);
	cr_expect_eq(strlen(conf.boot_command), 4095);
}

Test(wsl_conf, links_stay_inside)
{
	write_text(in_home("outside"), "[user]\ndefault = outside\n");
	write_text(in_home("root/inside"), "[user]\ndefault = inside\n");
	cr_assert_eq(symlink(in_home("outside"), in_home("root/etc/wsl.conf")), 0);
	read_conf();
	cr_expect_str_eq(conf.user_default, "");
	cr_assert_eq(unlink(in_home("root/etc/wsl.conf")), 0);
	cr_assert_eq(symlink("../../outside", in_home("root/etc/wsl.conf")), 0);
	read_conf();
	cr_expect_str_eq(conf.user_default, "");
	cr_assert_eq(unlink(in_home("root/etc/wsl.conf")), 0);
	cr_assert_eq(symlink("/inside", in_home("root/etc/wsl.conf")), 0);
	read_conf();
	cr_expect_str_eq(conf.user_default, "inside");
}

Test(wsl_conf, no_file)
{
	cr_assert_eq(mkdir(in_home("root/etc/wsl.conf"), 0755), 0);
	read_conf();
	expect_defaults();
	says("it is no file");
	cr_assert_eq(rmdir(in_home("root/etc/wsl.conf")), 0);
	cr_assert_eq(mkfifo(in_home("root/etc/wsl.conf"), 0644), 0);
	read_conf();
	expect_defaults();
	says("it is no file");
}

Test(wsl_conf, a_file_without_end)
{
	conf_is("[user]\ndefault = x\n");
	cr_assert_eq(truncate(in_home("root/etc/wsl.conf"), 1l << 40), 0);
	read_conf();
	expect_defaults();
	says("too large");
}

Test(wsl_conf, of_an_archive)
{
	write_text(in_home("root/etc/wsl-distribution.conf"),
		   "[oobe]\ncommand = /etc/oobe.sh\ndefaultUid = 1000\ndefaultName = Ubuntu-24.04\n[shortcut]\n"
		   "enabled = true\nicon = /usr/share/x.ico\n[windowsterminal]\nprofileTemplate = /x\n");
	read_conf();
	cr_expect_str_eq(warned, "");
	cr_expect_str_eq(dist.oobe_command, "/etc/oobe.sh");
	cr_expect_eq(dist.oobe_default_uid, 1000);
	cr_expect_str_eq(dist.oobe_default_name, "Ubuntu-24.04");
	write_text(in_home("root/etc/wsl-distribution.conf"), "[oobe]\ndefaultUid = -1\ndefaultName = a b\n");
	read_conf();
	says("'oobe.defaultUid' in /etc/wsl-distribution.conf:2: it is a number from 0 to 4294967294");
	says("'oobe.defaultName'");
	cr_expect_eq(dist.oobe_default_uid, -1);
	cr_expect_str_eq(dist.oobe_default_name, "");
}

/* --- the caller's own ------------------------------------------------------------------------------------------------ */

static void config_is(const char *text)
{
	write_text(in_home(".config/lxrun/config"), text);
	warned[0] = '\0';
	lxrun_config_read(&warnings, &config);
}

Test(lxrun_config, defaults)
{
	lxrun_config_read(&warnings, &config);
	cr_expect_str_eq(warned, "");
	cr_expect_eq(config.instance_idle_timeout, 15000);
	cr_expect_eq(config.vm_idle_timeout, 60000);
	cr_expect(config.localhost_forwarding);
	cr_expect_str_eq(config.install_path, "");
}

Test(lxrun_config, keys)
{
	config_is(
		"[general]\ninstanceIdleTimeout = -1\ndistributionInstallPath = ~/d\ndistributionListUrl = file:///x\n"
		"[wsl2]\nmemory = 4GB\nprocessors = 0x4\nswap = 512m\nvmIdleTimeout=010\nkernel = /k\n"
		"networkingMode=mirrored\nlocalhostForwarding=false\nfirewall=true\n[experimental]\nsparseVhd=true\n"
		"[network]\nportOffset = 10000\n");
	cr_expect_str_eq(warned, "");
	cr_expect_eq(config.instance_idle_timeout, -1);
	cr_expect_str_eq(config.install_path, in_home("d"));
	cr_expect_str_eq(config.manifest_url, "file:///x");
	cr_expect_eq(config.memory, 4ull << 30);
	cr_expect_eq(config.processors, 4);
	cr_expect_eq(config.swap, 512ull << 20);
	cr_expect_eq(config.vm_idle_timeout, 8);
	cr_expect_str_eq(config.kernel, "/k");
	cr_expect_str_eq(config.networking_mode, "mirrored");
	cr_expect_not(config.localhost_forwarding);
	cr_expect_eq(config.port_offset, 10000);
}

Test(lxrun_config, sizes)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {{"0", 0},
		    {"1", 1},
		    {"7B", 7},
		    {"1K", 1024},
		    {"1kb", 1024},
		    {"3TB", 3ull << 40},
		    {"16777215T", 16777215ull << 40},
		    {"18446744073709551615", UINT64_MAX}};
	static const char *const bad[] = {"",     "GB",  "-1", "1X", "1 GB", "16777216T", "18446744073709551616",
					  "1.5G", "0x10"};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		char text[100];

		snprintf(text, sizeof(text), "[wsl2]\nmemory = %s\n", good[i].text);
		config_is(text);
		cr_expect_eq(config.memory, good[i].bytes, "%s", good[i].text);
		cr_expect_str_eq(warned, "");
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char text[100];

		snprintf(text, sizeof(text), "[wsl2]\nmemory = %s\n", bad[i]);
		config_is(text);
		cr_expect_eq(config.memory, 0, "%s", bad[i]);
		says("it is a size like");
	}
}

Test(lxrun_config, numbers)
{
	static const char *const bad[] = {"", "x", " ", "1x", "99999999999999999999", "nan", "1e3"};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char text[100];

		snprintf(text, sizeof(text), "[general]\ninstanceIdleTimeout = \"%s\"\n", bad[i]);
		config_is(text);
		cr_expect_eq(config.instance_idle_timeout, 15000, "%s", bad[i]);
		says("it is a number");
	}
	config_is("[network]\nportOffset = 64512\n");
	says("it is a number from 0 to 64511");
}

Test(lxrun_config, nobody_reads_the_warnings)
{
	write_text(in_home(".config/lxrun/config"), "nonsense\n[a]\nb=c\n[wsl2]\nmemory=x\n");
	lxrun_config_read(NULL, &config);
	cr_expect_eq(config.memory, 0);
}

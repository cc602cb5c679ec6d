/* What a distribution says of itself: /etc/wsl.conf and /etc/wsl-distribution.conf. */
#include <string.h>

#include "distro/config.h"

#define KEY(section, key, kind, member, ...) CONFIG_KEY(section, key, kind, struct wsl_conf, member, ##__VA_ARGS__)
#define IGNORED(section, key)                            \
	{                                                \
		section, key, CONFIG_IGNORED, 0, 0, 0, 0 \
	}

static const struct config_key keys[] = {
	KEY("automount", "enabled", CONFIG_BOOL, automount_enabled),
	KEY("automount", "root", CONFIG_PATH, automount_root),
	KEY("automount", "mountFsTab", CONFIG_BOOL, automount_fstab),
	IGNORED("automount", "options"),
	IGNORED("automount", "ldconfig"),
	IGNORED("automount", "cgroups"),
	IGNORED("filesystem", "umask"),
	KEY("interop", "enabled", CONFIG_BOOL, interop_enabled),
	KEY("interop", "appendWindowsPath", CONFIG_BOOL, append_host_path),
	KEY("interop", "appendHostPath", CONFIG_BOOL, append_host_path),
	KEY("network", "generateHosts", CONFIG_BOOL, generate_hosts),
	KEY("network", "generateResolvConf", CONFIG_BOOL, generate_resolv_conf),
	KEY("network", "hostname", CONFIG_HOSTNAME, hostname),
	KEY("general", "hostname", CONFIG_HOSTNAME, hostname),
	KEY("time", "useWindowsTimezone", CONFIG_BOOL, use_host_timezone),
	KEY("time", "useHostTimezone", CONFIG_BOOL, use_host_timezone),
	IGNORED("fileServer", "enabled"),
	IGNORED("fileServer", "logFile"),
	IGNORED("fileServer", "logLevel"),
	IGNORED("fileServer", "logTruncate"),
	IGNORED("gpu", "enabled"),
	IGNORED("gpu", "appendLibPath"),
	KEY("user", "default", CONFIG_STRING, user_default),
	KEY("boot", "command", CONFIG_STRING, boot_command),
	KEY("boot", "systemd", CONFIG_BOOL, boot_systemd),
	KEY("boot", "initTimeout", CONFIG_INTEGER, boot_init_timeout, 0, INT32_MAX),
	IGNORED("boot", "protectBinfmt"),
	IGNORED("general", "guiApplications"),
};

void wsl_conf_read(int root_fd, const struct config_warnings *w, struct wsl_conf *ret)
{
	const struct config_file f = {"/etc/wsl.conf", keys, ARRAY_SIZE(keys), w};

	*ret = (struct wsl_conf){
		.automount_enabled = true,
		.automount_root = "/mnt/",
		.automount_fstab = true,
		.generate_hosts = true,
		.generate_resolv_conf = true,
		.use_host_timezone = true,
		.interop_enabled = true,
		.append_host_path = true,
		.boot_init_timeout = 10000,
	};
	config_read_fd(&f, config_open_in_root(root_fd, "wsl.conf"), ret);
}

#undef KEY
#define KEY(section, key, kind, member, ...) \
	CONFIG_KEY(section, key, kind, struct wsl_distribution_conf, member, ##__VA_ARGS__)

static const struct config_key distribution_keys[] = {
	KEY("oobe", "command", CONFIG_STRING, oobe_command),
	KEY("oobe", "defaultUid", CONFIG_INTEGER, oobe_default_uid, 0, UINT32_MAX - 1),
	KEY("oobe", "defaultName", CONFIG_NAME, oobe_default_name),
	IGNORED("shortcut", "enabled"),
	IGNORED("shortcut", "icon"),
	IGNORED("windowsterminal", "enabled"),
	IGNORED("windowsterminal", "profileTemplate"),
};

void wsl_distribution_conf_read(int root_fd, const struct config_warnings *w, struct wsl_distribution_conf *ret)
{
	const struct config_file f = {"/etc/wsl-distribution.conf", distribution_keys, ARRAY_SIZE(distribution_keys),
				      w};

	*ret = (struct wsl_distribution_conf){.oobe_default_uid = -1};
	config_read_fd(&f, config_open_in_root(root_fd, "wsl-distribution.conf"), ret);
}

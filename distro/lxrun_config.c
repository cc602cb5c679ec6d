/* The caller's own configuration: $XDG_CONFIG_HOME/lxrun/config, with .wslconfig's keys. */
#include <stdio.h>
#include <string.h>

#include "base/host.h"
#include "distro/config.h"

#define KEY(section, key, kind, member, ...) CONFIG_KEY(section, key, kind, struct lxrun_config, member, ##__VA_ARGS__)
#define IGNORED(section, key)                            \
	{                                                \
		section, key, CONFIG_IGNORED, 0, 0, 0, 0 \
	}

static const struct config_key keys[] = {
	KEY("general", "instanceIdleTimeout", CONFIG_INTEGER, instance_idle_timeout, INT64_MIN, INT64_MAX),
	KEY("general", "distributionInstallPath", CONFIG_HOME, install_path),
	KEY("general", "distributionListUrl", CONFIG_STRING, manifest_url),
	KEY("general", "distributionListUrlAppend", CONFIG_STRING, manifest_append_url),
	KEY("network", "portOffset", CONFIG_INTEGER, port_offset, 0, 64511),
	KEY("wsl2", "backend", CONFIG_STRING, backend),
	KEY("wsl2", "kernel", CONFIG_HOME, kernel),
	KEY("wsl2", "memory", CONFIG_SIZE, memory),
	KEY("wsl2", "processors", CONFIG_INTEGER, processors, 0, 8192),
	KEY("wsl2", "swap", CONFIG_SIZE, swap),
	KEY("wsl2", "defaultVhdSize", CONFIG_SIZE, disk_size),
	KEY("wsl2", "localhostForwarding", CONFIG_BOOL, localhost_forwarding),
	KEY("wsl2", "networkingMode", CONFIG_STRING, networking_mode),
	KEY("wsl2", "vmIdleTimeout", CONFIG_INTEGER, vm_idle_timeout, INT64_MIN, INT64_MAX),
	IGNORED("wsl2", "kernelCommandLine"),
	IGNORED("wsl2", "kernelModules"),
	IGNORED("wsl2", "swapFile"),
	IGNORED("wsl2", "debugConsole"),
	IGNORED("wsl2", "earlyBootLogging"),
	IGNORED("wsl2", "nestedVirtualization"),
	IGNORED("wsl2", "virtio9p"),
	IGNORED("wsl2", "virtiofs"),
	IGNORED("wsl2", "kernelDebugPort"),
	IGNORED("wsl2", "gpuSupport"),
	IGNORED("wsl2", "guiApplications"),
	IGNORED("wsl2", "systemDistro"),
	IGNORED("wsl2", "telemetry"),
	IGNORED("wsl2", "debugConsoleLogFile"),
	IGNORED("wsl2", "kernelBootTimeout"),
	IGNORED("wsl2", "distributionStartTimeout"),
	IGNORED("wsl2", "virtio"),
	IGNORED("wsl2", "hostFileSystemAccess"),
	IGNORED("wsl2", "mountDeviceTimeout"),
	IGNORED("wsl2", "hardwarePerformanceCounters"),
	IGNORED("wsl2", "vmSwitch"),
	IGNORED("wsl2", "macAddress"),
	IGNORED("wsl2", "dhcp"),
	IGNORED("wsl2", "dhcpTimeout"),
	IGNORED("wsl2", "ipv6"),
	IGNORED("wsl2", "dnsProxy"),
	IGNORED("wsl2", "dnsTunneling"),
	IGNORED("wsl2", "firewall"),
	IGNORED("wsl2", "autoProxy"),
	IGNORED("wsl2", "safeMode"),
	IGNORED("wsl2", "crashDumpFolder"),
	IGNORED("wsl2", "maxCrashDumpCount"),
	IGNORED("wsl2", "loadKernelModules"),
	IGNORED("wsl2", "loadDefaultKernelModules"),
	IGNORED("wsl2", "isolateDistroCgroup"),
	KEY("experimental", "autoMemoryReclaim", CONFIG_STRING, memory_reclaim),
	IGNORED("experimental", "sparseVhd"),
	IGNORED("experimental", "bestEffortDnsParsing"),
	IGNORED("experimental", "dnsTunnelingIpAddress"),
	IGNORED("experimental", "initialAutoProxyTimeout"),
	IGNORED("experimental", "ignoredPorts"),
	IGNORED("experimental", "hostAddressLoopback"),
	IGNORED("experimental", "setVersionDebug"),
	IGNORED("experimental", "swiotlb"),
	IGNORED("experimental", "virtioFsAggregateShares"),
	IGNORED("experimental", "networkingMode"),
	IGNORED("experimental", "dnsTunneling"),
	IGNORED("experimental", "firewall"),
	IGNORED("experimental", "autoProxy"),
};

void lxrun_config_read(const struct config_warnings *w, struct lxrun_config *ret)
{
	char directory[PATH_MAX], path[PATH_MAX];
	const struct config_file f = {path, keys, ARRAY_SIZE(keys), w};

	*ret = (struct lxrun_config){
		.instance_idle_timeout = 15000,
		.vm_idle_timeout = 60000,
		.localhost_forwarding = true,
	};
	if (distro_config_path(directory, sizeof(directory)) < 0 ||
	    snprintf(path, sizeof(path), "%s/config", directory) >= (int)sizeof(path))
		return;
	config_read_fd(&f, host_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0), ret);
}

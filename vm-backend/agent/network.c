/* The VM's one network: an address of libslirp's, whatever the device is called. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <net/route.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vm-backend/agent/agent.h"

static void set_address(struct sockaddr *to, const char *address)
{
	struct sockaddr_in a = {.sin_family = AF_INET};

	(void)inet_pton(AF_INET, address, &a.sin_addr);
	memcpy(to, &a, sizeof(a));
}

static int bring_up(int fd, const char *name)
{
	struct ifreq r = {0};

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFFLAGS, &r) < 0)
		return -errno;
	r.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &r) < 0 ? -errno : 0;
}

static void configure(int fd, const char *name)
{
	struct ifreq r = {0};
	struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	set_address(&r.ifr_addr, "10.0.2.15");
	(void)ioctl(fd, SIOCSIFADDR, &r);
	set_address(&r.ifr_netmask, "255.255.255.0");
	(void)ioctl(fd, SIOCSIFNETMASK, &r);
	set_address(&route.rt_dst, "0.0.0.0");
	set_address(&route.rt_genmask, "0.0.0.0");
	set_address(&route.rt_gateway, "10.0.2.2");
	(void)ioctl(fd, SIOCADDRT, &route);
}

void network_up(void)
{
	static const char *const names[] = {"vec0", "eth0"};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	(void)bring_up(fd, "lo");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (bring_up(fd, names[i]) == 0) {
			configure(fd, names[i]);
			break;
		}
	close(fd);
}

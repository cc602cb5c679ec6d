/* Which TCP ports are listened on, so that the host can forward its own to them. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vm-backend/agent/agent.h"

#define PORTS  65536
#define LISTEN 0x0a

static bool known[PORTS], seen[PORTS];

/* Lines of /proc/net/tcp: "sl local_address rem_address st ..", addresses as HEX:PORT. */
static void look_at(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[512];

	if (f == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL) {
		char address[64];
		unsigned port, state;

		if (sscanf(line, " %*u: %63[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", address, &port, &state) == 3 &&
		    state == LISTEN && port < PORTS)
			seen[port] = true;
	}
	fclose(f);
}

void ports_look(void)
{
	memset(seen, 0, sizeof(seen));
	look_at("/proc/net/tcp");
	look_at("/proc/net/tcp6");
	for (unsigned port = 1; port < PORTS; port++) {
		struct frame_port p = {.port = (uint16_t)port, .listening = seen[port]};

		if (seen[port] == known[port])
			continue;
		known[port] = seen[port];
		if (queue_frame(&channel_out, 0, FRAME_PORT, 0, &p, sizeof(p)) < 0)
			lost("no memory");
	}
}

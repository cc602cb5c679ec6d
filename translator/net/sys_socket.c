/* socket(2): the one protocol that guests do not have. */
#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "translator/args.h"

#define TYPE_MASK 0xf

/*
 * Linux: whoever may open an audit socket and has CAP_AUDIT_WRITE may write to the log. Here: no audit sockets, as in a
 * kernel without auditing, because the host would refuse every message, and login programs give up then.
 */
long sys_socket(struct tr_call *c, const struct socket_args *a)
{
	const int type = a->type & TYPE_MASK;

	if (a->domain != AF_NETLINK || a->protocol != NETLINK_AUDIT || (type != SOCK_RAW && type != SOCK_DGRAM))
		return tr_native(c);
	return tr_gap(c, -EPROTONOSUPPORT);
}

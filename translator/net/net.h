/*
 * Private to translator/net: addresses that carry a path name, and peers' identities. Theory: README.md.
 *
 * Everything here works on the calling process's own sockets: descriptors and addresses are the guest's and the host's
 * at once.
 */
#ifndef LX_TRANSLATOR_NET_NET_H
#define LX_TRANSLATOR_NET_NET_H

#include <linux/un.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/attr.h"
#include "translator/translator.h"

/* A path name of the guest's with a NUL behind it. */
#define NET_NAME_SIZE (UNIX_PATH_MAX + 1)

/*
 * An address as the kernel writes it; a pathname's NUL may stand behind sun_path, so this is longer than sockaddr_un.
 */
struct net_address {
	union {
		struct sockaddr_storage any;
		struct sockaddr_un un;
	};
	int length;
};

/* --- name.c: in ----------------------------------------------------------------------------------------------------- */

/*
 * The guest's address for socket fd: 1 and the name if it is a path, 0 if the host's kernel may have it as it is (other
 * families, abstract names, what it refuses).
 */
MUST_CHECK int net_read_name(struct tr_call *c, int fd, uint64_t address, int length, char name[NET_NAME_SIZE]);

/*
 * The address under which the host's kernel finds the socket that the guest calls `name`. *ret_fd holds the file and
 * must stay open until the address was used; the caller closes it.
 */
MUST_CHECK int net_find(struct tr_call *c, const char *name, int *ret_fd, struct net_address *ret);

/* bind.c: binds the socket fd to the guest's name. */
MUST_CHECK int net_bind(struct tr_call *c, int fd, const char *name);

/* The value of an int option of level SOL_SOCKET (SO_DOMAIN, SO_TYPE), or -errno. */
MUST_CHECK int net_option(int fd, int option);

/* --- name_out.c: out ------------------------------------------------------------------------------------------------ */

/* Room for the kernel's answer: *length is what a call takes as its value-result argument. */
void net_address_init(struct net_address *a);
/* What the kernel wrote becomes what the guest must see; a->length is what the kernel said. */
void net_name_out(struct tr_call *c, struct net_address *a);
/* Copies an address to the guest as the kernel does: cut to what *length_at allows, the whole length told. */
MUST_CHECK int net_give_address(struct tr_call *c, const struct net_address *a, uint64_t to, uint64_t length_at);

/* --- identity.c ----------------------------------------------------------------------------------------------------- */

enum net_ids {
	NET_REAL_IDS,      /* what SCM_CREDENTIALS carries */
	NET_EFFECTIVE_IDS, /* what SO_PEERCRED tells */
};

/* The host's words about a process become the guest's. */
void net_ids_out(struct tr_call *c, struct ucred *u, enum net_ids which);
/* The supplementary groups of process pid as the guest knows them: how many, at most CREDS_GROUPS_MAX. */
uint32_t net_groups(struct tr_call *c, pid_t pid, uint32_t groups[CREDS_GROUPS_MAX]);

/*
 * The guest's ancillary data before it is sent: -EBADF for a descriptor that is not the guest's, -EPERM for an identity
 * that it may not claim. If something in it must be different for the host, *ret is a copy in c->scratch, else NULL.
 */
MUST_CHECK int net_control_in(struct tr_call *c, uint64_t control, uint64_t size, void **ret);
/* The ancillary data that the kernel has written to the guest's memory gets the guest's identities. */
MUST_CHECK int net_control_out(struct tr_call *c, uint64_t control, uint64_t size);

#endif

/*
 * Private to translator/net: where names are kept that do not stand in the host's text of an address (README.md).
 */
#ifndef LX_TRANSLATOR_NET_PLACE_H
#define LX_TRANSLATOR_NET_PLACE_H

#include <stdbool.h>

#include "base/instance.h"
#include "translator/net/net.h"

/* Below the runtime directory: the link to the guest's root, and the directory of records. */
#define NET_ROOT    "/r"
#define NET_RECORDS "/s"
/* A record's name: 16 hexadecimal digits and a NUL. */
#define NET_ID_SIZE 17

/* True if the host's text of an address goes through a record: its id. */
bool net_record_of(const struct instance *in, const char *text, char id[NET_ID_SIZE]);
/* The guest's name in a record; -ENOENT if there is no such record. */
MUST_CHECK int net_record_read(const struct instance *in, const char *id, char name[PATH_MAX]);

/*
 * Makes a record of name, and beside it a way to the directory that `dir` has open, for this thread and for as long as
 * it is needed to bind: net_record_settle() takes that away. net_record_remove() takes both.
 */
MUST_CHECK int net_record_make(const struct instance *in, const char *name, int dir, char ret_id[NET_ID_SIZE]);
void net_record_settle(const struct instance *in, const char *id);
void net_record_remove(const struct instance *in, const char *id);

#endif

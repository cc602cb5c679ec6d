/* Names of units: prefix@instance.type. */
#ifndef LX_GUEST_TOOLS_UNIT_NAME_H
#define LX_GUEST_TOOLS_UNIT_NAME_H

#include "guest-tools/pool.h"

#define UNIT_NAME_MAX 255

/* What people write: without a type it is a service, a path of /dev a device, another path a mount. */
char *unit_name_of(struct pool *p, const char *written);
/* Letters, digits, :-_.\ and one @; a type that systemd knows. */
bool unit_name_valid(const char *name);
/* "service"; "" if there is none. */
const char *unit_name_type(const char *name);
bool unit_name_is_service(const char *name);
bool unit_name_is_template(const char *name); /* foo@.service */
bool unit_name_is_instance(const char *name); /* foo@bar.service */
char *unit_name_without_type(struct pool *p, const char *name);
char *unit_name_prefix(struct pool *p, const char *name);   /* foo of all of these */
char *unit_name_instance(struct pool *p, const char *name); /* "" if it has none */
/* foo@.service of foo@bar.service; and the other way. */
char *unit_name_template(struct pool *p, const char *name);
char *unit_name_with_instance(struct pool *p, const char *template, const char *instance);
/* a-b\x2dc is a/b-c. */
char *unit_name_unescape(struct pool *p, const char *text);

#endif

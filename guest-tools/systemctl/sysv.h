/* Init scripts, /etc/init.d/NAME: as a unit where there is no unit file, and beside one. */
#ifndef LX_GUEST_TOOLS_SYSV_H
#define LX_GUEST_TOOLS_SYSV_H

#include "guest-tools/pool.h"

/* The script of NAME.service if there is one that can be executed, else NULL. */
char *sysv_script(struct pool *p, const char *name);
/* The same, and in `ret` the text of a unit file that runs it, as systemd-sysv-generator would write it. */
char *sysv_unit_text(struct pool *p, const char *name, struct text *ret);
/* Does the script say that its service runs (status 0 of "status")? */
bool sysv_is_running(const char *script);
/* The script's own answer to "start" .. "stop", with its output where ours goes. Its exit status, or -errno. */
MUST_CHECK int sysv_run(const char *script, const char *action);
/* Links in /etc/rc?.d for the default run levels exist. */
bool sysv_is_enabled(struct pool *p, const char *name);
/* update-rc.d's or chkconfig's "enable", "disable"; 0 if there is no such program. */
MUST_CHECK int sysv_set_enabled(struct pool *p, const char *name, bool enabled);

#endif

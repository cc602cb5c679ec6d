/* A service that is being started, watched or stopped: its unit, who it runs as, and what its programs get. */
#ifndef LX_GUEST_TOOLS_SERVICE_H
#define LX_GUEST_TOOLS_SERVICE_H

#include "guest-tools/systemctl/state.h"
#include "guest-tools/systemctl/unit.h"

#define SERVICE_GROUPS_MAX 128
#define SERVICE_PATH       "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct service {
	struct unit *u;
	struct pool *pool; /* the unit's */
	struct state state;
	const char *type;
	bool has_user;
	struct account user;
	gid_t groups[SERVICE_GROUPS_MAX]; /* the first is its own */
	size_t group_count;
	struct list environment; /* of all its commands; each adds what is its own */
	const char *notify_path; /* NULL: no NOTIFY_SOCKET */
	struct list sockets;     /* names of the descriptors from 3 on that it is given */
	int *socket_fds;
	int log_fd;
};

/*
 * Reads who and what. `ret_why` is a sentence without an end when the result is < 0. The unit must be loaded and stay.
 */
MUST_CHECK int service_prepare(struct unit *u, struct service *ret, const char **ret_why);
/* Environment=, EnvironmentFile= and what systemd adds; again for each run, for files change. */
MUST_CHECK int service_environment(struct service *s, const char **ret_why);

/* RuntimeDirectory= and its kin: makes them, with owner and mode, and adds the variables. */
MUST_CHECK int service_make_directories(struct service *s);
/* Removes the runtime directories unless they are to be kept. */
void service_remove_directories(struct service *s, bool restarting);

/* Condition*= and Assert*=: all hold. `ret_failed` is the first that does not. */
bool conditions_hold(struct unit *u, const char *kind, const char **ret_failed);

/* LimitNOFILE= and its kin, in the child. */
void limits_apply(struct unit *u);

/*
 * The log of a service's output, STATE_DIRECTORY/NAME.log. It is cut when it has grown beyond a few megabytes; what was in it
 * before is NAME.log.old then.
 */
MUST_CHECK int service_open_log(struct service *s);
void service_trim_log(struct service *s);
/* Its last lines, at most `lines`; "" if there are none. */
char *service_log_tail(struct pool *p, const char *name, unsigned lines);
/* Writes a line of ours to it. */
void service_log(const struct service *s, const char *format, ...) PRINTF_LIKE(2, 3);

/* "success", or how a process's end failed: "exit-code", "signal", "core-dump". SuccessExitStatus= and the signals that end
 * a daemon count as success where `clean` says so. */
const char *service_result_of(struct service *s, int status, bool clean);

#endif

/*
 * The agent: pid 1 of the utility VM. Private to vm-backend/agent.
 *
 * One process and one loop. Distributions are namespaces with a pid 1 of their own (distro.c), commands are processes that enter
 * those (spawn.c), sessions are what the channel knows of a command (session.c). Everything that may take time happens in a
 * child, which answers on a socket that the loop watches (struct report).
 */
#ifndef LX_VM_BACKEND_AGENT_AGENT_H
#define LX_VM_BACKEND_AGENT_AGENT_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "vm-backend/frame.h"

#define ID_MAX 32
/* What boot.command says, in the distribution. */
#define BOOT_LOG "/var/log/lxrun-boot.log"

/* --- what a child says to the loop: one packet each --------------------------------------------------------------------- */

enum report_kind { REPORT_PID, REPORT_TERMINAL, REPORT_WARNING, REPORT_READY, REPORT_ERROR };

struct report {
	enum report_kind kind;
	int number; /* a pid; an exit status */
	char text[512];
};

/* fd: goes along, -1: none. */
void report_send(int socket, enum report_kind kind, int number, int fd, const char *format, ...) PRINTF_LIKE(5, 6);
/* 1 and a report, with *ret_fd or -1; 0: not now; -EPIPE: that was all. */
MUST_CHECK int report_take(int socket, struct report *ret, int *ret_fd);

/* --- memory.c --- */
/* FRAME_FORGET. */
void memory_forget_when_idle(void);
/* Every now and then: is there something to forget, or to say? */
void memory_look(int64_t now);

/* --- distributions -------------------------------------------------------------------------------------------------------- */

struct distribution {
	struct distribution *next;
	char id[ID_MAX + 1];
	uint32_t stream; /* on which it was started */
	struct queue fields;
	int reports; /* -1: none any more */
	pid_t init;
	int pidfd;
	bool ready, systemd;
	int notify;       /* where systemd says that it has started; -1: not any more */
	int64_t ready_at; /* and when it is not waited for any longer */
	bool stopping;
	int64_t kill_at; /* when stopping */
	unsigned sessions;
	int64_t idle_since, idle_limit; /* milliseconds; limit negative: never */
};

extern struct distribution *distros;

struct distribution *distro_find(const char *id);
/* Takes the fields. Answers on the stream. */
void distro_start(uint32_t stream, struct queue *fields);
void distro_stop(struct distribution *d, bool force);
/* No command runs in it, and nothing that commands have left; what systemd runs is no reason to stay. */
bool distro_is_idle(const struct distribution *d);
/* A child has ended; true if it was a distribution's pid 1. */
bool distro_reaped(pid_t pid);
void distro_report(struct distribution *d);
/* systemd has said something. */
void distro_notified(struct distribution *d);
void distros_tick(int64_t now);
/* This process, which is about to execute something for the distribution, goes to its cgroup. */
MUST_CHECK int distro_join_cgroup(const struct distribution *d);
/* pid 1 of a distribution: does not return. root is the mount point that is to be its root. */
NORETURN void distro_init(const struct queue *fields, int reports);

/* --- systemd.c --- */

/* The address, of the abstract ones, which the network namespace has, on which systemd of a distribution says that it has started. */
#define NOTIFY_NAME "lxrun-notify-%s"
/* Before it is executed, in its root: units of ours. The command is boot.command's, or "". */
MUST_CHECK int systemd_prepare(const char *command);
/* This process, which is about to become that user, goes to the user's session, and its environment says so. Makes the session. */
void systemd_enter_session(uid_t uid);

/* --- sessions ------------------------------------------------------------------------------------------------------------- */

struct session {
	struct session *next;
	uint32_t stream;
	struct distribution *distro;
	struct queue fields;
	int reports;
	pid_t pid;
	int fds[SUB_COUNT]; /* -1: closed, or not there */
	struct queue in;    /* for SUB_IN or the terminal */
	bool in_ended;
	uint32_t taken;             /* of SUB_IN, since the last credit */
	uint32_t credit[SUB_COUNT]; /* what may still be sent */
	bool started, reaped, closed;
	int status;
	struct frame_size size;
};

extern struct session *sessions;

struct session *session_find(uint32_t stream);
/* Collects fields, then runs. Takes the fields. */
void session_run(uint32_t stream, struct queue *fields);
void session_frame(struct session *s, const struct frame *f);
bool session_reaped(pid_t pid, int status);
void session_report(struct session *s);
/* What it waits for, SESSION_POLLS entries, and what is done when something has come. */
#define SESSION_POLLS (SUB_COUNT + 1)
void session_poll(const struct session *s, struct pollfd *set);
void session_serve(struct session *s, const struct pollfd *set);
/* What children have come to, which reaping tells last: says how commands have ended, and frees those that are over. */
void sessions_sweep(void);

/* Creates the process: the loop's part, which returns, with pipes and the report socket in s. */
MUST_CHECK int spawn(struct session *s);

/* --- channel ----------------------------------------------------------------------------------------------------------------- */

/* What is to be sent; limited by its users: nobody reads more of a command's output while this is long. */
extern struct queue channel_out;
#define CHANNEL_OUT_MUCH (32u << 10)

void channel_open(const char *path);
/* What comes, and what can go. Does not return when the other side is gone: the VM ends. */
void channel_serve(short events);
short channel_wants(void);
int channel_fd(void);
void answer(uint32_t stream, enum frame_type type);
void answer_error(uint32_t stream, int status, const char *format, ...) PRINTF_LIKE(3, 4);
/* FRAME_FIELDS that say that the same request may well succeed, if it is made from its beginning. */
void answer_again(uint32_t stream);
/* FRAME_FIELDS with a sentence, for the next answer. */
void answer_text(uint32_t stream, const char *text);

/* --- devices.c: what kernels need, and what they call things --------------------------------------------------------------- */

/* Those of a directory in the initramfs, in the order of their names; nothing where there is none. */
void modules_load(const char *directory);
/* The same, by a child, while others go on. */
void modules_load_later(const char *directory);
/* The channel's device, once it is there and the host is at its other end: a descriptor, or -errno. */
MUST_CHECK int channel_wait(const char *path);
/* The device of a disk, which may be about to appear: a path is one already, another word is a disk's serial number. */
MUST_CHECK int disk_find(const char *name, char *ret, size_t size);
/* The host's files, at /host, where the kernel can show them. */
void host_files_show(void);
/* For a distribution: before its root changes, a descriptor for after that. */
int host_files_open(void);
MUST_CHECK int host_files_mount(int host, const char *at);

/* --- disks.c ------------------------------------------------------------------------------------------------------------------- */

/* A file system that is mounted at a place grows to its disk. 0 or -errno. */
MUST_CHECK int disk_grow(const char *device, const char *at);
/* Nothing of it is mounted any more. */
bool disk_is_free(const char *name);
/* FRAME_DISK, which is answered when a child has done it. Takes the fields. */
void disk_care(uint32_t stream, struct queue *fields);
bool disk_reaped(pid_t pid, int status);
/* Takes the fields. */
void swap_use(struct queue *fields);

/* --- the rest ---------------------------------------------------------------------------------------------------------------- */

int64_t now_ms(void);
/* To a file of the kernel's, which may not be there. */
void put_text(const char *path, const char *text);
void network_up(void);
/* Tells of listening ports that have come or gone. */
void ports_look(void);
NORETURN void power_off(void);
NORETURN void lost(const char *format, ...) PRINTF_LIKE(1, 2);

#endif

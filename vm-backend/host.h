/*
 * The VM's host process: one per user while there is a VM. One loop: clients, the channel, the network. Private to
 * vm-backend/host*.c.
 */
#ifndef LX_VM_BACKEND_HOST_H
#define LX_VM_BACKEND_HOST_H

#include <stdbool.h>

#include "vm-backend/backend.h"
#include "vm-backend/frame.h"

/* A distribution that is up, or on its way there or back. */
struct member {
	struct member *next;
	char *id, *name;
	char device[64];
	uint32_t stream;
	bool asked, ready, stopping, ending; /* stopping: the agent ends it; ending: it has, the disk is there still */
	struct queue said;                   /* fields of what the agent says next */
	char *sentences;                     /* warnings of its start, for who waits for it */
	int detach_tries;
};

/* WAIT_END: for an end, to start it again then. */
enum client_wait { WAIT_NOTHING, WAIT_START, WAIT_STOP, WAIT_END };

struct client {
	struct client *next;
	int fd;
	struct queue in, out, fields;
	struct queue start;         /* WAIT_END: what is to be asked for again */
	bool greeted, gone, ending; /* ending: gone when out is empty */
	uint32_t stream;            /* of its command in the channel; 0: none */
	enum client_wait wait;
	struct member *member;
};

struct host {
	struct vm vm;
	bool up, leaving;    /* the agent has spoken; no VM any more */
	int64_t shutdown_at; /* 0: not asked for; then the VM ends, at this time by force */
	bool shutdown_sent;
	struct queue in, out;
	uint32_t window, under_way;
	uint32_t next_stream;
	struct member *members;
	struct client *clients;
	int64_t started, idle_since, idle_limit;
	int64_t time_sent, time_offset;
	bool forward_ports;
	uint64_t swap;
	bool forget; /* experimental.autoMemoryReclaim */
};

extern struct host host;

int64_t host_now(void);
/* Ends everything; every client is told the sentence. */
void host_leave(const char *sentence);
/* Asks all to end, and the VM to power off; by force after a while, or at once. */
void host_shutdown(bool force);
MUST_CHECK char *host_copy(const char *text);

/* The VM's clock follows the host's. */
void host_send_time(void);

/* --- host_clients.c --- */
void client_add(int fd);
void client_serve(struct client *c, short events);
void clients_sweep(void);
struct client *client_of_stream(uint32_t stream);
/* Those that wait for a member's start or end. */
void clients_wake(struct member *m, const char *error);
/* Those that waited for the end of a member that is gone now. */
void clients_start_again(void);
void client_error(struct client *c, const char *sentence);

/* --- host_members.c --- */
struct member *member_find(const char *id);
struct member *member_of_stream(uint32_t stream);
/* Found, or made of the fields; NULL with a sentence. */
struct member *member_get(const struct queue *fields, struct vm_message *message);
/* type: FRAME_STOP, or FRAME_STOP_IDLE, only if nothing runs in it; fields: FIELD_FORCE, at once. */
void member_stop(struct member *m, enum frame_type type, const struct queue *fields);
void member_frame(struct member *m, const struct frame *f);
/* Disks that could not be detached yet. */
void members_tick(void);

/* --- host_memory.c --- */
/* The agent's FRAME_MEMORY. */
void memory_said(const struct frame *f);
void memory_tick(void);
/* memory_tick() has more to do soon. */
bool memory_is_busy(void);

/* --- host_disks.c --- */
/* FRAME_DISK of a client: 0 when the agent has been asked on its stream, or -errno with a sentence. */
MUST_CHECK int disk_request(struct client *c, struct vm_message *message);
/* Swap of so many bytes, once the agent is there. */
void swap_add(uint64_t bytes);

/* --- host_channel.c --- */
void channel_frames(void);
void must(int r);

#endif

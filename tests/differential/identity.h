/* What the parts of the differential test of identity share: the dice, the line that a step prints, who a worker is. */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#define WORKERS 4
#define SLOTS   4
#define NONE    (-1)

/* Set once by the options. */
struct options {
	/* Access control lists count. */
	bool acls;
};

struct worker {
	int number;
	pid_t *pids;
	/* Descriptors that earlier steps have opened, NONE for none. */
	int slots[SLOTS];
	mode_t umask;
	bool jailed;
	/* The parent is to put a new process in its place. */
	bool leaving;
};

extern struct options options;
/* The tree's directory, some levels below top, which is made and removed. */
extern char base[512], top[256];
extern char program[256];

/* --- dice.c: everything that is left to chance follows from the seed and the number of the step ------------------------- */
void dice_throw(uint64_t seed, uint64_t step);
unsigned dice(unsigned n);
bool one_in(unsigned n);
#define pick(list) ((list)[dice(sizeof(list) / sizeof((list)[0]))])

/* --- line.c: what a step says ----------------------------------------------------------------------------------------- */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A path, with the base directory's name left out. */
void say_text(const char *text);
/* " = 0" or " = EPERM", from a result and errno. */
void say_result(long result);
void say_stat(const struct stat *st);
/* Prints the line. */
void say_end(void);

/* --- paths.c ---------------------------------------------------------------------------------------------------------- */
struct path {
	int dir;
	char text[640];
};

/* A path of a few short names, often of something that is there. */
void any_path(struct worker *w, struct path *p);
void any_name(char *text, size_t size);
/* Not in the tree. */
bool is_outside(const char *path);
/* A directory descriptor and path, said. */
void say_path(const struct worker *w, const struct path *p);
/* One that is open, if there is any: its number. */
int some_slot(const struct worker *w);
/* Says so: it leads to a link, FIFO or socket. Their attributes are not compared yet, and a FIFO may have to be waited for. */
bool is_left_out(const struct path *p, bool follow);
bool is_left_out_fd(int fd);
/*
 * Writing to it would take its file capabilities, where lxrun does not see that: written to by root, or nothing that could be
 * executed.
 */
bool has_capabilities(const struct worker *w, const struct path *p);

/* --- the calls: each says what it calls and what came of it ----------------------------------------------------------- */
typedef void call(struct worker *w);

struct choice {
	unsigned weight;
	call *call;
};

extern const struct choice file_calls[], attribute_calls[], id_calls[];
extern const unsigned file_calls_count, attribute_calls_count, id_calls_count;

/* --- creds.c ---------------------------------------------------------------------------------------------------------- */
/* Who calls: all ids, groups and capabilities. */
void say_ids(void);
/* A new worker's identity. */
void become(struct worker *w);
uint64_t capabilities(void);
/* Nothing in the file system stops who calls. */
bool is_almighty(void);
/* What an executed copy of this program does. */
int tell_ids(void);

/* --- tree.c ------------------------------------------------------------------------------------------------------------ */
void tree_make(void);
void tree_print(void);
void tree_remove(void);
uint64_t hash_file(int fd);
void say_xattrs(const char *path);

#endif

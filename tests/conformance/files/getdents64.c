/* getdents64(2). */
#include "getdents-common.h"

static long call(int fd, void *buf, unsigned size)
{
	return syscall(SYS_getdents64, fd, buf, size);
}

struct record {
	uint64_t inode;
	int64_t next;
	unsigned short length;
	unsigned char type;
	char name[];
};

static struct getdents_entry parse(const char *at)
{
	const struct record *r = (const struct record *)(const void *)at;

	return (struct getdents_entry){r->name, r->inode, r->next, r->type, r->length};
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	getdents_common(call, parse);
	return check_end();
}

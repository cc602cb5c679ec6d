/* getdents(2), the older one: the type stands behind the name. */
#include "getdents-common.h"

static long call(int fd, void *buf, unsigned size)
{
	return syscall(SYS_getdents, fd, buf, size);
}

struct record {
	unsigned long inode;
	unsigned long next;
	unsigned short length;
	char name[];
};

static struct getdents_entry parse(const char *at)
{
	const struct record *r = (const struct record *)(const void *)at;

	return (struct getdents_entry){r->name, r->inode, (off_t)r->next, (unsigned char)at[r->length - 1], r->length};
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	getdents_common(call, parse);
	return check_end();
}

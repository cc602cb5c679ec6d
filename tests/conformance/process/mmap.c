/* mmap(2) of a file's text: to be executed, shared, written to; what is refused. A library is mapped as a linker does it. */
#include "../check.h"

#include <elf.h>
#include <sys/mman.h>

/* mov $42,%eax; ret */
static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3};

static int run(void *p)
{
	int (*function)(void);

	memcpy(&function, &p, sizeof(p));
	return function();
}

int main(int argc, char **argv)
{
	char page[4096] = {0};
	void *p;
	int fd;

	check_begin(argc, argv);
	memcpy(page, code, sizeof(code));
	fd = open("text", O_RDWR | O_CREAT | O_CLOEXEC, 0755);
	NEED(fd >= 0 && write(fd, page, sizeof(page)) == sizeof(page) && write(fd, page, sizeof(page)) == sizeof(page));
	p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED && run(p) == 42, "text of a file");
	CHECK(mmap(p, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, 4096) == p && run(p) == 42,
	      "over another one");
	CHECK(mprotect(p, 4096, PROT_READ | PROT_WRITE) == 0 && (((unsigned char *)p)[1] = 7) == 7 &&
		      mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0 && run(p) == 7,
	      "is written to afterwards");
	p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED && run(p) == 42, "shared");
	NEED(pwrite(fd, &(char){9}, 1, 1) == 1);
	CHECK(run(p) == 9, "which sees what is written to the file");
	p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED, "without a file");
	CHECK_ERRNO(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, -1, 0) == MAP_FAILED ? -1 : 0, EBADF,
		    "no descriptor");
	CHECK_ERRNO(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 1) == MAP_FAILED ? -1 : 0, EINVAL,
		    "no page");
	CHECK_ERRNO(mmap(NULL, 0, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED ? -1 : 0, EINVAL,
		    "no length");
	return check_end();
}

/*
 * Pitfall 6: what a program finds of itself after execve: command line, environment, auxiliary vector and name, in memory
 * and in /proc; where its heap and stack are.
 */
#include "../check.h"

#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/prctl.h>

static char self[PATH_MAX];
extern char **environ;
extern char etext, edata, end;

static size_t read_all(const char *path, char *to, size_t size)
{
	int fd = open(path, O_RDONLY);
	size_t n = 0;
	ssize_t r;

	while (fd >= 0 && n < size && (r = read(fd, to + n, size - n)) > 0)
		n += (size_t)r;
	if (fd >= 0)
		close(fd);
	return n;
}

/* The words of a vector as /proc shows them. */
static size_t join(char *const words[], char *to)
{
	size_t n = 0;

	for (; *words != NULL; words++) {
		strcpy(to + n, *words);
		n += strlen(*words) + 1;
	}
	return n;
}

/* The line of /proc/self/maps that has this address, "" if none has. */
static const char *map_of(const void *address)
{
	static char line[PATH_MAX];
	FILE *f = fopen("/proc/self/maps", "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		unsigned long from, to;

		if (sscanf(line, "%lx-%lx", &from, &to) == 2 && (unsigned long)address >= from &&
		    (unsigned long)address < to) {
			fclose(f);
			return line;
		}
	}
	if (f != NULL)
		fclose(f);
	return "";
}

static char big[1 << 18], other[1 << 18];

static void check_vectors(char **argv)
{
	size_t n = join(argv, big);

	CHECK(read_all("/proc/self/cmdline", other, sizeof(other)) == n && memcmp(big, other, n) == 0,
	      "/proc/self/cmdline is argv");
	n = join(environ, big);
	CHECK(read_all("/proc/self/environ", other, sizeof(other)) == n && memcmp(big, other, n) == 0,
	      "/proc/self/environ is the environment");
	CHECK(getenv("A") != NULL && strcmp(getenv("A"), "b") == 0 && getenv("PATH") == NULL,
	      "which is the one that was given");
}

static void check_auxv(const char *execfn)
{
	const ElfW(Phdr) *phdr = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	Elf64_auxv_t vector[64] = {0};
	size_t n = read_all("/proc/self/auxv", (char *)vector, sizeof(vector)) / sizeof(vector[0]);
	const unsigned char *random = (const unsigned char *)getauxval(AT_RANDOM);
	bool same = n > 10, header = false, any = false;

	for (size_t i = 0; i < n && vector[i].a_type != AT_NULL; i++)
		/* glibc has ideas of its own about AT_HWCAP. */
		same &= vector[i].a_type == AT_HWCAP || getauxval(vector[i].a_type) == vector[i].a_un.a_val;
	CHECK(same, "/proc/self/auxv is the vector");
	CHECK_STRING((const char *)getauxval(AT_EXECFN), execfn, "AT_EXECFN is the path that was given");
	CHECK(getauxval(AT_PHNUM) > 0 && getauxval(AT_PHENT) == sizeof(*phdr), "AT_PHNUM and AT_PHENT");
	for (size_t i = 0; i < getauxval(AT_PHNUM); i++)
		header |= phdr[i].p_type == PT_LOAD && (phdr[i].p_flags & PF_X) != 0;
	CHECK(header, "AT_PHDR leads to the program's headers");
	CHECK(getauxval(AT_ENTRY) != 0 && strstr(map_of((void *)getauxval(AT_ENTRY)), self) != NULL,
	      "AT_ENTRY is in the program");
	for (int i = 0; i < 16; i++)
		any |= random[i] != 0;
	CHECK(any, "AT_RANDOM has random bytes");
	CHECK_STRING((const char *)getauxval(AT_PLATFORM), "x86_64", "AT_PLATFORM");
	CHECK(getauxval(AT_PAGESZ) == 4096 && getauxval(AT_CLKTCK) == 100, "AT_PAGESZ, AT_CLKTCK");
	CHECK(getauxval(AT_SECURE) == 0 && getauxval(AT_UID) == getuid() && getauxval(AT_EGID) == getegid(),
	      "AT_SECURE and the ids");
	CHECK(getauxval(AT_SYSINFO_EHDR) == 0 || memcmp((void *)getauxval(AT_SYSINFO_EHDR), ELFMAG, SELFMAG) == 0,
	      "the vDSO is where it says");
}

static void check_memory(void)
{
	char *first = sbrk(0), *second;
	int local;

	CHECK(first >= &end, "the heap begins behind the program");
	CHECK((unsigned long)(first - &end) < 1ul << 36, "and not far away");
	CHECK(sbrk(1 << 20) == first && sbrk(0) == first + (1 << 20), "it grows");
	memset(first, 1, 1 << 20);
	second = first + (1 << 20);
	CHECK(sbrk(1 << 24) == second, "contiguously");
	memset(second, 2, 1 << 24);
	CHECK(first[(1 << 20) - 1] == 1, "without loss");
	CHECK(strstr(map_of(first), "[heap]") != NULL, "/proc/self/maps calls it so");
	CHECK(brk(first) == 0 && sbrk(0) == first, "it shrinks");
	CHECK(strstr(map_of(&local), "[stack]") != NULL, "the stack too");
	CHECK(strstr(map_of((void *)check_memory), self) != NULL &&
		      strstr(map_of((void *)check_memory), "r-xp") != NULL,
	      "and the program's text");
	CHECK(strstr(map_of(self), self) != NULL || strstr(map_of(self), "rw-p") != NULL, "and its data");
}

static void check_stat(const char *name)
{
	unsigned long code_begin = 0, code_end = 0, stack = 0;
	char text[2048] = "", comm[64] = "", got[64] = "";
	size_t n = read_all("/proc/self/stat", text, sizeof(text) - 1);
	char *field = n > 0 ? strrchr(text, ')') : NULL;

	for (int i = 2; field != NULL && i < 28; i++) {
		field = strchr(field + 1, ' ');
		if (i == 25)
			code_begin = strtoul(field, NULL, 10);
		if (i == 26)
			code_end = strtoul(field, NULL, 10);
		if (i == 27)
			stack = strtoul(field, NULL, 10);
	}
	CHECK(code_begin <= (unsigned long)check_stat && (unsigned long)check_stat < code_end,
	      "/proc/self/stat tells where the text is");
	CHECK(stack != 0 && strstr(map_of((void *)stack), "[stack]") != NULL, "and the stack");
	CHECK_OK(prctl(PR_GET_NAME, comm), "asks for its name");
	CHECK_STRING(comm, name, "the name is the file's");
	read_all("/proc/self/comm", got, sizeof(got) - 1);
	got[strcspn(got, "\n")] = '\0';
	CHECK_STRING(got, name, "/proc/self/comm too");
}

/* Which of its lives this is. */
static int live(int argc, char **argv)
{
	char exe[PATH_MAX] = "";

	NEED(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	strcpy(self, exe);
	if (strcmp(argv[1], "all") == 0) {
		CHECK(argc == 5 && strcmp(argv[0], "a name of its own") == 0 && argv[2][0] == '\0' &&
			      strcmp(argv[3], "two words\nand a line") == 0,
		      "argv is as it was given");
		check_vectors(argv);
		check_auxv(argv[4]);
		check_memory();
		check_stat("a-name-longer-t");
	} else if (strcmp(argv[1], "exe") == 0) {
		CHECK_STRING(exe, argv[2], "/proc/self/exe names the file");
		check_stat(argv[3]);
	} else if (strcmp(argv[1], "thread") == 0) {
		char name[32] = "";

		CHECK(getpid() == gettid() && getpid() == atoi(argv[2]), "the thread that execs becomes the process");
		prctl(PR_GET_NAME, name);
		CHECK_STRING(name, "program", "with the file's name");
	}
	return check_failures == 0 ? 0 : 1;
}

static void run(const char *what, const char *path, char *const argv[], char *const envp[])
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		execve(path, argv, envp);
		_exit(77);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_EQUAL(status, 0, what);
}

static void *exec_here(void *arg)
{
	char pid[16], program[PATH_MAX + 16];
	char *words[] = {(char *)"x", (char *)"thread", pid, NULL};

	(void)arg;
	prctl(PR_SET_NAME, "other");
	snprintf(pid, sizeof(pid), "%d", getpid());
	snprintf(program, sizeof(program), "%s/program", check_directory);
	execve(program, words, environ);
	_exit(78);
}

int main(int argc, char **argv)
{
	static char *const envp[] = {(char *)"A=b", (char *)"EMPTY=", (char *)"strange word", NULL};
	char link[PATH_MAX + 32], target[PATH_MAX + 32];
	int status;
	pid_t pid;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 2)
		return live(argc, argv);
	check_begin(1, argv);
	NEED(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	snprintf(target, sizeof(target), "%s/program", check_directory);
	NEED(symlink(self, "a-name-longer-than-fifteen") == 0);
	{
		char command[3 * PATH_MAX];

		snprintf(command, sizeof(command), "cp '%s' '%s'", self, target);
		NEED(system(command) == 0);
	}
	snprintf(link, sizeof(link), "%s/a-name-longer-than-fifteen", check_directory);
	run("a program with a name, words and an environment of its own", link,
	    (char *const[]){(char *)"a name of its own", (char *)"all", (char *)"", (char *)"two words\nand a line",
			    link, NULL},
	    envp);
	run("the same by a relative path", "a-name-longer-than-fifteen",
	    (char *const[]){(char *)"a name of its own", (char *)"all", (char *)"", (char *)"two words\nand a line",
			    (char *)"a-name-longer-than-fifteen", NULL},
	    envp);
	run("/proc/self/exe", "/proc/self/exe", (char *const[]){(char *)"x", (char *)"exe", self, (char *)"exe", NULL},
	    envp);
	run("a copy", "./program", (char *const[]){(char *)"x", (char *)"exe", target, (char *)"program", NULL}, envp);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		pthread_t t;

		pthread_create(&t, NULL, exec_here, NULL);
		for (;;)
			pause();
	}
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_EQUAL(status, 0, "exec from a thread");
	return check_end();
}

/* conformance: calls execve */
/* Pitfall 6: long argument lists arrive, too long ones are refused, and empty ones are what Linux makes of them. */
#include "../check.h"

#include <sys/resource.h>

static char self[PATH_MAX];
extern char **environ;

static unsigned long hash(unsigned long h, const char *s)
{
	do
		h = (h ^ (unsigned char)*s) * 1099511628211ul;
	while (*s++ != '\0');
	return h;
}

static unsigned long hash_all(char *const words[], unsigned long h)
{
	for (; *words != NULL; words++)
		h = hash(h, *words);
	return h;
}

static int run(char *const argv[], char *const envp[])
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execve(self, argv, envp);
		_exit(errno == E2BIG ? 70 : errno == EFAULT ? 71 : 72);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* "sum" HASH words: 0 if words and environment are what the hash says. */
static int sum(int argc, char **argv)
{
	(void)argc;
	return strtoul(argv[2], NULL, 16) == hash_all(environ, hash_all(argv + 3, 1)) ? 0 : 1;
}

static char **make(size_t count, size_t length, const char *first, char *second)
{
	char **words = calloc(count + 4, sizeof(char *));
	size_t n = 0;

	NEED(words != NULL);
	words[n++] = (char *)"x";
	words[n++] = (char *)first;
	words[n++] = second;
	for (size_t i = 0; i < count; i++) {
		char *w = malloc(length + 1);

		NEED(w != NULL);
		for (size_t k = 0; k < length; k++)
			w[k] = (char)('!' + (i * 31 + k * 7) % 90);
		w[length] = '\0';
		words[n++] = w;
	}
	return words;
}

static void list(const char *what, size_t count, size_t length, char *const envp[], int want)
{
	char text[32];
	char **words = make(count, length, "sum", text);

	snprintf(text, sizeof(text), "%lx", hash_all(envp, hash_all(words + 3, 1)));
	CHECK_EQUAL(run(words, envp), want, what);
	for (size_t i = 3; words[i] != NULL; i++)
		free(words[i]);
	free(words);
}

static void limited(void *arg)
{
	struct rlimit stack = {1 << 20, 1 << 20};
	static char *const none[] = {NULL};

	(void)arg;
	NEED(setrlimit(RLIMIT_STACK, &stack) == 0);
	list("200 KB where the stack is limited to 1 MB", 200, 1023, none, 0);
	list("300 KB there", 300, 1023, none, 70);
}

static void script(void)
{
	static char *const none[] = {NULL};
	char **words = make(2000, 100, "a", (char *)"b"), text[64];
	int fd = open("script", O_WRONLY | O_CREAT | O_CLOEXEC, 0755), status;
	pid_t pid;

	NEED(fd >= 0 && write(fd, "#!/bin/sh\nexit $(($# % 256 + ${#1002} - 100))\n", 45) == 45);
	close(fd);
	pid = fork();
	if (pid == 0) {
		execve("./script", words, none);
		_exit(70);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	snprintf(text, sizeof(text), "a script with 2002 arguments");
	CHECK_EQUAL(WEXITSTATUS(status), 2002 % 256, text);
}

int main(int argc, char **argv)
{
	static char *const none[] = {NULL};
	static char *const empty[] = {NULL};
	char **volatile bad = (char **)8;
	struct rlimit usual = {8 << 20, RLIM_INFINITY};

	if (argc == 0 || (argc == 1 && argv[0][0] == '\0'))
		return 30 + argc;
	if (argc > 2 && strcmp(argv[1], "sum") == 0)
		return sum(argc, argv);
	if (argc == 2 && strcmp(argv[1], "environment") == 0)
		return environ[0] == NULL ? 33 : 34;
	check_begin(argc, argv);
	NEED(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	if (getrlimit(RLIMIT_STACK, &usual) != 0 || usual.rlim_cur != 8 << 20) {
		usual.rlim_cur = 8 << 20;
		NEED(setrlimit(RLIMIT_STACK, &usual) == 0);
	}
	list("200 KB in 200 words", 200, 1023, none, 0);
	list("1.5 MB in 100,000 words", 100000, 5, none, 0);
	list("a word of 128 KB", 1, 131071, none, 0);
	list("one that is longer by a byte", 1, 131072, none, 70);
	list("more than 2 MB", 2100, 1023, none, 70);
	list("200 KB of environment", 10, 10, make(200, 1023, "A=1", (char *)"B=2"), 0);
	check_in_child(limited, NULL);
	script();
	CHECK_EQUAL(run((char *const[]){(char *)"x", (char *)"environment", NULL}, none), 33, "an empty environment");
	CHECK_EQUAL(run((char *const[]){(char *)"x", (char *)"environment", NULL}, NULL), 33, "none at all");
	CHECK_EQUAL(run(empty, none), 31, "without arguments there is an empty one");
	CHECK_EQUAL(run(NULL, none), 31, "and without a vector");
	CHECK_EQUAL(run((char *const[]){(char *)8, NULL}, none), 71, "a word at a bad address");
	CHECK_EQUAL(run(bad, none), 71, "a vector at one");
	return check_end();
}

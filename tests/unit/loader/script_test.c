/*
 * script_test [ROUNDS]: scripts with all kinds of first lines, started by the kernel; the arguments that it makes of them,
 * or its errno, must be what ldr_probe() says. Nothing of the interpreter runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attr.h"
#include "elfmaker.h"
#include "loader/loader.h"
#include "tracee.h"

static char script_path[256], interpreter_path[256];
static unsigned compared, different, started;

struct text {
	char bytes[1024];
	size_t size;
};

static void add(struct text *t, const char *bytes, size_t n)
{
	if (n > sizeof(t->bytes) - t->size)
		n = sizeof(t->bytes) - t->size;
	memcpy(t->bytes + t->size, bytes, n);
	t->size += n;
}

static void add_string(struct text *t, const char *s)
{
	add(t, s, strlen(s));
}

static bool write_script(const struct text *t)
{
	int fd = open(script_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	bool ok = fd >= 0 && write(fd, t->bytes, t->size) == (ssize_t)t->size;

	if (fd >= 0)
		close(fd);
	return ok;
}

/* The errno of opening an interpreter, 0 for ours. */
static int open_error(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	return S_ISREG(st.st_mode) && (st.st_mode & 0111) != 0 ? 0 : EACCES;
}

/* The kernel's argument list for what the probe found, as /proc/PID/cmdline shows it. */
static void expect_arguments(const struct ldr_program *p, struct text *ret)
{
	ret->size = 0;
	add(ret, p->interpreter, strlen(p->interpreter) + 1);
	if (p->has_argument)
		add(ret, p->argument, strlen(p->argument) + 1);
	add(ret, script_path, strlen(script_path) + 1);
	add(ret, "second argument", sizeof("second argument"));
	add(ret, "", 1);
}

static bool agree(const struct snapshot *native)
{
	int fd = open(script_path, O_RDONLY | O_CLOEXEC), r;
	struct ldr_program program;
	struct text arguments;

	r = fd < 0 ? -errno : ldr_probe(fd, &program);
	close(fd);
	if (r == 0 && program.kind == LDR_SCRIPT)
		r = -open_error(program.interpreter);
	if (native->outcome != STARTED)
		return native->outcome == REFUSED && r == -native->error;
	started++;
	if (r < 0)
		return false;
	expect_arguments(&program, &arguments);
	return native->cmdline_size == arguments.size && memcmp(native->cmdline, arguments.bytes, arguments.size) == 0;
}

static void check(const struct text *t)
{
	static struct snapshot native;

	if (!write_script(t)) {
		perror(script_path);
		exit(2);
	}
	start_native(script_path, &native);
	compared++;
	if (agree(&native))
		return;
	different++;
	(void)fprintf(stderr, "natively %d (%d): %zu bytes ", native.outcome, native.error, t->size);
	for (size_t i = 0; i < t->size; i++)
		(void)fprintf(stderr, t->bytes[i] > ' ' ? "%c" : "\\%03o", t->bytes[i]);
	(void)fputc('\n', stderr);
}

/* Lines of a form that people write, and those at the edge. "@" stands for the interpreter. */
static void check_known(void)
{
	static const char *const lines[] = {
		"",
		"#",
		"#!",
		"#!\n",
		"#! \n",
		"#! \t ",
		"#!@",
		"#!@\n",
		"#! @\n",
		"#!\t@\t\n",
		"#!@ \n",
		"#!@ -e\n",
		"#!@ -e",
		"#!@ -e -f\n",
		"#!@ -e -f ",
		"#!@\t\t-e \t",
		"#!@ ",
		"#!@\r\n",
		"#!@ -e\r\n",
		"#!@\n-e",
		"#!/nonexistent\n",
		"#!/tmp\n",
		"#!relative\n",
		"# !@\n",
		" #!@\n",
		"#!@ a\tb  c\n",
		"#!/etc/passwd\n",
		"#!@/\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct text t = {.size = 0};

		for (const char *p = lines[i]; *p != '\0'; p++) {
			if (*p == '@')
				add_string(&t, interpreter_path);
			else
				add(&t, p, 1);
		}
		check(&t);
	}
}

static void add_many(struct text *t, char c, size_t n)
{
	while (n-- > 0)
		add(t, &c, 1);
}

/* The path, or the argument behind it, ends around the end of what the kernel reads. */
static void check_edge(void)
{
	static const char *const ends[] = {"", "\n", " ", " \n", "\t", " a", " a\n", "  ab\n", " a b \n"};

	for (size_t length = LDR_HEAD_SIZE - 8; length < LDR_HEAD_SIZE + 4; length++) {
		for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
			size_t pad = length - 2 - strlen(interpreter_path);
			struct text t = {.size = 0};

			add_string(&t, "#!");
			add_many(&t, '/', pad);
			add_string(&t, interpreter_path);
			add_string(&t, ends[i]);
			check(&t);

			t.size = 0;
			add_string(&t, "#!");
			add_many(&t, ' ', pad);
			add_string(&t, interpreter_path);
			add_string(&t, ends[i]);
			check(&t);

			t.size = 0;
			add_string(&t, "#!");
			add_string(&t, interpreter_path);
			add_string(&t, " ");
			add_many(&t, 'x', pad - 1);
			add_string(&t, ends[i]);
			check(&t);
		}
	}
}

static uint64_t random_below(uint64_t n)
{
	static uint64_t state = 88172645463325252ull;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % n;
}

static void check_random(void)
{
	struct text t = {.size = 0};

	add_string(&t, "#!");
	for (uint64_t n = random_below(12); n > 0; n--) {
		switch (random_below(9)) {
		case 0:
		case 1:
			add_many(&t, ' ', 1 + random_below(3));
			break;
		case 2:
			add_many(&t, '\t', 1);
			break;
		case 3:
			add_many(&t, '\n', random_below(2));
			break;
		case 4:
			add_many(&t, '\0', random_below(3));
			break;
		case 5:
			add_many(&t, 'a', 1 + random_below(3));
			break;
		case 6:
			add_many(&t, '/', random_below(250));
			break;
		case 7:
			add_many(&t, ' ', random_below(250));
			break;
		default:
			add_string(&t, interpreter_path);
		}
	}
	check(&t);
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 0;
	char directory[] = "/tmp/lx-script-XXXXXX";
	struct made_elf elf;

	if (mkdtemp(directory) == NULL || chdir(directory) < 0)
		return 2;
	(void)snprintf(script_path, sizeof(script_path), "%s/script", directory);
	(void)snprintf(interpreter_path, sizeof(interpreter_path), "%s/i", directory);
	make_elf(&elf, ET_EXEC, NULL);
	if (!write_made(&elf, interpreter_path))
		return 2;
	check_known();
	check_edge();
	for (unsigned r = 0; r < rounds; r++)
		check_random();
	unlink(script_path);
	unlink(interpreter_path);
	rmdir(directory);
	printf("%u scripts compared, %u started natively, %u differ\n", compared, started, different);
	return different > 0 || started == 0;
}

/* A process that dies of a fault leaves a core, if it may, which says who it was: its name and its command line. */
#include "../check.h"

#include <elf.h>
#include <glob.h>
#include <signal.h>
#include <sys/procfs.h>
#include <sys/resource.h>

static char self[PATH_MAX];

/* The note of a core that has this type; its content in buf. */
static bool find_note(const char *path, unsigned type, void *buf, size_t size)
{
	int fd = open(path, O_RDONLY);
	Elf64_Ehdr e;
	Elf64_Phdr p;
	bool found = false;

	if (fd < 0 || pread(fd, &e, sizeof(e), 0) != sizeof(e) || e.e_type != ET_CORE)
		return false;
	for (unsigned i = 0; i < e.e_phnum && !found; i++) {
		off_t at, end;

		if (pread(fd, &p, sizeof(p), (off_t)(e.e_phoff + i * sizeof(p))) != sizeof(p) || p.p_type != PT_NOTE)
			continue;
		for (at = (off_t)p.p_offset, end = at + (off_t)p.p_filesz; at < end && !found;) {
			Elf64_Nhdr n;

			if (pread(fd, &n, sizeof(n), at) != sizeof(n))
				break;
			at += (off_t)sizeof(n) + ((n.n_namesz + 3) & ~3u);
			found = n.n_type == type && n.n_descsz >= size && pread(fd, buf, size, at) == (ssize_t)size;
			at += (n.n_descsz + 3) & ~3u;
		}
	}
	close(fd);
	return found;
}

static bool cores_are_files(void)
{
	char pattern[256] = "";
	FILE *f = fopen("/proc/sys/kernel/core_pattern", "r");
	bool ok = f != NULL && fgets(pattern, sizeof(pattern), f) != NULL && pattern[0] != '|' && pattern[0] != '/';

	if (f != NULL)
		fclose(f);
	return ok;
}

int main(int argc, char **argv)
{
	struct rlimit large = {64 << 20, 64 << 20};
	struct elf_prpsinfo info = {0};
	struct elf_prstatus status_note;
	int status;
	glob_t found;
	pid_t pid;

	if (argc > 1) {
		*(volatile int *)0x20 = 1;
		return 0;
	}
	check_begin(argc, argv);
	NEED(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	NEED(symlink(self, "the-name") == 0);
	if (!cores_are_files() || setrlimit(RLIMIT_CORE, &large) != 0) {
		check_skip("a core is left", "cores go elsewhere here");
		check_skip("its name", "cores go elsewhere here");
		check_skip("its command line", "cores go elsewhere here");
		check_skip("its registers", "cores go elsewhere here");
		return check_end();
	}
	pid = fork();
	if (pid == 0) {
		execl("./the-name", "first word", "second", (char *)NULL);
		_exit(1);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV && WCOREDUMP(status) &&
		      glob("core*", 0, NULL, &found) == 0 && found.gl_pathc == 1,
	      "a core is left");
	CHECK(find_note(found.gl_pathv[0], NT_PRPSINFO, &info, sizeof(info)) && info.pr_pid == pid,
	      "it has a description");
	CHECK_STRING(info.pr_fname, "the-name", "its name");
	CHECK(strncmp(info.pr_psargs, "first word second", 17) == 0, "its command line");
	CHECK(find_note(found.gl_pathv[0], NT_PRSTATUS, &status_note, sizeof(status_note)) &&
		      status_note.pr_info.si_signo == SIGSEGV,
	      "its registers");
	return check_end();
}

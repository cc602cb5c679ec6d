/*
 * native_test LAUNCHER FILE|DIRECTORY ...: every x86-64 ELF program among these at its first instruction, started by the
 * kernel and by the loader, must be the same.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "compare.h"

static const char *launcher;
static unsigned compared, different;

static bool is_elf(const char *path)
{
	unsigned char head[sizeof(Elf64_Ehdr)];
	FILE *f = fopen(path, "rb");
	bool r = f != NULL && fread(head, sizeof(head), 1, f) == 1 && memcmp(head, ELFMAG, SELFMAG) == 0;

	if (f != NULL)
		(void)fclose(f);
	return r;
}

static void compare_file(const char *path)
{
	static struct snapshot native, launched;
	struct stat st;

	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || (st.st_mode & 0111) == 0 || (st.st_mode & 06000) != 0 ||
	    !is_elf(path))
		return;
	start_native(path, &native);
	start_launched(launcher, path, &launched);
	compared++;
	if (compare(path, path, &native, &launched) > 0)
		different++;
}

static void compare_directory(const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		char name[4096];

		(void)snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		compare_file(name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	launcher = argv[1];
	for (int i = 2; i < argc; i++) {
		struct stat st;

		if (stat(argv[i], &st) < 0) {
			perror(argv[i]);
			return 2;
		}
		if (S_ISDIR(st.st_mode))
			compare_directory(argv[i]);
		else
			compare_file(argv[i]);
	}
	printf("%u programs compared, %u differ\n", compared, different);
	return compared == 0 || different > 0;
}

/* maps, smaps and numa_maps: the host's lines without lxrun's, with the guest's paths. */
#include "guest.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/layout.h"

static struct guest g;
static pid_t guest;

/* Maps one page of path at address (0: anywhere). */
static void map_file(const char *path, unsigned long address)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	int fixed = address != 0 ? MAP_FIXED_NOREPLACE : 0;

	if (fd < 0 || ftruncate(fd, 4096) < 0 ||
	    mmap((void *)address, 4096, PROT_READ, MAP_SHARED | MAP_POPULATE | fixed, fd, 0) == MAP_FAILED)
		_exit(1);
}

/* A deep path with spaces in it, nearly PATH_MAX long on the host: four times that where spaces are escaped. */
static void map_deep(void)
{
	char name[201];
	size_t n = strlen(g.root);

	memset(name, ' ', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	if (chdir(g.root) < 0)
		_exit(2);
	for (; n + sizeof(name) + 10 < PATH_MAX; n += sizeof(name))
		if (mkdir(name, 0755) < 0 || chdir(name) < 0)
			_exit(3);
	map_file("deep", 0);
}

static void be_a_guest(int ready)
{
	char path[256];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(path, sizeof(path), "%s/lib.so", g.root);
	map_file(path, 0);
	map_file(path, 0x555400000000);
	snprintf(path, sizeof(path), "%s/two\nlines", g.root);
	map_file(path, 0);
	snprintf(path, sizeof(path), "%s/gone", g.root);
	map_file(path, 0);
	unlink(path);
	snprintf(path, sizeof(path), "%s/resident", g.runtime);
	map_file(path, RESIDENT_BASE);
	map_file(path, RESIDENT_STACKS);
	map_file(path, INSTANCE_BASE);
	map_file(path, RESIDENT_AREA_END - 4096);
	map_file(path, RESIDENT_AREA_END);
	if (mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
		_exit(4);
	map_deep();
	if (write(ready, "", 1) != 1)
		_exit(5);
	for (;;)
		pause();
}

static void set_up(void)
{
	int ends[2];
	char byte;

	guest_start(&g);
	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	guest = fork();
	if (guest == 0)
		be_a_guest(ends[1]);
	close(ends[1]);
	cr_assert_eq(read(ends[0], &byte, 1), 1);
	close(ends[0]);
}

static void tear_down(void)
{
	end_child(guest);
	guest_end(&g);
}

TestSuite(maps, .init = set_up, .fini = tear_down);

static bool is_ours(const char *line)
{
	unsigned long start = strtoul(line, NULL, 16);

	return start >= RESIDENT_BASE && start < RESIDENT_AREA_END;
}

/* The host's text as it should be: lines of lxrun's left out, the root taken off every path. keys: smaps. */
static char *expected(const char *text, bool keys)
{
	char *want = malloc(strlen(text) + 1), *to = want;
	size_t n = strlen(g.root);
	bool hide = false;

	while (*text != '\0') {
		size_t length = strcspn(text, "\n") + 1;
		const char *path;

		if (!keys || (*text >= '0' && *text <= '9') || (*text >= 'a' && *text <= 'f'))
			hide = is_ours(text);
		path = memmem(text, length, g.root, n);
		if (!hide && path != NULL) {
			to = mempcpy(to, text, (size_t)(path - text));
			to = mempcpy(to, path + n, length - (size_t)(path - text) - n);
		} else if (!hide) {
			to = mempcpy(to, text, length);
		}
		text += length;
	}
	*to = '\0';
	return want;
}

Test(maps, the_hosts_lines_without_ours)
{
	char *view = guest_text(&g, with_pid("%d/maps", guest)), *host = host_text(with_pid("/proc/%d/maps", guest));
	char *want = expected(host, false);

	cr_expect_str_eq(view, want);
	free(want);
	cr_expect_eq(count_lines(host), count_lines(view) + 4);
	cr_expect_null(strstr(view, g.root));
	cr_expect_not_null(strstr(view, " /lib.so\n"));
	cr_expect_not_null(strstr(view, " /two\\012lines\n"));
	cr_expect_not_null(strstr(view, " /gone (deleted)\n"));
	cr_expect_not_null(strstr(view, " /dev/zero (deleted)\n"));
	cr_expect_not_null(strstr(view, "/deep\n"));
	cr_expect_not_null(strstr(view, "[stack]\n"));
	/* Not hidden: it only stands where lxrun ends. Outside of the guest's root: the host's text. */
	cr_expect_not_null(strstr(view, "/run/resident\n"));
}

Test(maps, of_a_thread)
{
	char rest[64];

	snprintf(rest, sizeof(rest), "%d/task/%d/maps", guest, guest);
	cr_expect_str_eq(guest_text(&g, rest), guest_text(&g, with_pid("%d/maps", guest)));
}

/* Cuts the numbers off smaps's lines of keys: what is shared with the parent changes all the time. */
static char *without_numbers(char *text)
{
	char *to = text;

	for (char *line = text, *next; *line != '\0'; line = next) {
		size_t n = strcspn(line, "\n"), keep = n;

		next = line + n + 1;
		if (line[0] >= 'A' && line[0] <= 'Z' && line[0] != 'V')
			keep = strcspn(line, ":");
		memmove(to, line, keep);
		to[keep] = '\n';
		to += keep + 1;
	}
	*to = '\0';
	return text;
}

Test(maps, smaps_loses_whole_blocks)
{
	char *view = without_numbers(guest_text(&g, with_pid("%d/smaps", guest))), *want;

	want = without_numbers(expected(host_text(with_pid("/proc/%d/smaps", guest)), true));
	cr_expect_str_eq(view, want);
	free(want);
	cr_expect_not_null(strstr(view, "VmFlags:"));
}

/* Every line of numa_maps begins with a start that maps shows too. */
Test(maps, numa_maps)
{
	char *view, *maps = guest_text(&g, with_pid("%d/maps", guest)), *rest;

	if (access("/proc/self/numa_maps", R_OK) != 0)
		cr_skip("the host has no numa_maps");
	view = guest_text(&g, with_pid("%d/numa_maps", guest));
	cr_expect_not_null(strstr(view, " file=/lib.so mapped=1 "));
	cr_expect_not_null(strstr(view, " file=/two\\012lines mapped=1 "));
	cr_expect_not_null(strstr(view, " file=/dev/zero\\040(deleted)\n"));
	cr_expect_not_null(strstr(view, "\\040/deep mapped=1 "));
	cr_expect_null(strstr(view, g.root));
	for (char *line = strtok_r(view, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		char start[32];

		cr_expect_not(is_ours(line), "%.60s", line);
		snprintf(start, sizeof(start), "%.*s-", (int)strcspn(line, " "), line);
		cr_expect_not_null(strstr(maps, start), "%.60s", line);
	}
}

/* The heap as it is for a guest whose brk could not be moved away from the resident: behind it. 0, or an exit status. */
static int move_heap(void)
{
	const unsigned long heap = RESIDENT_BASE + 0x400000;
	struct prctl_mm_map map = {.start_brk = heap, .brk = heap + 4096, .exe_fd = (unsigned)-1};
	/* In the order of proc_pid_stat(5)'s fields 26 to 51; 0 for what the call does not set. */
	__u64 *to[26] = {[0] = &map.start_code,  [1] = &map.end_code,   [2] = &map.start_stack,
			 [19] = &map.start_data, [20] = &map.end_data,  [22] = &map.arg_start,
			 [23] = &map.arg_end,    [24] = &map.env_start, [25] = &map.env_end};
	char text[2048] = "";
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	const char *p;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return 11;
	p = strrchr(text, ')') + 2;
	for (int number = 3; number < 26 + 26; number++) {
		if (number >= 26 && to[number - 26] != NULL)
			*to[number - 26] = strtoull(p, NULL, 10);
		p = strchr(p, ' ') != NULL ? strchr(p, ' ') + 1 : p;
	}
	/* brk has to stand behind the data. */
	map.start_data = map.end_data = 0x10000;
	if (mmap((void *)heap, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		 0) == MAP_FAILED)
		return 12;
	return prctl(PR_SET_MM, PR_SET_MM_MAP, (unsigned long)&map, sizeof(map), 0) == 0 ? 0 : 13;
}

Test(maps, a_heap_behind_the_resident_is_the_guests)
{
	int ends[2];
	char failed = -1, *host, *view;
	pid_t pid;

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		failed = (char)move_heap();
		if (write(ends[1], &failed, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	cr_assert_eq(read(ends[0], &failed, 1), 1);
	if (failed == 13) {
		end_child(pid);
		cr_skip("the host's kernel has no PR_SET_MM_MAP for us");
	}
	cr_assert_eq(failed, 0);
	host = host_text(with_pid("/proc/%d/maps", pid));
	view = guest_text(&g, with_pid("%d/maps", pid));
	cr_assert_not_null(strstr(host, "550000400000-550000401000 rw-p 00000000 00:00 0"));
	cr_expect_not_null(strstr(view, "550000400000-550000401000 rw-p 00000000 00:00 0"));
	cr_expect_eq(count_lines(view), count_lines(host));
	if (access("/proc/self/numa_maps", R_OK) == 0)
		cr_expect_not_null(strstr(guest_text(&g, with_pid("%d/numa_maps", pid)), "550000400000 default heap"));
	end_child(pid);
}

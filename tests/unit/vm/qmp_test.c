/* QEMU's monitor, played by this test: answers among what it says by itself, refusals, silence, an end. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vm-backend/qmp.h"

static int pair[2];

static void open_pair(void)
{
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
}

static void says(const char *text)
{
	cr_assert_eq(write(pair[1], text, strlen(text)), (ssize_t)strlen(text));
}

static int ask(char *said, size_t size)
{
	return qmp_ask(pair[0], said, size, "{\"execute\": \"%s\"}\n", "something");
}

Test(qmp, greets_and_asks, .init = open_pair)
{
	char said[64], sent[256] = "";

	says("{\"QMP\": {\"version\": {}}}\r\n{\"return\": {}}\r\n");
	cr_assert_eq(qmp_greet(pair[0]), 0);
	says("{\"timestamp\": {\"seconds\": 1}, \"event\": \"RTC_CHANGE\"}\r\n{\"return\": {\"n\": 1}}\r\n");
	cr_assert_eq(ask(said, sizeof(said)), 0);
	cr_assert_gt(read(pair[1], sent, sizeof(sent) - 1), 0);
	cr_assert_str_eq(sent, "{\"execute\": \"qmp_capabilities\"}\n{\"execute\": \"something\"}\n");
}

Test(qmp, a_refusal_has_its_sentence, .init = open_pair)
{
	char said[64], little[8];

	says("{\"error\": {\"class\": \"GenericError\", \"desc\": \"Failed to get \\\"write\\\" lock\"}}\r\n");
	cr_assert_eq(ask(said, sizeof(said)), -EIO);
	cr_assert_str_eq(said, "Failed to get \\\"write\\\" lock");
	says("{\"error\": {\"desc\": \"longer than there is room\"}}\r\n");
	cr_assert_eq(ask(little, sizeof(little)), -EIO);
	cr_assert_str_eq(little, "longer ");
	says("{\"error\": {\"desc\": \"cut off in an escape\\\r\n");
	cr_assert_eq(ask(said, sizeof(said)), -EIO);
}

Test(qmp, lines_that_never_end_are_cut, .init = open_pair)
{
	char said[64], junk[5000];

	memset(junk, 'x', sizeof(junk));
	for (int i = 0; i < 10; i++)
		cr_assert_eq(write(pair[1], junk, sizeof(junk)), (ssize_t)sizeof(junk));
	says("\n{\"return\": {}}\n");
	cr_assert_eq(ask(said, sizeof(said)), 0);
}

Test(qmp, an_end_is_seen, .init = open_pair)
{
	char said[64];

	close(pair[1]);
	cr_assert_eq(ask(said, sizeof(said)), -EPIPE);
}

Test(qmp, paths_are_quoted)
{
	char quoted[32];

	cr_assert(qmp_quote("/a \"b\"\\c\n", quoted, sizeof(quoted)));
	cr_assert_str_eq(quoted, "/a \\\"b\\\"\\\\c\\u000a");
	cr_assert_not(qmp_quote("/much/longer/than/there/is/room/for/it", quoted, sizeof(quoted)));
}

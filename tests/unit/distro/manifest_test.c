/* The list of distributions, in the form that WSL publishes. */
#include <criterion/criterion.h>
#include <string.h>

#include "distro/manifest.h"

#define ZEROS    "0000000000000000000000000000000000000000000000000000000000000000"
#define AT(url)  "\"Amd64Url\":{\"Url\":\"" url "\",\"Sha256\":\"0x" ZEROS "\"}"
#define LIST(in) "{\"ModernDistributions\":{" in "},\"Default\":\"Two\"}"

static const char
	list[] =
		LIST(
			"\"One\":[{\"Name\":\"One-1\",\"FriendlyName\":\"The first\"," AT(
				"https://x/1") "},"
					       "{\"Name\":\"One-2\",\"Default\":true," AT(
						       "https://x/2") "}],"
								      "\"Two\":[{\"Name\":\"Two-1\"," AT("file:///x") "},{\"Name\":\"Two-2\"," AT(
									      "http://x") "}],"
											  "\"Three\":["
											  "{\"Name\":"
											  "\"a "
											  "b\"," AT(
												  "h"
												  "t"
												  "t"
												  "p"
												  ":"
												  "/"
												  "/"
												  "x") "},{\"Name\":"
												       "\"c\"," AT(
													       "ftp"
													       "://"
													       "x") "},"
														    "{"
														    "\""
														    "Na"
														    "me"
														    "\""
														    ":"
														    "\""
														    "d"
														    "\""
														    ","
														    "\""
														    "Am"
														    "d6"
														    "4U"
														    "rl"
														    "\""
														    ":{"
														    "\""
														    "Ur"
														    "l"
														    "\""
														    ":"
														    "\""
														    "ht"
														    "tp"
														    ":/"
														    "/x"
														    "\""
														    ","
														    "\""
														    "Sh"
														    "a2"
														    "56"
														    "\""
														    ":"
														    "\""
														    "12"
														    "\""
														    "}}"
														    ","
														    "{"
														    "\""
														    "Na"
														    "me"
														    "\""
														    ":"
														    "\""
														    "e"
														    "\""
														    ","
														    "\""
														    "Ar"
														    "m6"
														    "4U"
														    "rl"
														    "\""
														    ":{"
														    "\""
														    "Ur"
														    "l"
														    "\""
														    ":"
														    "\""
														    "ht"
														    "tp"
														    ":/"
														    "/x"
														    "\""
														    ","
														    "\""
														    "Sh"
														    "a2"
														    "56"
														    "\""
														    ":"
														    "\"" ZEROS
														    "\""
														    "}}"
														    "]");

static struct manifest m;
static struct message message;

static const char *found(const char *name)
{
	const struct manifest_entry *e = manifest_find(&m, name);

	return e != NULL ? e->url : "none";
}

Test(manifest, lookup)
{
	cr_assert_eq(manifest_add(&m, list, sizeof(list) - 1, &message), 0);
	cr_expect_eq(m.count, 4);
	cr_expect_str_eq(found("one"), "https://x/2");
	cr_expect_str_eq(found("ONE-1"), "https://x/1");
	cr_expect_str_eq(found(NULL), "file:///x");
	cr_expect_str_eq(found("two-2"), "http://x");
	cr_expect_str_eq(found("three"), "none");
	cr_expect_str_eq(m.entries[0].friendly_name, "The first");
	cr_expect_str_eq(m.entries[1].friendly_name, "One-2");
	cr_expect_str_eq(m.entries[0].sha256, ZEROS);
	manifest_done(&m);
}

Test(manifest, another_list_wins)
{
	static const char other[] = LIST("\"ONE\":[{\"Name\":\"One-9\"," AT("https://y") "}]");

	cr_assert_eq(manifest_add(&m, list, sizeof(list) - 1, &message), 0);
	cr_assert_eq(manifest_add(&m, other, sizeof(other) - 1, &message), 0);
	cr_expect_str_eq(found("one"), "https://y");
	cr_expect_str_eq(found("one-1"), "none");
	cr_expect_str_eq(found("two"), "file:///x");
	manifest_done(&m);
}

Test(manifest, no_lists)
{
	static const char *const none[] = {"", "{", "[]", "7", "{}", "{\"ModernDistributions\":[]}", "<html>"};

	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		message.text[0] = '\0';
		cr_expect_lt(manifest_add(&m, none[i], strlen(none[i]), &message), 0);
		cr_expect_neq(message.text[0], '\0');
		cr_expect_eq(m.count, 0);
	}
	manifest_done(&m);
}

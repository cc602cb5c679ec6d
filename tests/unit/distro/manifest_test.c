/* The list of distributions, in the form that WSL publishes. */
#include <criterion/criterion.h>
#include <string.h>

#include "distro/manifest.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define SHA   ",'Sha256':'0x" ZEROS "'}"

/* With ' for ". */
static const char list[] = "{'Default':'Two','ModernDistributions':{"
			   "'One':["
			   "{'Name':'One-1','FriendlyName':'The first','Amd64Url':{'Url':'https://x/1'" SHA "},"
			   "{'Name':'One-2','Default':true,'Amd64Url':{'Url':'https://x/2'" SHA "}],"
			   "'Two':["
			   "{'Name':'Two-1','Amd64Url':{'Url':'file:///x'" SHA "},"
			   "{'Name':'Two-2','Amd64Url':{'Url':'http://x'" SHA "}],"
			   "'Three':["
			   "{'Name':'a b','Amd64Url':{'Url':'http://x'" SHA "},"
			   "{'Name':'c','Amd64Url':{'Url':'ftp://x'" SHA "},"
			   "{'Name':'d','Amd64Url':{'Url':'http://x','Sha256':'12'}},"
			   "{'Name':'e','Arm64Url':{'Url':'http://x'" SHA "}]}}";
static const char other[] = "{'Default':'Two','ModernDistributions':{"
			    "'ONE':[{'Name':'One-9','Amd64Url':{'Url':'https://y'" SHA "}]}}";

static struct manifest m;
static struct message message;

static int add(const char *text)
{
	char json[sizeof(list)];
	size_t n = strlen(text);

	for (size_t k = 0; k < n; k++)
		json[k] = text[k] == '\'' ? '"' : text[k];
	return manifest_add(&m, json, n, &message);
}

static const char *found(const char *name)
{
	const struct manifest_entry *e = manifest_find(&m, name);

	return e != NULL ? e->url : "none";
}

Test(manifest, lookup)
{
	cr_assert_eq(add(list), 0);
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
	cr_assert_eq(add(list), 0);
	cr_assert_eq(add(other), 0);
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

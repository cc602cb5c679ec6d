#include "base/override.h"

#include <errno.h>
#include <stdint.h>
#include <sys/sysmacros.h>

#include "base/str.h"

static const struct {
	const char *name;
	mode_t type;
} types[] = {
	{"file", S_IFREG},    {"dir", S_IFDIR},    {"symlink", S_IFLNK}, {"pipe", S_IFIFO},
	{"socket", S_IFSOCK}, {"block-", S_IFBLK}, {"char-", S_IFCHR},
};

#define ACCESS_WORD  "-acl"
#define DEFAULT_WORD "-default"

/* A number up to `end` or the end of the text; negative ones were written with %d by other programs. */
static const char *number(const char *s, unsigned base, uint64_t max, uint64_t *ret)
{
	bool negative = *s == '-';
	uint64_t v = 0;
	const char *p = s + negative;

	for (; *p >= '0' && *p < (char)('0' + base); p++) {
		v = v * base + (uint64_t)(*p - '0');
		if (v > max)
			return NULL;
	}
	if (p == s + negative)
		return NULL;
	*ret = negative ? -v & UINT32_MAX : v;
	return p;
}

/* What is behind the type; unknown words are those of somebody else. */
static uint8_t parse_lists(const char *s)
{
	uint8_t lists = 0;

	for (; *s != '\0'; s++) {
		if (str_starts(s, ACCESS_WORD))
			lists |= OVERRIDE_ACCESS_ACL;
		else if (str_starts(s, DEFAULT_WORD))
			lists |= OVERRIDE_DEFAULT_ACL;
	}
	return lists;
}

static int parse_type(const char *s, struct override *o)
{
	uint64_t major, minor;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (!str_starts(s, types[i].name))
			continue;
		o->mode |= types[i].type;
		s += strlen(types[i].name);
		if (types[i].type == S_IFBLK || types[i].type == S_IFCHR) {
			s = number(s, 10, UINT32_MAX, &major);
			if (s == NULL || *s++ != '-')
				return -EINVAL;
			s = number(s, 10, UINT32_MAX, &minor);
			if (s == NULL)
				return -EINVAL;
			o->rdev = makedev((unsigned)major, (unsigned)minor);
		}
		o->acl = parse_lists(s);
		return 0;
	}
	return -EINVAL;
}

int override_parse(const char *text, mode_t host, struct override *ret)
{
	struct override o = {0};
	uint64_t uid, gid, mode;

	text = number(text, 10, UINT32_MAX, &uid);
	if (text == NULL || *text++ != ':')
		return -EINVAL;
	text = number(text, 10, UINT32_MAX, &gid);
	if (text == NULL || *text++ != ':')
		return -EINVAL;
	text = number(text, 8, 0177777, &mode);
	if (text == NULL || (*text != ':' && *text != '\0'))
		return -EINVAL;
	o.uid = (uid_t)uid;
	o.gid = (gid_t)gid;
	o.mode = (mode_t)mode & 07777;
	if (*text == '\0')
		o.mode |= host & S_IFMT;
	else if (parse_type(text + 1, &o) < 0)
		return -EINVAL;
	*ret = o;
	return 0;
}

size_t override_print(const struct override *o, char *buf, size_t size)
{
	const char *access = (o->acl & OVERRIDE_ACCESS_ACL) != 0 ? ACCESS_WORD : "";
	const char *inherited = (o->acl & OVERRIDE_DEFAULT_ACL) != 0 ? DEFAULT_WORD : "";
	const char *name = "file";

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == (o->mode & S_IFMT))
			name = types[i].name;
	if (S_ISBLK(o->mode) || S_ISCHR(o->mode))
		return str_format(buf, size, "%u:%u:%04o:%s%u-%u%s", o->uid, o->gid, o->mode & 07777, name,
				  major(o->rdev), minor(o->rdev), access);
	return str_format(buf, size, "%u:%u:%04o:%s%s%s", o->uid, o->gid, o->mode & 07777, name, access, inherited);
}

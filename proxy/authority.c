/* authority.c - see authority.h. */
#include "authority.h"

#include <strings.h>

static struct bytes without_port(struct bytes authority)
{
	const char *colon = memrchr(authority.at, ':', authority.len);
	return colon ? (struct bytes){authority.at, (size_t)(colon - authority.at)} : authority;
}

/* Takes `suffix` off the end of the name; false: it does not end so. */
static bool take_suffix(struct bytes *name, struct bytes suffix)
{
	if (name->len < suffix.len || strncasecmp(name->at + name->len - suffix.len, suffix.at, suffix.len) != 0)
		return false;
	name->len -= suffix.len;
	return true;
}

bool authority_is_elsewhere(struct bytes authority, const char *app)
{
	if (authority.len == 0 || *authority.at == '[')
		return false;
	struct bytes name = without_port(authority);
	take_suffix(&name, BYTES("."));
	if (!take_suffix(&name, BYTES(".flycast")) && !take_suffix(&name, BYTES(".internal")))
		return false;
	return !take_suffix(&name, bytes_of(app)) || (name.len > 0 && name.at[name.len - 1] != '.');
}

/* prefix_list.c - see prefix_list.h. */
#include "base/prefix_list.h"

const char *prefix_list_add(struct prefix_list *list, const char *text)
{
	struct prefix prefix = {.len = 128};
	if (list->count == PREFIX_LIST_MAX)
		return "too many prefixes (64 at most)";
	if (!addr_ip_parse(&prefix.ip, text) && !prefix_parse(&prefix, text))
		return "not a prefix or an address; for example 10.0.0.0/8, 2001:db8::/32 or ::1, without bits set "
		       "beyond the "
		       "length";
	list->at[list->count++] = prefix;
	return NULL;
}

bool prefix_list_has(const struct prefix_list *list, const struct in6_addr *ip)
{
	for (size_t i = 0; i < list->count; i++)
		if (prefix_has(&list->at[i], ip))
			return true;
	return false;
}

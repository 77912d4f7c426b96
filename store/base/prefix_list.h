/* prefix_list.h - a few prefixes that a person wrote down, asked whether one of them has an address. Pure. */
#ifndef BASE_PREFIX_LIST_H
#define BASE_PREFIX_LIST_H

#include "base/addr.h"

enum { PREFIX_LIST_MAX = 64 };

struct prefix_list { /* zero-initialise */
	size_t count;
	struct prefix at[PREFIX_LIST_MAX];
};

/* "10.0.0.0/8", or an address alone for just that. NULL, or a phrase that says why it was not added. */
const char *prefix_list_add(struct prefix_list *list, const char *text);
bool prefix_list_has(const struct prefix_list *list, const struct in6_addr *ip);

#endif

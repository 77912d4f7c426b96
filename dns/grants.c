/* grants.c - see grants.h. */
#include "grants.h"

#include <stdlib.h>

#include "base/mem.h"

struct grants *grants_new(void)
{
	return mem_new(sizeof(struct grants));
}

void grants_free(void *grants)
{
	struct grants *g = grants;
	if (!g)
		return;
	for (size_t i = 0; i < g->key_count; i++)
		tsig_key_free(g->keys[i]);
	free(g->keys);
	free(g->secondaries);
	free(g);
}

static int compare_names(const struct name *a, const struct name *b)
{
	return a->len != b->len ? a->len - b->len : memcmp(a->wire, b->wire, a->len);
}

/* Where the key is, or would be. */
static size_t place_of(const struct grants *g, const struct name *name)
{
	size_t low = 0, high = g->key_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_names(&g->keys[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct tsig_key *grants_key(const struct grants *grants, const struct name *name)
{
	size_t at = place_of(grants, name);
	bool there = at < grants->key_count && compare_names(&grants->keys[at]->name, name) == 0;
	return there ? grants->keys[at] : NULL;
}

void grants_add_key(struct grants *grants, struct tsig_key *key)
{
	size_t at = place_of(grants, &key->name);
	if (grants_key(grants, &key->name)) {
		tsig_key_free(key);
		return;
	}
	grants->keys = mem_grow(grants->keys, grants->key_count, &grants->key_room, sizeof(struct tsig_key *));
	memmove(grants->keys + at + 1, grants->keys + at, (grants->key_count - at) * sizeof(struct tsig_key *));
	grants->keys[at] = key;
	grants->key_count++;
}

bool grants_add_secondary(struct grants *grants, uint32_t network, const struct sockaddr_in6 *address, const char *key)
{
	struct name name;
	const struct tsig_key *found = key && name_parse(&name, key) ? grants_key(grants, &name) : NULL;
	if (key && (!found || found->network != network))
		return false;
	grants->secondaries = mem_grow(grants->secondaries, grants->secondary_count, &grants->secondary_room,
	                               sizeof *grants->secondaries);
	grants->secondaries[grants->secondary_count++] = (struct grants_secondary){network, *address, found};
	return true;
}

/* By address, those without a key first, then by network, so that the answer does not depend on the order of rows. */
static int compare_secondaries(const void *left, const void *right)
{
	const struct grants_secondary *a = left, *b = right;
	int order = memcmp(&a->address.sin6_addr, &b->address.sin6_addr, sizeof a->address.sin6_addr);
	if (order == 0)
		order = (a->key != NULL) - (b->key != NULL);
	if (order == 0 && a->network != b->network)
		order = a->network < b->network ? -1 : 1;
	return order ? order : ntohs(a->address.sin6_port) - ntohs(b->address.sin6_port);
}

void grants_settle(struct grants *grants)
{
	if (grants->secondary_count)
		qsort(grants->secondaries, grants->secondary_count, sizeof *grants->secondaries, compare_secondaries);
}

uint32_t grants_network(const struct grants *grants, const struct in6_addr *address)
{
	size_t low = 0, high = grants->secondary_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (memcmp(&grants->secondaries[middle].address.sin6_addr, address, sizeof *address) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == grants->secondary_count)
		return 0;
	const struct grants_secondary *first = &grants->secondaries[low];
	bool there = !first->key && memcmp(&first->address.sin6_addr, address, sizeof *address) == 0;
	return there ? first->network : 0;
}

/* node.c - see node.h. Names below a node are found by binary search over their hashes: dense, and one allocation. */
#include "node.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

struct node_below {
	uint32_t hash;
	uint32_t name; /* offset in the node's names */
	struct answer answer;
	uint8_t len;
	bool more; /* the next one is of the same name and another type */
};

static uint32_t name_hash(const void *relative, size_t len)
{
	return (uint32_t)hash_bytes(relative, len, 1);
}

uint64_t node_hash(const struct node_key *key)
{
	return hash_bytes(key->label.at, key->label.len, (uint64_t)key->zone << 32 | key->network);
}

static struct bytes label_of(const struct node *node)
{
	const uint8_t *names = node->bytes + node->names_at;
	return (struct bytes){(const char *)names - node->label_len, node->label_len};
}

bool node_is(const void *node, const void *key)
{
	const struct node *n = node;
	const struct node_key *k = key;
	return n->network == k->network && n->zone == k->zone && bytes_equal(label_of(n), k->label);
}

struct node_key node_key_of(const struct node *node)
{
	return (struct node_key){node->network, node->zone, label_of(node)};
}

static const struct node_below *below_of(const struct node *node)
{
	return (const struct node_below *)(const void *)node->bytes;
}

const struct node_run *node_runs(const struct node *node)
{
	return (const struct node_run *)(const void *)(below_of(node) + node->below_count);
}

static const struct answer *choose(const struct node_below *set, uint16_t type)
{
	const struct answer *found = &set->answer;
	while (set->answer.type != type) {
		if (!set->more)
			return found;
		set++;
		if (found->count == 0)
			found = &set->answer;
	}
	return &set->answer;
}

static inline const struct answer *find_below(const struct node *node, const uint8_t *relative, size_t len,
                                              uint16_t type)
{
	const struct node_below *all = below_of(node);
	const uint8_t *names = node->bytes + node->names_at;
	uint32_t hash = name_hash(relative, len);
	size_t low = 0, high = node->below_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (all[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < node->below_count && all[low].hash == hash; low++)
		if (all[low].len == len && memcmp(names + all[low].name, relative, len) == 0)
			return choose(&all[low], type);
	return NULL;
}

const struct answer *node_find(const struct node *node, const uint8_t *relative, size_t len, uint16_t type)
{
	if (len)
		return find_below(node, relative, len, type);
	if (node->own.type == type || !node->own_more)
		return &node->own;
	const struct answer *other = find_below(node, relative, 0, type);
	return other->type == type || node->own.count == 0 ? other : &node->own;
}

void node_each(const struct node *node, void (*visit)(struct bytes relative, const struct answer *answer, void *owner),
               void *owner)
{
	const struct node_below *all = below_of(node);
	const char *names = (const char *)node->bytes + node->names_at;
	visit((struct bytes){names, 0}, &node->own, owner);
	for (uint32_t i = 0; i < node->below_count; i++)
		visit((struct bytes){names + all[i].name, all[i].len}, &all[i].answer, owner);
}

void node_add(struct node_maker *maker, struct bytes relative, struct answer answer)
{
	if (maker->below_count == maker->below_room) {
		maker->below_room = maker->below_room ? maker->below_room * 2 : 32;
		maker->below = mem_resize(maker->below, maker->below_room * sizeof *maker->below);
	}
	struct node_below *fresh = &maker->below[maker->below_count++];
	*fresh = (struct node_below){
	    .hash = name_hash(relative.at, relative.len),
	    .name = (uint32_t)maker->names.len,
	    .answer = answer,
	    .len = (uint8_t)relative.len,
	};
	maker->own_more |= relative.len == 0;
	text_add(&maker->names, relative.at, relative.len);
}

struct sorting {
	const char *names;
};

/* By hash, then by name, then by type, the empty one last, then as they were added. */
static int compare(const void *left, const void *right, void *owner)
{
	const struct node_below *a = left, *b = right;
	const struct sorting *s = owner;
	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	if (a->len != b->len)
		return a->len - b->len;
	int order = memcmp(s->names + a->name, s->names + b->name, a->len);
	if (order)
		return order;
	if (a->answer.type != b->answer.type)
		return (uint16_t)(a->answer.type - 1) < (uint16_t)(b->answer.type - 1) ? -1 : 1;
	return a->name < b->name ? -1 : a->name > b->name;
}

static bool same_name(const struct node_maker *m, const struct node_below *a, const struct node_below *b)
{
	return a->hash == b->hash && a->len == b->len &&
	       memcmp(m->names.at + a->name, m->names.at + b->name, a->len) == 0;
}

static void sort_names(struct node_maker *m)
{
	struct sorting sorting = {text_string(&m->names)};
	size_t kept = 0;
	if (m->below_count == 0)
		return;
	qsort_r(m->below, m->below_count, sizeof *m->below, compare, &sorting);
	for (size_t i = 1; i < m->below_count; i++) {
		struct node_below *last = &m->below[kept];
		const struct node_below *next = &m->below[i];
		if (same_name(m, last, next)) {
			if (next->answer.type == last->answer.type || next->answer.type == TYPE_NONE)
				continue;
			last->more = true;
		}
		m->below[++kept] = *next;
	}
	m->below_count = kept + 1;
}

struct node *node_build(struct node_maker *maker, const struct node_key *key)
{
	sort_names(maker);
	size_t runs_at = maker->below_count * sizeof(struct node_below);
	size_t names_at = runs_at + maker->runs.len + key->label.len;
	size_t records_at = names_at + maker->names.len;
	size_t size = sizeof(struct node) + records_at + maker->records.len;
	struct node *n = mem_new(size);
	*n = (struct node){
	    .network = key->network,
	    .below_count = (uint32_t)maker->below_count,
	    .run_count = (uint32_t)(maker->runs.len / sizeof(struct node_run)),
	    .names_at = (uint32_t)names_at,
	    .records_at = (uint32_t)records_at,
	    .size = (uint32_t)size,
	    .own = maker->own,
	    .zone = (uint8_t)key->zone,
	    .has_nearest = maker->has_nearest,
	    .own_more = maker->own_more,
	    .label_len = (uint8_t)key->label.len,
	};
	if (runs_at)
		memcpy(n->bytes, maker->below, runs_at);
	memcpy(n->bytes + runs_at, text_string(&maker->runs), maker->runs.len);
	memcpy(n->bytes + names_at - key->label.len, key->label.at, key->label.len);
	memcpy(n->bytes + names_at, text_string(&maker->names), maker->names.len);
	memcpy(n->bytes + records_at, text_string(&maker->records), maker->records.len);
	text_clear(&maker->records);
	text_clear(&maker->names);
	text_clear(&maker->runs);
	maker->below_count = 0;
	maker->own = (struct answer){0};
	maker->has_nearest = maker->own_more = false;
	return n;
}

void node_maker_free(struct node_maker *maker)
{
	text_free(&maker->records);
	text_free(&maker->names);
	text_free(&maker->runs);
	free(maker->below);
	*maker = (struct node_maker){0};
}

/* node.h - everything that is answered below one label of a zone, in one immutable allocation: the records of
 * my-app.internal itself and of every name under it. Whoever has a pointer to a node sees one consistent picture.
 *
 * Names below the node are its "relative" names: wire form, folded, without the node's label and what follows it.
 * Records are complete and ready to be copied; their owner is 0xc00c.
 *
 * budget: nine functions: one node is named, found in, listed and made here. */
#ifndef DNS_NODE_H
#define DNS_NODE_H

#include "encode.h"

enum node_zone { NODE_FLYCAST, NODE_INTERNAL };

/* What one name holds of one type. Records of one size each: len / count. */
struct answer {
	uint32_t at; /* of the first record in the node's records */
	uint32_t len;
	uint16_t count;
	uint16_t type; /* TYPE_NONE: the name exists and holds nothing (an empty non-terminal) */
};

/* Neighbours among the node's own records whose Machines are in one region. */
struct node_run {
	uint16_t count;
	uint16_t region; /* its number (nearness.h) */
};

struct node {
	uint32_t network;
	uint32_t below_count;
	uint32_t run_count;
	uint32_t names_at; /* offsets in bytes[] */
	uint32_t records_at;
	uint32_t size; /* of the allocation */
	struct answer own;
	uint8_t zone;
	bool has_nearest; /* top<N>.nearest.of is answered, with the own records; run_count runs, 0: one region */
	bool own_more; /* what the node's own name holds of other types stands among the names below, the name empty */
	uint8_t label_len;
	_Alignas(4) uint8_t bytes[]; /* struct node_below[], struct node_run[], label, names, records */
};

/* The name of a node in the table of all nodes. */
struct node_key {
	uint32_t network;
	enum node_zone zone;
	struct bytes label; /* folded, without its length octet */
};
uint64_t node_hash(const struct node_key *key);
bool node_is(const void *node, const void *key); /* a table_match */
struct node_key node_key_of(const struct node *node);

static inline const uint8_t *node_records(const struct node *node)
{
	return node->bytes + node->records_at;
}
const struct node_run *node_runs(const struct node *node);
/* NULL: there is no such name. Else what it holds of this type; or, when that is nothing, of another: what it has, if
 * it has any. len may be 0: the node's own name. */
const struct answer *node_find(const struct node *node, const uint8_t *relative, size_t len, uint16_t type);

/* Every name and type once; relative is empty for the node's own name. */
void node_each(const struct node *node, void (*visit)(struct bytes relative, const struct answer *answer, void *owner),
               void *owner);

/* A node in the making. Zero-initialise, add, then node_build() empties it for the next one. */
struct node_maker {
	struct text records;
	struct text names;
	struct node_below *below;
	size_t below_count;
	size_t below_room;
	struct text runs;
	struct answer own;
	bool has_nearest;
	bool own_more;
};

/* Adds what a name holds of one type; of two equal ones the first stays, and nothing (TYPE_NONE) gives way to anything.
 * The node's own name: maker->own first, other types by this, relative empty. */
void node_add(struct node_maker *maker, struct bytes relative, struct answer answer);
struct node *node_build(struct node_maker *maker, const struct node_key *key); /* free() it */
void node_maker_free(struct node_maker *maker);

#endif

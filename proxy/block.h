/* block.h - buffers that a connection holds only while it holds data. Each thread keeps a few spare ones. */
#ifndef PROXY_BLOCK_H
#define PROXY_BLOCK_H

#include <stddef.h>
#include <stdint.h>

enum {
	BLOCK_SIZE = 32768, /* bytes read at a time */
	BLOCK_EXTRA = 4096, /* what writing on may add: fields of ours, chunk heads */
	BLOCK_SPARE = 64
};

struct block {
	struct block *next;
	uint32_t from; /* first byte not yet consumed */
	uint32_t to;   /* end of the data */
	char bytes[BLOCK_SIZE + BLOCK_EXTRA];
};

struct blocks { /* of one thread; zero-initialise */
	struct block *spare;
	unsigned count;
};

struct block *block_take(struct blocks *blocks);             /* empty */
void block_give(struct blocks *blocks, struct block *block); /* NULL is fine */
void blocks_free(struct blocks *blocks);

static inline size_t block_len(const struct block *block)
{
	return block ? block->to - block->from : 0;
}

#endif

/* block.c - see block.h. */
#include "block.h"

#include <stdlib.h>

#include "base/mem.h"

struct block *block_take(struct blocks *blocks)
{
	struct block *block = blocks->spare;
	if (block) {
		blocks->spare = block->next;
		blocks->count--;
	} else {
		/* resize instead of new: the bytes need not be zeroed */
		block = mem_resize(NULL, sizeof *block);
	}
	block->next = NULL;
	block->from = block->to = 0;
	return block;
}

void block_give(struct blocks *blocks, struct block *block)
{
	if (!block)
		return;
	if (blocks->count >= BLOCK_SPARE) {
		free(block);
		return;
	}
	block->next = blocks->spare;
	blocks->spare = block;
	blocks->count++;
}

void blocks_free(struct blocks *blocks)
{
	while (blocks->spare) {
		struct block *next = blocks->spare->next;
		free(blocks->spare);
		blocks->spare = next;
	}
	blocks->count = 0;
}

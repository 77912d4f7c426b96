/* mem.c - see mem.h. The only place that ends the process for want of memory. */
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static void *must(void *memory, size_t size)
{
	if (!memory && size) {
		log_error("memory exhausted wanted=%zu", size);
		abort();
	}
	return memory;
}

void *mem_new(size_t size)
{
	return must(calloc(1, size), size);
}

void *mem_new_array(size_t count, size_t size)
{
	return must(calloc(count, size), count && size);
}

void *mem_resize(void *old, size_t size)
{
	return must(realloc(old, size), size);
}

void *mem_grow(void *items, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return items;
	size_t next = *room ? *room * 2 : 16;
	if (next > SIZE_MAX / size)
		next = SIZE_MAX / size; /* no machine has it: mem_resize() says so */
	*room = next;
	return mem_resize(items, next * size);
}

void *mem_copy(const void *from, size_t size)
{
	void *copy = must(malloc(size), size);
	if (size)
		memcpy(copy, from, size);
	return copy;
}

char *mem_text(const char *text)
{
	return text ? mem_copy(text, strlen(text) + 1) : NULL;
}

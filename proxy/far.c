/* far.c - see far.h. A registry has some dozens of regions: they are looked through one by one. */
#include "far.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "catalog.h"

static struct far_region *find(const struct far *far, const char *code)
{
	unsigned count = atomic_load_explicit(&far->count, memory_order_acquire);
	for (unsigned i = 0; i < count; i++)
		if (strcmp(far->regions[i]->code, code) == 0)
			return far->regions[i];
	return NULL;
}

/* Without measuring. */
static uint32_t otherwise(const struct far *far, const char *code)
{
	if (!far->catalog || strcmp(far->here, code) == 0)
		return far->catalog ? 0 : FAR_UNKNOWN;
	uint32_t remembered = catalog_round_trip(far->catalog, code);
	const struct catalog_region *a = catalog_region(far->catalog, far->here);
	const struct catalog_region *b = catalog_region(far->catalog, code);
	uint32_t guessed = a && b ? catalog_guess(a, b) : FAR_UNKNOWN;
	/* Two regions at one place are still two. */
	return remembered ? remembered : guessed ? guessed : 1;
}

const struct far_region *far_region(struct far *far, const char *code)
{
	static const struct far_region beyond = {.code = "", .otherwise = FAR_UNKNOWN};
	struct far_region *region = find(far, code);
	unsigned count = atomic_load_explicit(&far->count, memory_order_relaxed);
	if (region)
		return region;
	if (count == FAR_REGIONS)
		return &beyond;
	region = mem_new(sizeof *region);
	snprintf(region->code, sizeof region->code, "%s", code);
	atomic_init(&region->otherwise, otherwise(far, code));
	far->regions[count] = region;
	atomic_store_explicit(&far->count, count + 1, memory_order_release);
	return region;
}

void far_renew(struct far *far, const struct catalog *catalog, const char *here)
{
	unsigned count = atomic_load_explicit(&far->count, memory_order_relaxed);
	far->catalog = catalog;
	snprintf(far->here, sizeof far->here, "%s", here);
	for (unsigned i = 0; i < count; i++)
		atomic_store_explicit(&far->regions[i]->otherwise, otherwise(far, far->regions[i]->code),
		                      memory_order_relaxed);
}

void far_measured(struct far *far, const char *code, uint32_t microseconds)
{
	struct far_region *region = find(far, code);
	if (region)
		atomic_store_explicit(&region->measured, microseconds, memory_order_relaxed);
}

void far_write(const struct far *far, char *out, size_t size)
{
	enum { ITEM = 16 };
	unsigned count = atomic_load_explicit(&far->count, memory_order_acquire);
	size_t len = 0;
	out[0] = '\0';
	for (unsigned i = 0; i < count && size - len > ITEM; i++) {
		const struct far_region *region = far->regions[i];
		uint32_t us = atomic_load_explicit(&region->measured, memory_order_relaxed);
		if (us && atomic_load_explicit(&region->otherwise, memory_order_relaxed))
			len += (size_t)snprintf(out + len, size - len, "%s%s %u", len ? " " : "", region->code, us);
	}
}

void far_fini(struct far *far)
{
	for (unsigned i = 0; i < far->count; i++)
		free(far->regions[i]);
	far->count = 0;
}

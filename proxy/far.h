/* far.h - how far each region is from this host, in microseconds there and back: as the proxy measures it (sounder.h), else as
 * it did before it was started (the registry remembers), else by the map.
 *
 * A region keeps its place for ever, so that whoever points at it sees every change without anything being made anew. The
 * feeder thread adds regions and knows the map, the control thread measures, any thread reads. */
#ifndef PROXY_FAR_H
#define PROXY_FAR_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct catalog;

enum {
	FAR_REGIONS = 1024,
	FAR_UNKNOWN = 6000000 /* farther than anything: no place is known for it, nor for this host */
};

struct far_region {
	char code[4];
	_Atomic uint32_t measured;  /* 0: not now */
	_Atomic uint32_t otherwise; /* 0: this host's own region */
};

struct far {
	struct far_region *regions[FAR_REGIONS];
	_Atomic unsigned count;
	const struct catalog *catalog; /* NULL before the first far_renew() */
	char here[4];                  /* region of this host; "": it has none */
};

void far_fini(struct far *far); /* no reader may be left */

/* The feeder thread. A region that is asked for is there from then on. */
const struct far_region *far_region(struct far *far, const char *code);
/* The map, this host's place on it, or what is remembered is different. */
void far_renew(struct far *far, const struct catalog *catalog, const char *here);

/* Any one thread. A region that nobody asked for is not kept. */
void far_measured(struct far *far, const char *code, uint32_t microseconds); /* 0: not any more */
/* Those measured now, "fra 1500 nrt 262144", as far as they fit. */
void far_write(const struct far *far, char *out, size_t size);

static inline uint32_t far_away(const struct far_region *region)
{
	uint32_t otherwise = atomic_load_explicit(&region->otherwise, memory_order_relaxed);
	uint32_t measured = otherwise ? atomic_load_explicit(&region->measured, memory_order_relaxed) : 0;
	return measured ? measured : otherwise;
}

#endif

/* histogram.h - how long something took, counted by how long. One thread writes, the metrics read. Pure. */
#ifndef PROXY_HISTOGRAM_H
#define PROXY_HISTOGRAM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BOUNDS = 16 };

struct histogram {
	_Atomic uint64_t counts[HISTOGRAM_BOUNDS + 1]; /* each alone, not summed; the last is beyond every bound */
	_Atomic uint64_t sum_us;
};

void histogram_add(struct histogram *histogram, uint64_t microseconds);
/* In seconds, as Prometheus labels it; "+Inf" for HISTOGRAM_BOUNDS. */
const char *histogram_bound(size_t index);

#endif

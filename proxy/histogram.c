/* histogram.c - see histogram.h. */
#include "histogram.h"

static const struct {
	uint64_t microseconds;
	const char *seconds;
} bounds[HISTOGRAM_BOUNDS + 1] = {
    {100, "0.0001"}, {250, "0.00025"}, {500, "0.0005"},  {1000, "0.001"},  {2500, "0.0025"},     {5000, "0.005"},
    {10000, "0.01"}, {25000, "0.025"}, {50000, "0.05"},  {100000, "0.1"},  {250000, "0.25"},     {500000, "0.5"},
    {1000000, "1"},  {2500000, "2.5"}, {10000000, "10"}, {30000000, "30"}, {UINT64_MAX, "+Inf"},
};

static void add(_Atomic uint64_t *counter, uint64_t more)
{
	/* No lock prefix: there is one writer. */
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more,
	                      memory_order_relaxed);
}

void histogram_add(struct histogram *histogram, uint64_t microseconds)
{
	size_t i = 0;
	while (microseconds > bounds[i].microseconds)
		i++;
	add(&histogram->counts[i], 1);
	add(&histogram->sum_us, microseconds);
}

const char *histogram_bound(size_t index)
{
	return bounds[index].seconds;
}

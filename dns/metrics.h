/* metrics.h - what the responder counts, added up over its threads and written as Prometheus' text.
 * Pure. The counters belong to other threads; each is read once, with a relaxed load. */
#ifndef DNS_METRICS_H
#define DNS_METRICS_H

#include "tcp.h"
#include "udp.h"

struct metrics {
	struct responder_counts answers;
	struct udp_counts udp;
	struct tcp_counts tcp;
	struct catalog_stats catalog;
	struct zone_stats zone;
};

void metrics_add_answers(struct metrics *metrics, const struct responder_counts *counts);
void metrics_add_udp(struct metrics *metrics, const struct udp_counts *counts);
void metrics_add_tcp(struct metrics *metrics, const struct tcp_counts *counts);
void metrics_write(const struct metrics *metrics, struct text *out);

#endif

/* metrics.h - what the responder counts, added up over its threads and written as Prometheus' text.
 * Pure. The counters belong to other threads; each is read once, with a relaxed load.
 *
 * budget: nine functions: one for each kind of counter that is added up, one for each word that two formats share. */
#ifndef DNS_METRICS_H
#define DNS_METRICS_H

#include "dnstap.h"
#include "notify.h"
#include "tcp.h"
#include "udp.h"

enum { METRICS_VIEWS = 50, METRICS_NAME = 2 * 63 + 2 };

struct metrics_view {            /* a network */
	char name[METRICS_NAME]; /* "organization/network"; "": all others together */
	uint32_t network;
	uint64_t counts[TALLY_KINDS];
};

struct metrics_thread {
	uint64_t batches;
	uint64_t seq; /* change of the registry that its last answers were made from */
};

struct metrics {
	struct responder_counts answers;
	struct udp_counts udp;
	uint64_t overflowed;
	struct tcp_counts tcp;
	struct notify_counts notify;
	struct catalog_stats catalog;
	struct zone_stats zone;
	struct forward_counts forward;
	uint64_t forward_lost;
	struct dnstap_stats dnstap;
	struct metrics_thread *threads; /* of UDP */
	size_t thread_count;
	struct metrics_view *views; /* the busiest first */
	size_t view_count;
};

void metrics_add_answers(struct metrics *metrics, const struct responder_counts *counts);
void metrics_add_udp(struct metrics *metrics, const struct udp_counts *counts);
void metrics_add_tcp(struct metrics *metrics, const struct tcp_counts *counts);
void metrics_add_thread(struct metrics *metrics, size_t index, const struct udp_counts *counts);
void metrics_free(struct metrics *metrics); /* threads and views */
/* Views beyond the METRICS_VIEWS busiest are added up. */
void metrics_write(const struct metrics *metrics, struct text *out);

const char *metrics_transport(enum responder_transport transport);
const char *metrics_rcode(enum wire_rcode rcode); /* NULL: never answered */
/* The index-th type that is told by name, and how many questions were for it; NULL after the last, which is "other". */
const char *metrics_type(const struct responder_counts *counts, size_t index, uint64_t *questions);

#endif

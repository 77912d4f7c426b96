/* metrics.c - see metrics.h. */
#include "metrics.h"

static const char *const transports[] = {[RESPONDER_UDP] = "udp", [RESPONDER_TCP] = "tcp"};

static const char *const rcodes[RCODE_COUNT] = {
    [RCODE_NOERROR] = "NOERROR", [RCODE_FORMERR] = "FORMERR", [RCODE_NXDOMAIN] = "NXDOMAIN", [RCODE_NOTIMP] = "NOTIMP",
    [RCODE_REFUSED] = "REFUSED", [RCODE_NOTAUTH] = "NOTAUTH", [RCODE_BADVERS] = "BADVERS",
};

static void add(uint64_t *to, const uint64_t *from)
{
	*to += __atomic_load_n(from, __ATOMIC_RELAXED);
}

void metrics_add_answers(struct metrics *metrics, const struct responder_counts *counts)
{
	for (int transport = 0; transport < RESPONDER_TRANSPORTS; transport++)
		for (int rcode = 0; rcode < RCODE_COUNT; rcode++)
			add(&metrics->answers.answered[transport][rcode], &counts->answered[transport][rcode]);
	add(&metrics->answers.truncated, &counts->truncated);
	add(&metrics->answers.silent, &counts->silent);
}

void metrics_add_udp(struct metrics *metrics, const struct udp_counts *counts)
{
	add(&metrics->udp.batches, &counts->batches);
	add(&metrics->udp.unsent, &counts->unsent);
}

void metrics_add_tcp(struct metrics *metrics, const struct tcp_counts *counts)
{
	add(&metrics->tcp.accepted, &counts->accepted);
	add(&metrics->tcp.open, &counts->open);
	add(&metrics->tcp.refused, &counts->refused);
	add(&metrics->tcp.evicted, &counts->evicted);
	add(&metrics->tcp.expired, &counts->expired);
	add(&metrics->tcp.broken, &counts->broken);
}

static void head(struct text *out, const char *name, const char *type, const char *help)
{
	text_format(out, "# HELP flycast_dns_%s %s\n# TYPE flycast_dns_%s %s\n", name, help, name, type);
}

static void line(struct text *out, const char *name, const char *type, const char *help, int64_t value)
{
	head(out, name, type, help);
	text_format(out, "flycast_dns_%s %lld\n", name, (long long)value);
}

static void write_answers(const struct responder_counts *c, struct text *out)
{
	head(out, "answers_total", "counter", "Answers by transport and response code.");
	for (int transport = 0; transport < RESPONDER_TRANSPORTS; transport++)
		for (int rcode = 0; rcode < RCODE_COUNT; rcode++)
			if (rcodes[rcode])
				text_format(out, "flycast_dns_answers_total{transport=\"%s\",rcode=\"%s\"} %llu\n",
				            transports[transport], rcodes[rcode],
				            (unsigned long long)c->answered[transport][rcode]);
	line(out, "truncated_total", "counter", "Answers that did not fit and carried TC.", (int64_t)c->truncated);
	line(out, "silent_total", "counter", "Packets that were no question and got no answer.", (int64_t)c->silent);
}

void metrics_write(const struct metrics *metrics, struct text *out)
{
	const struct catalog_stats *catalog = &metrics->catalog;
	const struct zone_stats *zone = &metrics->zone;
	write_answers(&metrics->answers, out);
	line(out, "udp_batches_total", "counter", "Reads of up to 64 questions.", (int64_t)metrics->udp.batches);
	line(out, "udp_unsent_total", "counter", "Answers the kernel did not take.", (int64_t)metrics->udp.unsent);
	line(out, "tcp_accepted_total", "counter", "TCP connections.", (int64_t)metrics->tcp.accepted);
	line(out, "tcp_open", "gauge", "TCP connections that are open.", (int64_t)metrics->tcp.open);
	line(out, "tcp_refused_total", "counter", "TCP connections of sources that have their share.",
	     (int64_t)metrics->tcp.refused);
	line(out, "tcp_evicted_total", "counter", "TCP connections that made room.", (int64_t)metrics->tcp.evicted);
	line(out, "tcp_expired_total", "counter", "TCP connections that were idle or slow.",
	     (int64_t)metrics->tcp.expired);
	line(out, "tcp_broken_total", "counter", "TCP messages of a length no question has.",
	     (int64_t)metrics->tcp.broken);
	line(out, "registry_seq", "gauge", "Change of the registry that is answered; the SOA's serial.", catalog->seq);
	line(out, "registry_age_ms", "gauge", "Milliseconds since the picture was last known to be the registry's.",
	     catalog->fresh_ms);
	line(out, "registry_reloads_total", "counter", "Full reads of the registry.", catalog->reloads);
	line(out, "registry_quarantined", "gauge", "Objects whose newest rows cannot be used.",
	     (int64_t)catalog->quarantined);
	line(out, "apps", "gauge", "Apps in the registry.", (int64_t)catalog->apps);
	line(out, "networks", "gauge", "Networks that are answered.", (int64_t)zone->networks);
	line(out, "nodes", "gauge", "Apps and addresses with prepared names.", (int64_t)zone->nodes);
	line(out, "node_bytes", "gauge", "Memory of the prepared names and records.", (int64_t)zone->octets);
	line(out, "pointers", "gauge", "Addresses with a name.", (int64_t)zone->pointers);
}

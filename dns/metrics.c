/* metrics.c - see metrics.h. */
#include "metrics.h"

#include <stdlib.h>

static const char *const transports[] = {[RESPONDER_UDP] = "udp", [RESPONDER_TCP] = "tcp", [RESPONDER_TLS] = "tls"};

static const char *const rcodes[RCODE_COUNT] = {
    [RCODE_NOERROR] = "NOERROR", [RCODE_FORMERR] = "FORMERR",     [RCODE_NXDOMAIN] = "NXDOMAIN",
    [RCODE_NOTIMP] = "NOTIMP",   [RCODE_REFUSED] = "REFUSED",     [RCODE_NOTAUTH] = "NOTAUTH",
    [RCODE_BADVERS] = "BADVERS", [RCODE_BADCOOKIE] = "BADCOOKIE",
};

/* Types that people ask for; a series each, whatever came so far. */
static const struct {
	uint16_t type;
	const char *name;
} types[] = {
    {1, "A"},          {TYPE_NS, "NS"},     {5, "CNAME"},        {TYPE_SOA, "SOA"}, {TYPE_PTR, "PTR"}, {15, "MX"},
    {TYPE_TXT, "TXT"}, {TYPE_AAAA, "AAAA"}, {33, "SRV"},         {43, "DS"},        {48, "DNSKEY"},    {64, "SVCB"},
    {65, "HTTPS"},     {TYPE_IXFR, "IXFR"}, {TYPE_AXFR, "AXFR"}, {TYPE_ANY, "ANY"},
};
enum { TYPES = sizeof types / sizeof *types };

const char *metrics_transport(enum responder_transport transport)
{
	return transports[transport];
}

const char *metrics_rcode(enum wire_rcode rcode)
{
	return rcodes[rcode];
}

const char *metrics_type(const struct responder_counts *counts, size_t index, uint64_t *questions)
{
	if (index < TYPES) {
		*questions = counts->types[types[index].type];
		return types[index].name;
	}
	*questions = 0;
	for (size_t i = 0; i < RESPONDER_TYPES; i++)
		*questions += counts->types[i];
	for (size_t i = 0; i < TYPES; i++)
		*questions -= counts->types[types[i].type];
	return index == TYPES ? "other" : NULL;
}

static void add(uint64_t *to, const uint64_t *from)
{
	*to += __atomic_load_n(from, __ATOMIC_RELAXED);
}

void metrics_add_answers(struct metrics *metrics, const struct responder_counts *counts)
{
	for (int transport = 0; transport < RESPONDER_TRANSPORTS; transport++)
		for (int rcode = 0; rcode < RCODE_COUNT; rcode++)
			add(&metrics->answers.answered[transport][rcode], &counts->answered[transport][rcode]);
	for (int type = 0; type < RESPONDER_TYPES; type++)
		add(&metrics->answers.types[type], &counts->types[type]);
	add(&metrics->answers.truncated, &counts->truncated);
	add(&metrics->answers.silent, &counts->silent);
	for (int state = 0; state <= COOKIE_VALID; state++)
		add(&metrics->answers.cookies[state], &counts->cookies[state]);
	add(&metrics->answers.transfers, &counts->transfers);
	add(&metrics->answers.transfers_busy, &counts->transfers_busy);
	add(&metrics->answers.rate_slipped, &counts->rate_slipped);
	add(&metrics->answers.rate_dropped, &counts->rate_dropped);
	add(&metrics->answers.proxied_stray, &counts->proxied_stray);
	add(&metrics->answers.proxied_bad, &counts->proxied_bad);
	add(&metrics->answers.subnet_stray, &counts->subnet_stray);
}

void metrics_add_udp(struct metrics *metrics, const struct udp_counts *counts)
{
	add(&metrics->udp.batches, &counts->batches);
	add(&metrics->udp.unsent, &counts->unsent);
	add(&metrics->udp.lapse.sum_ns, &counts->lapse.sum_ns);
	for (int i = 0; i <= LAPSE_BOUNDS; i++)
		add(&metrics->udp.lapse.counts[i], &counts->lapse.counts[i]);
}

void metrics_add_tcp(struct metrics *metrics, const struct tcp_counts *counts)
{
	add(&metrics->tcp.accepted, &counts->accepted);
	add(&metrics->tcp.open, &counts->open);
	add(&metrics->tcp.refused, &counts->refused);
	add(&metrics->tcp.evicted, &counts->evicted);
	add(&metrics->tcp.expired, &counts->expired);
	add(&metrics->tcp.broken, &counts->broken);
	add(&metrics->tcp.exhausted, &counts->exhausted);
	add(&metrics->tcp.greeted, &counts->greeted);
	add(&metrics->tcp.resumed, &counts->resumed);
	add(&metrics->tcp.unwelcome, &counts->unwelcome);
}

void metrics_add_thread(struct metrics *metrics, size_t index, const struct udp_counts *counts)
{
	add(&metrics->threads[index].batches, &counts->batches);
	add(&metrics->threads[index].seq, &counts->seq);
}

void metrics_free(struct metrics *metrics)
{
	free(metrics->threads);
	free(metrics->views);
}

/* ------------------------------------------------------------------------------------------------ Prometheus' text */

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
	const char *name;
	uint64_t questions;
	head(out, "answers_total", "counter", "Answers by transport and response code.");
	for (int transport = 0; transport < RESPONDER_TRANSPORTS; transport++)
		for (int rcode = 0; rcode < RCODE_COUNT; rcode++)
			if (rcodes[rcode])
				text_format(out, "flycast_dns_answers_total{transport=\"%s\",rcode=\"%s\"} %llu\n",
				            transports[transport], rcodes[rcode],
				            (unsigned long long)c->answered[transport][rcode]);
	head(out, "questions_total", "counter", "Questions that could be read, by type.");
	for (size_t i = 0; (name = metrics_type(c, i, &questions)); i++)
		text_format(out, "flycast_dns_questions_total{type=\"%s\"} %llu\n", name,
		            (unsigned long long)questions);
	line(out, "truncated_total", "counter", "Answers that did not fit and carried TC.", (int64_t)c->truncated);
	line(out, "subnet_ignored_total", "counter", "Client subnets of somebody who is not believed.",
	     (int64_t)c->subnet_stray);
	line(out, "rate_slipped_total", "counter", "Answers above a client's rate that were cut short or let slip.",
	     (int64_t)c->rate_slipped);
}

static void write_cookies(const struct responder_counts *c, struct text *out)
{
	static const char *const states[] = {[COOKIE_NEW] = "new", [COOKIE_WRONG] = "wrong", [COOKIE_VALID] = "valid"};
	head(out, "cookies_total", "counter",
	     "Questions with a DNS cookie: the client's half alone, not ours or too old, good.");
	for (int state = COOKIE_NEW; state <= COOKIE_VALID; state++)
		text_format(out, "flycast_dns_cookies_total{state=\"%s\"} %llu\n", states[state],
		            (unsigned long long)c->cookies[state]);
}

static void write_view(const struct metrics_view *view, struct text *out)
{
	static const char *const kinds[TALLY_KINDS] = {"answer", "nodata", "nxdomain"};
	for (int kind = 0; kind < TALLY_KINDS; kind++)
		text_format(out, "flycast_dns_view_answers_total{network=\"%s\",kind=\"%s\"} %llu\n",
		            view->name[0] ? view->name : "other", kinds[kind], (unsigned long long)view->counts[kind]);
}

/* The busiest and, as "other", the rest: a scrape does not grow with the number of networks. */
static void write_views(const struct metrics_view *views, size_t count, struct text *out)
{
	struct metrics_view others = {0};
	head(out, "view_answers_total", "counter", "Answers by the network whose names they were about.");
	for (size_t i = 0; i < count; i++) {
		if (i < METRICS_VIEWS && views[i].name[0]) {
			write_view(&views[i], out);
			continue;
		}
		for (int kind = 0; kind < TALLY_KINDS; kind++)
			others.counts[kind] += views[i].counts[kind];
	}
	write_view(&others, out);
}

static void write_lapse(const struct lapse *lapse, struct text *out)
{
	static const char name[] = "flycast_dns_udp_answer_seconds";
	uint64_t sum = 0;
	head(out, "udp_answer_seconds", "histogram",
	     "From reading a question until the kernel had its answer; of every 16th batch.");
	for (int i = 0; i < LAPSE_BOUNDS; i++) {
		sum += lapse->counts[i];
		text_format(out, "%s_bucket{le=\"%.9f\"} %llu\n", name, (double)(1 << (LAPSE_FIRST + i)) / 1e9,
		            (unsigned long long)sum);
	}
	sum += lapse->counts[LAPSE_BOUNDS];
	text_format(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.9f\n%s_count %llu\n", name, (unsigned long long)sum,
	            name, (double)lapse->sum_ns / 1e9, name, (unsigned long long)sum);
}

static void write_udp(const struct metrics *m, struct text *out)
{
	const struct {
		const char *reason;
		uint64_t count;
	} drops[] = {{"no-question", m->answers.silent},
	             {"not-sent", m->udp.unsent},
	             {"socket-full", m->overflowed},
	             {"rate-limit", m->answers.rate_dropped},
	             {"proxy-stray", m->answers.proxied_stray},
	             {"proxy-bad", m->answers.proxied_bad}};
	head(out, "dropped_total", "counter",
	     "Packets without an answer: no question at all, an answer the kernel did not take, a full socket, a "
	     "client above its rate, a PROXY header of somebody else than a front, none or a bad one of a front.");
	for (size_t i = 0; i < sizeof drops / sizeof *drops; i++)
		text_format(out, "flycast_dns_dropped_total{reason=\"%s\"} %llu\n", drops[i].reason,
		            (unsigned long long)drops[i].count);
	line(out, "udp_batches_total", "counter", "Reads of up to 64 questions.", (int64_t)m->udp.batches);
	write_lapse(&m->udp.lapse, out);
	head(out, "thread_batches_total", "counter", "Reads of up to 64 questions, by thread.");
	for (size_t i = 0; i < m->thread_count; i++)
		text_format(out, "flycast_dns_thread_batches_total{thread=\"%zu\"} %llu\n", i,
		            (unsigned long long)m->threads[i].batches);
	head(out, "thread_seq", "gauge", "Change of the registry that the thread's last answers were made from.");
	for (size_t i = 0; i < m->thread_count; i++)
		text_format(out, "flycast_dns_thread_seq{thread=\"%zu\"} %llu\n", i,
		            (unsigned long long)m->threads[i].seq);
}

static void write_copies(const struct metrics *m, struct text *out)
{
	line(out, "transfers_total", "counter", "Copies of a zone that began, AXFR and IXFR.",
	     (int64_t)m->answers.transfers);
	line(out, "transfers_busy_total", "counter", "Copies that were too many at a time.",
	     (int64_t)m->answers.transfers_busy);
	line(out, "notifies_sent_total", "counter", "Messages that told a secondary of a change.",
	     (int64_t)m->notify.sent);
	line(out, "notifies_answered_total", "counter", "Changes that a secondary knows of.",
	     (int64_t)m->notify.answered);
	line(out, "notifies_given_up_total", "counter", "Changes that a secondary did not answer to.",
	     (int64_t)m->notify.given_up);
}

static void write_tcp(const struct tcp_counts *c, struct text *out)
{
	line(out, "tcp_accepted_total", "counter", "TCP connections.", (int64_t)c->accepted);
	line(out, "tcp_open", "gauge", "TCP connections that are open.", (int64_t)c->open);
	line(out, "tcp_refused_total", "counter", "TCP connections of sources that have their share.",
	     (int64_t)c->refused);
	line(out, "tcp_evicted_total", "counter", "TCP connections that made room.", (int64_t)c->evicted);
	line(out, "tcp_expired_total", "counter", "TCP connections that were idle or slow.", (int64_t)c->expired);
	line(out, "tcp_broken_total", "counter", "TCP messages of a length no question has.", (int64_t)c->broken);
	line(out, "tcp_exhausted_total", "counter", "TCP connections that asked all they may.", (int64_t)c->exhausted);
	line(out, "tls_handshakes_total", "counter", "TLS handshakes.", (int64_t)c->greeted);
	line(out, "tls_resumed_total", "counter", "TLS handshakes with a ticket.", (int64_t)c->resumed);
	line(out, "tls_failed_total", "counter", "TLS connections that were none, or broke.", (int64_t)c->unwelcome);
}

static void write_registry(const struct catalog_stats *c, struct text *out)
{
	line(out, "registry_seq", "gauge", "Change of the registry that is answered; the SOA's serial.", c->seq);
	line(out, "registry_age_ms", "gauge", "Milliseconds since the picture was last known to be the registry's.",
	     c->fresh_ms);
	line(out, "registry_lag_ms", "gauge", "Milliseconds from the newest change until it was answered.", c->lag_ms);
	line(out, "registry_changes_total", "counter", "Objects that were read anew, one by one.", c->changes);
	line(out, "registry_failures_total", "counter", "Reads of the registry that failed.", c->failures);
	line(out, "registry_reloads_total", "counter", "Full reads of the registry.", c->reloads);
	line(out, "registry_quarantined", "gauge", "Objects whose newest rows cannot be used.",
	     (int64_t)c->quarantined);
	line(out, "apps", "gauge", "Apps in the registry.", (int64_t)c->apps);
}

static void write_forward(const struct metrics *m, struct text *out)
{
	const struct forward_counts *f = &m->forward;
	const struct {
		const char *outcome;
		uint64_t count;
	} outcomes[] = {{"answered", f->answered},
	                {"failed", f->failed},
	                {"too-many", f->turned},
	                {"loop", f->looped},
	                {"lane-full", m->forward_lost}};
	head(out, "forwarded_total", "counter", "Questions for other servers, by what became of them.");
	for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
		text_format(out, "flycast_dns_forwarded_total{outcome=\"%s\"} %llu\n", outcomes[i].outcome,
		            (unsigned long long)outcomes[i].count);
	line(out, "forward_timeouts_total", "counter", "Tries at other servers that came to nothing.",
	     (int64_t)f->timeouts);
	line(out, "forward_foreign_total", "counter", "Messages that were no answer to what another server was asked.",
	     (int64_t)f->foreign);
	line(out, "forward_in_flight", "gauge", "Questions that other servers are being asked.", (int64_t)f->in_flight);
}

void metrics_write(const struct metrics *metrics, struct text *out)
{
	const struct zone_stats *zone = &metrics->zone;
	write_answers(&metrics->answers, out);
	write_cookies(&metrics->answers, out);
	write_views(metrics->views, metrics->view_count, out);
	write_udp(metrics, out);
	write_tcp(&metrics->tcp, out);
	write_copies(metrics, out);
	write_forward(metrics, out);
	write_registry(&metrics->catalog, out);
	line(out, "dnstap_frames_total", "counter", "Messages that dnstap's reader was sent.",
	     (int64_t)metrics->dnstap.frames);
	line(out, "dnstap_dropped_total", "counter", "Questions that dnstap was not told of: its ring was full.",
	     (int64_t)metrics->dnstap.dropped);
	line(out, "dnstap_lost_total", "counter", "Messages of dnstap that nobody listened to.",
	     (int64_t)metrics->dnstap.lost);
	line(out, "networks", "gauge", "Networks that are answered.", (int64_t)zone->networks);
	line(out, "nodes", "gauge", "Apps and addresses with prepared names.", (int64_t)zone->nodes);
	line(out, "node_bytes", "gauge", "Memory of the prepared names and records.", (int64_t)zone->octets);
	line(out, "pointers", "gauge", "Addresses with a name.", (int64_t)zone->pointers);
}

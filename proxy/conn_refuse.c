/* conn_refuse.c - saying no to a client: the sentence, the log, the metrics. See conn.h. */
#include <stdio.h>

#include "base/addr.h"
#include "base/log.h"
#include "conn.h"
#include "detour.h"
#include "exchange_inside.h"
#include "io.h"
#include "proxy.h"
#include "worker.h"

enum { LOG_BURST = 20 }; /* refusals a thread writes to the log in a second */

static void log_refusal(struct conn *c, enum refusal refusal, const char *sentence)
{
	static _Thread_local struct log_limit limit;
	char client[ADDR_TEXT];
	if (log_limited(&limit, LOG_BURST))
		log_info("refused code=%s client=%s port=%u: %s", refusal_code(refusal),
		         addr_ip_text(client, &c->way.client), c->way.port, sentence);
}

/* How long the client waited, by the limit that ran out. */
static uint64_t waited_ms(const struct conn *c, enum refusal refusal)
{
	const struct proxy_limits *limits = &c->worker->proxy->limits;
	switch (refusal) {
	case REFUSAL_QUEUE_TIMEOUT:
		return (uint64_t)(limits->queue_timeout * 1000);
	case REFUSAL_WAKE_TIMEOUT:
		return (uint64_t)(limits->wake_timeout * 1000);
	case REFUSAL_RESPONSE_TIMEOUT:
		return (uint64_t)(limits->response_timeout * 1000);
	case REFUSAL_CONNECT_TIMEOUT:
		return (uint64_t)(limits->connect_timeout * 1000);
	default:
		return c->waited_ms;
	}
}

void conn_report(struct conn *c, enum refusal refusal, const char *detail, char *out)
{
	char client[ADDR_TEXT];
	const struct site *site = fleet_sought(&c->worker->proxy->fleet, &c->way.address, c->tried.steer);
	struct refusal_facts facts = {
	    .app = site ? site->app->name : NULL,
	    .machine = c->failed_id[0] ? c->failed_id : NULL,
	    .client = addr_ip_text(client, &c->way.client),
	    .detail = detail ? detail : "",
	    .port = c->way.port,
	    .internal_port = c->failed_port,
	    .tries = c->tries ? c->tries : c->tried.count,
	    .waited_ms = waited_ms(c, refusal),
	};
	refusal_sentence(out, CONN_SENTENCE, refusal, &facts);
	counter_add(&c->worker->counters.refusals[refusal], 1);
	c->account.refusal = (uint8_t)(refusal + 1);
	log_refusal(c, refusal, out);
}

void conn_refuse(struct conn *c, enum refusal refusal, const char *detail)
{
	char sentence[CONN_SENTENCE];
	if (c->exchange && c->exchange->detour && detour_falls_back(c, refusal))
		return;
	conn_report(c, refusal, detail, sentence);
	if (c->http && !c->tunnel)
		exchange_refuse(c, refusal, sentence);
	else
		conn_free(c, true);
}

void conn_turn_away(struct worker *worker, int fd, const struct conn_way *way, enum refusal refusal,
                    const struct site_address *address)
{
	struct conn stranger = {.worker = worker, .way = *way};
	char sentence[1024];
	char client[ADDR_TEXT];
	char ports[256];
	struct refusal_facts facts = {
	    .app = address ? address->site->app->name : NULL,
	    .client = addr_ip_text(client, &way->client),
	    .detail = address ? site_ports_text(ports, sizeof ports, address->site) : NULL,
	    .port = way->port,
	};
	refusal_sentence(sentence, sizeof sentence, refusal, &facts);
	counter_add(&worker->counters.refusals[refusal], 1);
	log_refusal(&stranger, refusal, sentence);
	account_begin(&stranger);
	stranger.account.refusal = (uint8_t)(refusal + 1);
	account_end(&stranger, ACCOUNT_REFUSED);
	io_close(fd, true);
}

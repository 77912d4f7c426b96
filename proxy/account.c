/* account.c - see account.h. */
#include "account.h"

#include <stdio.h>
#include <string.h>

#include "access.h"
#include "access_line.h"
#include "conn.h"
#include "exchange.h"
#include "proxy.h"
#include "worker.h"

static uint64_t since_us(int64_t ns)
{
	int64_t now = clock_mono_ns();
	return now > ns ? (uint64_t)(now - ns) / 1000 : 0;
}

void account_begin(struct conn *c)
{
	c->account = (struct account){.began_ns = clock_mono_ns(), .open = true};
}

void account_step(struct conn *c)
{
	c->account.step_ns = clock_mono_ns();
}

void account_took(struct conn *c, uint64_t *what)
{
	if (c->account.step_ns)
		*what += since_us(c->account.step_ns);
	c->account.step_ns = 0;
}

void account_first(struct conn *c)
{
	struct account *a = &c->account;
	if (a->first_us)
		return;
	a->first_us = since_us(a->began_ns) + 1; /* 0 says that none came */
	if (c->backend)
		memcpy(a->machine, c->backend->service->machine->id, sizeof a->machine);
}

static void count(struct conn *c, uint64_t total_us)
{
	struct counters *counters = &c->worker->counters;
	const struct account *a = &c->account;
	bool request = c->http && !c->tunnel;
	histogram_add(&counters->times[request ? COUNTERS_REQUEST : COUNTERS_CONNECTION], total_us);
	if (request && a->first_us)
		histogram_add(&counters->times[COUNTERS_FIRST], a->first_us);
	if (a->queue_us)
		histogram_add(&counters->times[COUNTERS_QUEUE], a->queue_us);
	if (a->wake_us)
		histogram_add(&counters->times[COUNTERS_WAKE], a->wake_us);
	if (a->connect_us)
		histogram_add(&counters->times[COUNTERS_CONNECT], a->connect_us);
}

static void write_down(struct conn *c, const char *end, uint64_t total_us)
{
	const struct account *a = &c->account;
	const struct site_address *address = fleet_address(&c->worker->proxy->fleet, &c->way.address);
	struct access_buffer *buffer = &c->worker->access;
	struct access_facts facts = {
	    .wall_ms = clock_wall_ms(),
	    .client = &c->way.client,
	    .address = &c->way.address,
	    .client_port = c->way.client_port,
	    .port = c->way.port,
	    .status = a->status,
	    .cold = a->cold,
	    .kind = c->tunnel ? "tunnel"
	            : c->http ? "http"
	                      : "tcp",
	    .end = end,
	    .code = a->refusal ? refusal_code((enum refusal)(a->refusal - 1)) : NULL,
	    .app = address ? address->site->app->name : NULL,
	    .machine = a->machine[0] ? a->machine : NULL,
	    .in = a->in,
	    .out = a->out,
	    .queue_us = a->queue_us,
	    .wake_us = a->wake_us,
	    .connect_us = a->connect_us,
	    .first_us = a->first_us,
	    .total_us = total_us,
	};
	exchange_named(c, &facts.method, &facts.target, &facts.request_id);
	char *at = access_room(buffer, ACCESS_LINE_MOST);
	access_added(buffer, access_line_write(at, &facts, buffer->file->json));
}

void account_end(struct conn *c, enum account_end end)
{
	static const char *const names[] = {"done", "refused", "cut"};
	struct account *a = &c->account;
	if (!a->open)
		return;
	a->open = false;
	uint64_t total_us = since_us(a->began_ns);
	if (!a->machine[0] && c->backend)
		memcpy(a->machine, c->backend->service->machine->id, sizeof a->machine);
	count(c, total_us);
	if (c->worker->access.file->path)
		write_down(c, names[end], total_us);
}

size_t account_fields(char *out, const struct conn *c)
{
	const struct account *a = &c->account;
	int len = 0;
	if (a->cold)
		len = snprintf(out, ACCOUNT_FIELDS, "Flycast-Cold-Start: %llu\r\n",
		               (unsigned long long)(a->wake_us / 1000));
	if (c->worker->proxy->server_timing) {
		uint64_t before = a->queue_us + a->wake_us + a->connect_us;
		uint64_t machine = a->first_us > before ? a->first_us - before : 0;
		len += snprintf(out + len, (size_t)(ACCOUNT_FIELDS - len),
		                "Server-Timing: queue;dur=%.3f, wake;dur=%.3f, connect;dur=%.3f, machine;dur=%.3f\r\n",
		                (double)a->queue_us / 1000, (double)a->wake_us / 1000, (double)a->connect_us / 1000,
		                (double)machine / 1000);
	}
	return (size_t)len;
}

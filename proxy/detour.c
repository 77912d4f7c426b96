/* detour.c - see detour.h. */
#include "detour.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "detour_inside.h"
#include "http1_put.h"
#include "http1_scan.h"
#include "proxy.h"
#include "worker.h"

static void refuse(struct conn *c, enum refusal refusal, const char *detail)
{
	const struct live_service *service = c->backend ? c->backend->service : NULL;
	if (service) {
		memcpy(c->failed_id, service->machine->id, sizeof c->failed_id);
		c->failed_port = service->internal_port;
	}
	conn_refuse(c, refusal, detail);
}

static void on_time(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct detour *d = timer->data;
	struct conn *c = d->conn;
	(void)events;
	ev_timer_stop(loop, timer);
	if (c->exchange->phase != EXCHANGE_SEEK && !(c->backend && !c->backend->connected))
		return;
	deadline_clear(&c->deadline);
	if (c->waiter)
		queue_cancel(c->waiter);
	c->waiter = NULL;
	if (c->backend)
		conn_unkeep(c);
	c->waited_ms = d->replay.timeout_ms;
	conn_refuse(c, REFUSAL_REPLAY_TIMEOUT, NULL);
}

struct detour *detour_of(struct conn *c)
{
	struct exchange *x = c->exchange;
	if (!x->detour) {
		x->detour = mem_new(sizeof *x->detour);
		x->detour->conn = c;
		ev_timer_init(&x->detour->timer, on_time, 0, 0);
		x->detour->timer.data = x->detour;
	}
	return x->detour;
}

/* ----------------------------------------------------------------------------------------------------------- the body */

void detour_keep(struct conn *c, const struct iovec *parts, int count)
{
	struct exchange *x = c->exchange;
	size_t len = 0;
	for (int i = 0; i < count; i++)
		len += parts[i].iov_len;
	if (x->lost || len == 0)
		return;
	if (x->kept.len + len > DETOUR_BODY || c->worker->kept + len > DETOUR_BODIES) {
		detour_forget(c);
		x->lost = true;
		return;
	}
	for (int i = 0; i < count; i++)
		text_add(&x->kept, parts[i].iov_base, parts[i].iov_len);
	c->worker->kept += len;
	x->kept_sent = x->kept.len;
}

void detour_forget(struct conn *c)
{
	struct exchange *x = c->exchange;
	c->worker->kept -= x->kept.len;
	if (x->kept.room > ONWARD_SMALL)
		text_free(&x->kept);
	text_clear(&x->kept);
	x->kept_sent = 0;
}

/* ----------------------------------------------------------------------------------------------------------- the head */

static bool is_replaced(const struct replay *r, const char *in, const struct http1_field *field)
{
	for (uint32_t i = 0; i < r->field_count; i++)
		if (http1_word_equal(bytes_of(r->fields[i].name), (struct bytes){in + field->name, field->name_len}))
			return true;
	return false;
}

static char *put_text(char *at, const char *text)
{
	return put(at, text, strlen(text));
}

/* The head that went to the Machine, with what the transform wants. False: it is too large for that. */
static bool transform(struct conn *c, struct detour *d)
{
	struct exchange *x = c->exchange;
	const struct replay *r = &d->replay;
	struct bytes head = exchange_onward(x);
	const char *in = head.at;
	http1_head_init(&x->head);
	if (http1_request_parse(&x->head, in, head.len) != HTTP1_DONE)
		return false;
	struct block *out = block_take(&c->worker->blocks);
	struct bytes target = r->path ? bytes_of(r->path) : http1_head_target(&x->head, in);
	char *at = PUT(put(out->bytes, in + x->head.start, x->head.method_len), " ");
	at = PUT(put(at, target.at, target.len), " HTTP/1.1\r\n");
	for (uint32_t i = 0; i < x->head.count; i++) {
		const struct http1_field *field = &x->head.field[i];
		if (!is_replaced(r, in, field))
			at = put(at, in + field->name, (size_t)(field->end - field->name));
	}
	for (uint32_t i = 0; i < r->field_count; i++)
		if (r->fields[i].value)
			at = PUT(put_text(PUT(put_text(at, r->fields[i].name), ": "), r->fields[i].value), "\r\n");
	at = PUT(at, "\r\n");
	out->to = (uint32_t)(at - out->bytes);
	block_give(&c->worker->blocks, d->head_from);
	d->head_from = d->head;
	d->head = out;
	return true;
}

struct bytes exchange_onward(const struct exchange *x)
{
	const struct block *other = x->detour ? x->detour->head : NULL;
	if (other)
		return (struct bytes){other->bytes, other->to};
	return detour_original(x);
}

char *detour_told(const struct exchange *x, char *out)
{
	return x->detour ? put_text(out, x->detour->told) : out;
}

/* ------------------------------------------------------------------------------------------------------------- where to */

static const struct site_machine *machine_in(const struct site *site, const struct live_machine *live)
{
	for (uint32_t i = 0; site && i < site->machine_count; i++)
		if (site->machines[i].live == live)
			return &site->machines[i];
	return NULL;
}

/* The organization of `to` lets that of `from` replay to it, whatever the networks. */
static bool is_source(const struct site *from, const struct site *to)
{
	size_t len = strlen(from->org);
	for (const char *at = to->replay_sources; at && *at; at = strchr(at, ' ') + 1)
		if (strncmp(at, from->org, len) == 0 && at[len] == ' ')
			return true;
	return false;
}

enum refusal detour_judge(const struct conn *c, const struct site *from, const struct site *to)
{
	if (!from || !to)
		return REFUSAL_REPLAY_UNKNOWN;
	bool same_org = strcmp(from->org, to->org) == 0;
	if ((!same_org || from->network != to->network) && !is_source(from, to))
		return same_org ? REFUSAL_REPLAY_DENIED : REFUSAL_REPLAY_UNKNOWN;
	const struct site_port *port = site_port(to, c->way.port);
	return port && port->handlers & HANDLER_HTTP ? REFUSAL_KINDS : REFUSAL_REPLAY_NO_PORT;
}

static void note_source(const struct conn *c, struct detour *d, const struct site *from)
{
	const struct live_machine *live = c->backend->service->machine;
	const struct site_machine *m = machine_in(from, live);
	snprintf(d->app, sizeof d->app, "%s", live->app->name);
	memcpy(d->machine, live->id, sizeof d->machine);
	snprintf(d->region, sizeof d->region, "%s", m ? m->region : "");
	d->since_ms = clock_mono_ms();
	snprintf(d->told, sizeof d->told,
	         "Fly-Replay-Src: instance=%s;region=%s;t=%jd%s%s\r\nFly-Replay-Cache-Status: %s\r\n", d->machine,
	         d->region, (intmax_t)clock_wall_ms() * 1000, d->replay.state[0] ? ";state=" : "", d->replay.state,
	         d->bypassed ? "bypass" : "miss");
}

void detour_set_out(struct conn *c, struct detour *d)
{
	struct exchange *x = c->exchange;
	x->phase = EXCHANGE_SEEK;
	x->retried = x->head_sent = x->deaf = false;
	x->interim = 0;
	c->tried.count = 0;
	c->tried.steer = &d->steer;
	c->probed = c->fresh = false;
	c->failed_id[0] = '\0';
	c->tries = 0;
	conn_seek(c);
}

/* The Machine's connection can be used again when its answer is read to the end. */
static void leave_machine(struct conn *c, bool whole)
{
	struct exchange *x = c->exchange;
	x->client_keeps = false;
	x->machine_keeps = whole && x->head.keep_alive && !x->tainted;
	exchange_release(c);
	block_give(&c->worker->blocks, x->from_machine);
	x->from_machine = NULL;
}

static void go(struct conn *c, struct detour *d, bool whole)
{
	struct exchange *x = c->exchange;
	const struct fleet *fleet = &c->worker->proxy->fleet;
	const char *own = c->backend->service->machine->app->name;
	const struct site *from = fleet_site(fleet, own);
	bool other = d->replay.steer.app[0] && strcmp(d->replay.steer.app, own) != 0;
	const struct site *to = other ? fleet_site(fleet, d->replay.steer.app) : from;
	enum refusal refusal = detour_judge(c, from, to);
	if (d->replay.keep.invalidate)
		detour_invalidate(c);
	if (x->lost)
		refusal = REFUSAL_REPLAY_BODY;
	bool http2 = refusal == REFUSAL_KINDS && site_port(to, c->way.port)->options->h2_backend && !x->asked.websocket;
	if (refusal == REFUSAL_KINDS && http2 != c->http2_machine && !detour_body_is_plain(x))
		refusal = REFUSAL_REPLAY_BODY;
	if (++d->hops > REPLAY_HOPS)
		refusal = REFUSAL_REPLAY_LOOP;
	if (refusal != REFUSAL_KINDS) {
		refuse(c, refusal, other ? d->replay.steer.app : own);
		return;
	}
	note_source(c, d, from);
	d->steer = d->replay.steer;
	snprintf(d->steer.app, sizeof d->steer.app, "%s", to->app->name);
	if (d->replay.elsewhere && !other)
		memcpy(d->steer.not_id, d->machine, sizeof d->steer.not_id);
	d->ahead = false;
	detour_remember(c, d);
	leave_machine(c, whole);
	d->http2_from = c->http2_machine;
	c->http2_machine = http2;
	if ((d->replay.path || d->replay.field_count) && !transform(c, d)) {
		conn_refuse(c, REFUSAL_REPLAY_BAD, "the head of the request is too large to be transformed");
		return;
	}
	counter_add(&c->worker->counters.replays, 1);
	log_debug("replay id=%s from=%s app=%s hop=%u", x->request_id, d->machine, d->steer.app, d->hops);
	if (d->replay.timeout_ms) {
		ev_timer_stop(c->worker->loop, &d->timer);
		ev_timer_set(&d->timer, d->replay.timeout_ms / 1000.0, 0);
		ev_timer_start(c->worker->loop, &d->timer);
	}
	detour_set_out(c, d);
}

/* ----------------------------------------------------------------------------------------------------------- the answer */

static void take_json(struct conn *c)
{
	struct detour *d = c->exchange->detour;
	const char *why;
	int rc = replay_read_json(&d->replay, (struct bytes){text_string(&d->json), d->json.len}, &why);
	text_clear(&d->json);
	if (rc < 0)
		refuse(c, REFUSAL_REPLAY_BAD, why);
	else
		go(c, d, true);
}

void detour_more(struct conn *c)
{
	struct exchange *x = c->exchange;
	struct flow_parts parts;
	enum http1_body_event event = flow_take(&x->response, x->from_machine, &parts);
	for (int i = 0; i < parts.count; i++)
		text_add(&x->detour->json, parts.part[i].iov_base, parts.part[i].iov_len);
	if (event == HTTP1_BODY_BAD || x->detour->json.len > REPLAY_JSON)
		refuse(c, REFUSAL_REPLAY_BAD, event == HTTP1_BODY_BAD ? x->response.body.why : "it is too long");
	else if (event == HTTP1_BODY_END)
		take_json(c);
	else
		exchange_arm(c);
}

void detour_ended(struct conn *c, bool broke)
{
	struct flow_parts end;
	if (broke || !flow_closed(&c->exchange->response, &end))
		refuse(c, REFUSAL_REPLAY_BAD, "it ended in the middle");
	else
		take_json(c);
}

/* The body of an answer that is not passed on; all of it is there, or the connection is given up. */
static bool skip_body(struct exchange *x)
{
	struct flow_parts parts;
	return flow_take(&x->response, x->from_machine, &parts) == HTTP1_BODY_END;
}

static int read_field(struct replay *out, const struct http1_head *head, const char *in, const char **why)
{
	struct replay_keep_fields keep = {
	    .cache = http1_head_value(head, in, "fly-replay-cache"),
	    .ttl = http1_head_value(head, in, "fly-replay-cache-ttl-secs"),
	    .allow_bypass = http1_head_value(head, in, "fly-replay-cache-allow-bypass"),
	};
	if (replay_read(out, http1_head_value(head, in, "fly-replay"), why) < 0)
		return -1;
	return replay_read_keep(out, &keep, why);
}

void detour_answer(struct conn *c)
{
	struct exchange *x = c->exchange;
	struct detour *d = detour_of(c);
	const char *in = x->from_machine->bytes + x->from_machine->from;
	const char *why = "the request came back by its fallback and cannot be replayed again";
	struct bytes value = http1_head_value(&x->head, in, "fly-replay");
	ev_timer_stop(c->worker->loop, &d->timer);
	replay_free(&d->replay);
	if (d->back || (value.at && read_field(&d->replay, &x->head, in, &why) < 0)) {
		refuse(c, REFUSAL_REPLAY_BAD, why);
		return;
	}
	flow_init(&x->response, x->head.framing, x->head.length, HTTP1_UNTIL_CLOSE);
	x->from_machine->from += x->head.end;
	x->phase = EXCHANGE_REPLAY;
	if (value.at)
		go(c, d, skip_body(x));
	else
		detour_more(c);
}

/* --------------------------------------------------------------------------------------------------------- falling back */

/* NULL: not the target's fault, or the request may have been carried out there. */
static const char *reason_of(enum refusal refusal)
{
	switch (refusal) {
	case REFUSAL_REPLAY_TIMEOUT:
	case REFUSAL_WAKE_TIMEOUT:
	case REFUSAL_QUEUE_TIMEOUT:
		return "timeout";
	case REFUSAL_NO_INSTANCE:
	case REFUSAL_NO_SERVICE:
	case REFUSAL_QUEUE_FULL:
	case REFUSAL_NO_AGENT:
		return "no_candidate";
	case REFUSAL_WAKE_REFUSED:
	case REFUSAL_UNREACHABLE:
	case REFUSAL_CONNECT_REFUSED:
	case REFUSAL_CONNECT_RESET:
	case REFUSAL_CONNECT_TIMEOUT:
	case REFUSAL_CONNECT_OTHER:
		return "retries_exhausted";
	default:
		return NULL;
	}
}

bool detour_falls_back(struct conn *c, enum refusal refusal)
{
	struct exchange *x = c->exchange;
	struct detour *d = x->detour;
	const char *reason = reason_of(refusal);
	if (!d || !reason || x->phase >= EXCHANGE_REPLAY || x->head_sent)
		return false;
	if (d->ahead) {
		log_info("remembered replay led nowhere id=%s code=%s app=%s", x->request_id, refusal_code(refusal),
		         d->steer.app);
		return detour_ask_again(c, d);
	}
	if (d->back || d->replay.fallback == REPLAY_NO_FALLBACK)
		return false;
	const struct steer *meant = &d->steer;
	const char *id = meant->force_id[0] ? meant->force_id : meant->prefer_id[0] ? meant->prefer_id : c->failed_id;
	const struct steer_regions *regions = &meant->force_regions;
	snprintf(d->told, sizeof d->told,
	         "Fly-Replay-Failed: instance=%s;app=%s;region=%s;replay_source=%s;reason=%s;elapsed_ms=%jd\r\n", id,
	         meant->app, regions->count ? regions->codes[0] : "", d->machine, reason,
	         (intmax_t)(clock_mono_ms() - d->since_ms));
	log_info("replay fell back id=%s code=%s reason=%s machine=%s app=%s", x->request_id, refusal_code(refusal),
	         reason, d->machine, d->app);
	ev_timer_stop(c->worker->loop, &d->timer);
	d->back = true;
	c->http2_machine = d->http2_from;
	d->steer = (struct steer){0};
	snprintf(d->steer.app, sizeof d->steer.app, "%s", d->app);
	memcpy(d->replay.fallback == REPLAY_FORCE_SELF ? d->steer.force_id : d->steer.prefer_id, d->machine,
	       sizeof d->machine);
	if (d->replay.path || d->replay.field_count) { /* it gets the request as it knows it */
		block_give(&c->worker->blocks, d->head);
		d->head = d->head_from;
		d->head_from = NULL;
	}
	detour_set_out(c, d);
	return true;
}

void detour_free(struct conn *c)
{
	struct detour *d = c->exchange->detour;
	c->exchange->detour = NULL;
	if (!d)
		return;
	ev_timer_stop(c->worker->loop, &d->timer);
	replay_free(&d->replay);
	text_free(&d->json);
	block_give(&c->worker->blocks, d->head);
	block_give(&c->worker->blocks, d->head_from);
	free(d);
}

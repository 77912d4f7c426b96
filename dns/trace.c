/* trace.c - see trace.h. */
#include "trace.h"

#include <stddef.h>
#include <string.h>

/* As clients ask: with RD; and with EDNS, so that the answer says more. */
static size_t write_question(uint8_t *out, const struct name *name, uint16_t type)
{
	uint8_t *at = out;
	memset(at, 0, WIRE_HEADER);
	wire_put16(at + 2, 0x0100); /* RD */
	wire_put16(at + 4, 1);      /* questions */
	wire_put16(at + 10, 1);     /* additional records */
	at += WIRE_HEADER;
	memcpy(at, name->wire, name->len);
	at = wire_put16(at + name->len, type);
	at = wire_put16(at, CLASS_IN);
	*at++ = 0;
	at = wire_put16(at, TYPE_OPT);
	at = wire_put16(at, WIRE_MESSAGE_MAX);
	at = wire_put32(at, 0);
	return (size_t)(wire_put16(at, 0) - out);
}

static void find_view(struct trace *out, const struct responder_settings *settings,
                      const struct responder_client *client)
{
	static const uint8_t tail[10] = {[9] = 3};
	bool names_one = memcmp(client->destination.s6_addr + 6, tail, sizeof tail) == 0;
	out->asked = names_one ? network_of_ip(&client->destination) : 0;
	out->network = network_of_ip(&client->source);
	out->view = TRACE_OWN;
	if (!out->network) {
		out->network = settings->network_of(settings->owner, &client->source);
		out->view = out->network ? TRACE_ATTACHED : TRACE_NOWHERE;
	}
	if (responder_view(settings, client) != out->network)
		out->view = TRACE_OTHER;
}

/* What is only looked at takes nobody's share. The last member changes meanwhile. */
static struct responder_settings without_limits(const struct responder_settings *settings)
{
	struct responder_settings copy = {.now = {.seconds = __atomic_load_n(&settings->now.seconds, __ATOMIC_RELAXED),
	                                          .stale = __atomic_load_n(&settings->now.stale, __ATOMIC_RELAXED)}};
	memcpy(&copy, settings, offsetof(struct responder_settings, now));
	copy.rrl = NULL;
	return copy;
}

bool trace_question(struct trace *out, const struct responder_settings *settings, const struct responder_client *client,
                    const char *text, uint16_t type)
{
	uint8_t question[WIRE_HEADER + NAME_WIRE + 4 + WIRE_OPT];
	struct responder_settings unlimited = without_limits(settings);
	struct responder responder;
	if (!name_parse(&out->name, text))
		return false;
	find_view(out, settings, client);
	out->zone = zone_of(&out->name);
	out->found = (struct zone_answer){.result = ZONE_NO_NETWORK};
	if (out->zone != ZONE_NONE && (out->view == TRACE_OWN || out->view == TRACE_ATTACHED))
		zone_find(settings->zone, &(struct zone_question){out->network, out->zone, &out->name, type},
		          &out->found);
	responder_init(&responder, &unlimited);
	struct bytes in = {(const char *)question, write_question(question, &out->name, type)};
	out->len = responder_respond(&responder, client, in, out->answer, sizeof out->answer);
	out->forwarded = out->len == 0 && responder.outside.network;
	if (responder.stream) /* the first message tells enough */
		responder.stream->free(responder.stream);
	return true;
}

bool trace_run(struct trace_run *out, const struct trace *trace, size_t index)
{
	const struct zone_answer *found = &trace->found;
	const uint8_t *record = found->records;
	bool by_region = found->run_count > 0;
	if (found->result != ZONE_NAME || found->most == UINT32_MAX || found->type != TYPE_AAAA ||
	    index >= (by_region ? found->run_count : 1))
		return false;
	for (size_t i = 0; by_region && i < index; i++)
		record += (size_t)found->runs[i].count * WIRE_AAAA;
	out->count = by_region ? found->runs[index].count : found->count;
	out->away = by_region ? found->away[found->runs[index].region] : UINT32_MAX;
	memcpy(&out->first, record + WIRE_AAAA - sizeof out->first, sizeof out->first);
	return true;
}

/* responder.c - see responder.h. */
#include "responder.h"

#include "about.h"
#include "asker.h"
#include "base/clock.h"
#include "base/rcu.h"
#include "network_names.h"
#include "proxied.h"
#include "signature.h"
#include "transfer.h"
#include "zone_catalog.h"

enum { SAID_LATER = 32 }; /* octets of options that an answer may get besides those that were asked for */

/* One question being answered. */
struct turn {
	struct responder *responder;
	const struct responder_client *client;
	struct query query;
	struct reply reply;
	struct reply_edns edns;
	struct asker asker;           /* in whose name the client asks */
	const struct reply_edns *opt; /* &edns, or NULL: the question had none */
	enum wire_rcode rcode;
	const struct tsig_key *key; /* that the question is signed with; NULL: with none */
	enum cookie_state cookie;
	uint8_t *out;
	size_t room;
	struct signature signature; /* of a question that is signed */
};

void responder_init(struct responder *responder, const struct responder_settings *settings)
{
	*responder = (struct responder){.settings = settings};
}

static void count(uint64_t *counter)
{
	__atomic_store_n(counter, *counter + 1, __ATOMIC_RELAXED);
}

/* A key says more than an address. */
static inline uint32_t view_of(const struct turn *t)
{
	if (!t->key)
		return asker_view(&t->asker, t->responder->settings);
	return asker_agrees(t->client, t->key->network) ? t->key->network : 0;
}

static inline void count_view(const struct turn *t, uint32_t network, enum tally_kind kind)
{
	if (t->responder->tally)
		tally_count(t->responder->tally, network, kind);
}

static inline void start(struct turn *t, bool with_question)
{
	reply_start(&t->reply, &t->query, t->out, t->room, t->opt);
	if (with_question)
		reply_question(&t->reply, &t->query);
}

static size_t end(struct turn *t, enum wire_rcode rcode)
{
	t->rcode = rcode;
	reply_rcode(&t->reply, rcode);
	return reply_end(&t->reply, &t->query, t->opt);
}

/* RD is copied, AD, CD and RA never are (RFC 1035 4.1.1, 4035 3.1.6, 6840 5.8). */
static void copy_rd(struct turn *t)
{
	t->reply.flags |= (uint16_t)((t->query.packet[2] & 1) << 8);
}

static void explain(struct turn *t, enum wire_ede why)
{
	t->edns.options |= HAS_EDE;
	t->edns.error = (uint16_t)why;
}

static size_t refuse(struct turn *t, enum wire_ede why)
{
	explain(t, why);
	start(t, true);
	copy_rd(t);
	return end(t, RCODE_REFUSED);
}

/* The header alone, so that it is never longer than what came (and OPT when that was all right). */
static size_t malformed(struct turn *t, bool with_opt)
{
	if (!with_opt)
		t->opt = NULL;
	t->edns.options = 0;
	start(t, false);
	copy_rd(t);
	return end(t, RCODE_FORMERR);
}

/* RFC 8906 3.1.3: id, opcode, QR and nothing else; the question when there is one. */
static size_t not_implemented(struct turn *t, enum query_result read)
{
	if (proxied_begins((struct bytes){(const char *)t->query.packet, WIRE_HEADER})) {
		count(&t->responder->counts.proxied_stray); /* a header of somebody who is no front, not a question */
		return 0;
	}
	if (read == QUERY_MALFORMED)
		t->opt = NULL;
	explain(t, EDE_NOT_SUPPORTED);
	start(t, read != QUERY_MALFORMED);
	return end(t, RCODE_NOTIMP);
}

static size_t bad_version(struct turn *t)
{
	start(t, true);
	copy_rd(t);
	return end(t, RCODE_BADVERS);
}

/* RFC 7873 5.4: without a question it is one for our half of the cookie, or whether the one it has is still good. */
static size_t no_question(struct turn *t)
{
	if (t->cookie == COOKIE_NONE)
		return malformed(t, true);
	start(t, false);
	copy_rd(t);
	return end(t, t->cookie == COOKIE_WRONG ? RCODE_BADCOOKIE : RCODE_NOERROR);
}

static size_t chaos(struct turn *t)
{
	uint8_t room[ABOUT_RECORD];
	struct bytes record = about_record(room, t->responder->settings, &t->query.name);
	if (record.len == 0 || (t->query.type != TYPE_TXT && t->query.type != TYPE_ANY))
		return refuse(t, EDE_NOT_AUTHORITATIVE);
	start(t, true);
	copy_rd(t);
	reply_record(&t->reply, 1, record);
	return end(t, RCODE_NOERROR);
}

/* The zone's SOA with the serial of this moment, owned by the zone's name inside the question. */
static void add_soa(struct turn *t, unsigned section, enum zone_kind kind)
{
	const struct zone *zone = t->responder->settings->zone;
	struct bytes soa = kind == ZONE_NONE ? zone_catalog_soa() : zone_soa(zone, kind);
	if (!reply_record(&t->reply, section, soa)) {
		t->reply.flags |= REPLY_TC;
		return;
	}
	if (kind != ZONE_NONE)
		reply_own(&t->reply, soa.len, WIRE_HEADER + (size_t)zone_apex_at(kind, &t->query.name));
	wire_put32(t->reply.out + t->reply.len - ENCODE_SOA_SERIAL, zone_serial(zone));
}

/* NS of the apex, and the address of the server it names when there is room (RFC 2181 9: left out without TC). */
static void add_ns(struct turn *t, uint32_t network)
{
	struct bytes ns = zone_ns(t->responder->settings->zone);
	struct in6_addr ip = network_names_server_ip(network);
	uint8_t glue[WIRE_AAAA], *at = glue;
	if (!reply_record(&t->reply, 1, ns)) {
		t->reply.flags |= REPLY_TC;
		return;
	}
	at = wire_put16(at, (unsigned)(0xc000 | (t->reply.len - sizeof NETWORK_NAMES_SERVER))); /* the target */
	at = wire_put16(at, TYPE_AAAA);
	at = wire_put16(at, CLASS_IN);
	at = wire_put32(at, WIRE_TTL);
	at = wire_put16(at, sizeof ip);
	memcpy(at, &ip, sizeof ip);
	reply_record(&t->reply, 3, (struct bytes){(char *)glue, sizeof glue});
}

/* Where an SRV or HTTPS record leads, when there is room (RFC 2782, RFC 9460 4.1): the address of <app>.flycast, whose
 * name is the end of the one that was asked for. */
static void add_address(struct turn *t, const uint8_t *record)
{
	const struct name *name = &t->query.name;
	if (reply_record(&t->reply, 3, (struct bytes){(const char *)record, WIRE_AAAA}))
		reply_own(&t->reply, WIRE_AAAA, WIRE_HEADER + (size_t)name->at[name->count - 2]);
}

static size_t answer_apex(struct turn *t, enum zone_kind kind, uint32_t network)
{
	uint16_t type = t->query.type;
	bool has = type == TYPE_NS || type == TYPE_SOA || type == TYPE_ANY;
	count_view(t, network, has ? TALLY_ANSWER : TALLY_NODATA);
	if (type == TYPE_NS)
		add_ns(t, network);
	else
		add_soa(t, has ? 1 : 2, kind);
	return end(t, RCODE_NOERROR);
}

/* What the OPT record of an answer from one of our zones says: how old that is (RFC 8914 4.4 and 4.20), and which
 * version of the zone (RFC 9660). */
static void tell_of_zone(struct turn *t, enum zone_kind kind, bool no_name)
{
	const struct responder_settings *settings = t->responder->settings;
	if (__atomic_load_n(&settings->now.stale, __ATOMIC_RELAXED))
		explain(t, no_name ? EDE_STALE_NXDOMAIN : EDE_STALE);
	if (t->query.options & HAS_ZONE_VERSION) {
		t->edns.options |= HAS_ZONE_VERSION;
		t->edns.zone_labels = zone_apex_labels(kind);
		t->edns.zone_serial = zone_serial(settings->zone);
	}
}

static size_t answer_name(struct turn *t, enum zone_kind kind)
{
	const struct responder_settings *settings = t->responder->settings;
	uint32_t network = view_of(t);
	struct zone_answer found;
	if (network == 0)
		return refuse(t, EDE_PROHIBITED);
	zone_find(settings->zone, &(struct zone_question){network, kind, &t->query.name, t->query.type}, &found);
	if (found.result == ZONE_NO_NETWORK)
		return refuse(t, EDE_PROHIBITED);
	if (t->opt)
		tell_of_zone(t, kind, found.result == ZONE_NO_NAME);
	start(t, true);
	copy_rd(t);
	if (t->query.class == CLASS_IN) /* of class ANY nobody can be the authority (RFC 1035 3.7.1) */
		t->reply.flags |= REPLY_AA;
	if (settings->forwards && zone_forwards(settings->zone, network))
		t->reply.flags |= REPLY_RA;
	if (found.result == ZONE_APEX)
		return answer_apex(t, kind, network);
	if (found.count && (found.type == t->query.type || t->query.type == TYPE_ANY)) {
		count_view(t, network, TALLY_ANSWER);
		reply_answer(&t->reply, &found, t->responder->turn++, t->client->transport == RESPONDER_UDP);
		if (found.address)
			add_address(t, found.address);
		return end(t, RCODE_NOERROR);
	}
	bool exists = found.result != ZONE_NO_NAME;
	count_view(t, network, exists ? TALLY_NODATA : TALLY_NXDOMAIN);
	add_soa(t, 2, kind);
	return end(t, exists ? RCODE_NOERROR : RCODE_NXDOMAIN);
}

/* The network that whoever asks may copy; 0: none. */
static uint32_t copied_by(const struct turn *t)
{
	const struct grants *grants = rcu_get(t->responder->settings->grants);
	uint32_t network = t->key ? t->key->network : grants ? grants_network(grants, &t->client->source) : 0;
	return asker_agrees(t->client, network) ? network : 0;
}

/* A copy of a zone for who may have it; its SOA, when that is asked (by who is in no network) or over UDP: come for more? */
static size_t transfer(struct turn *t, enum zone_kind kind)
{
	const struct responder_settings *settings = t->responder->settings;
	const struct transfer_question question = {settings->zone,
	                                           kind,
	                                           copied_by(t),
	                                           &t->query,
	                                           t->client->transport == RESPONDER_UDP,
	                                           settings->udp_size,
	                                           &t->signature.tsig,
	                                           t->key};
	enum transfer_verdict verdict = transfer_ask(&question, &t->responder->stream);
	if (verdict == TRANSFER_BEGINS) {
		count(&t->responder->counts.transfers);
		return 0;
	}
	if (verdict == TRANSFER_REFUSED)
		return refuse(t, kind == ZONE_NONE ? EDE_NOT_AUTHORITATIVE : EDE_PROHIBITED);
	if (verdict == TRANSFER_MALFORMED)
		return malformed(t, true);
	start(t, true);
	copy_rd(t);
	if (verdict == TRANSFER_BUSY) {
		count(&t->responder->counts.transfers_busy);
		return end(t, RCODE_SERVFAIL); /* later there may be room */
	}
	if (verdict == TRANSFER_NO_APEX)
		return end(t, RCODE_NOTAUTH);
	t->reply.flags |= REPLY_AA;
	add_soa(t, t->query.type == TYPE_SOA || t->query.type == TYPE_IXFR ? 1 : 2, kind);
	return end(t, RCODE_NOERROR);
}

/* Does the question ask for data? Those between TKEY and ANY ask for something else (RFC 6895 3.1). */
static bool is_data(uint16_t type)
{
	return type != TYPE_NONE && type != TYPE_OPT && (type < 249 || type > 254);
}

/* What is in none of our zones: to be asked elsewhere, or refused. */
static size_t answer_outside(struct turn *t)
{
	const struct responder_settings *settings = t->responder->settings;
	const struct query *q = &t->query;
	bool wants = (q->packet[2] & 1) != 0; /* RD */
	uint32_t network = settings->forwards && wants && !t->key ? view_of(t) : 0;
	if (network == 0 || q->class != CLASS_IN || !is_data(q->type) || !zone_forwards(settings->zone, network))
		return refuse(t, EDE_NOT_AUTHORITATIVE);
	t->responder->outside = (struct responder_outside){network, q->question_len, (uint16_t)t->room, q->has_edns,
	                                                   q->dnssec_ok};
	return 0;
}

static size_t answer(struct turn *t)
{
	const struct query *q = &t->query;
	if (q->class == CLASS_CH)
		return chaos(t);
	if (q->class != CLASS_IN && q->class != CLASS_ANY)
		return refuse(t, EDE_NOT_SUPPORTED);
	enum zone_kind kind = zone_of(&q->name);
	if (kind == ZONE_NONE && zone_catalog_is(&q->name))
		return transfer(t, kind);
	if (kind == ZONE_NONE)
		return answer_outside(t);
	if (q->type == TYPE_AXFR || q->type == TYPE_IXFR || (q->type == TYPE_SOA && view_of(t) == 0))
		return transfer(t, kind);
	return answer_name(t, kind);
}

/* Whoever signs with a key sees the network that is read with it, and gets a signed answer. */
static size_t respond_signed(struct turn *t)
{
	struct signature *s = &t->signature;
	size_t least = reply_least(&t->query, t->opt) + SAID_LATER;
	if (!signature_read(s, &t->query, rcu_get(t->responder->settings->grants)) || least + s->room > t->room)
		return malformed(t, false);
	t->room -= s->room;
	if (s->error) {
		start(t, true);
		copy_rd(t);
		return signature_add(s, t->out, end(t, RCODE_NOTAUTH));
	}
	t->key = s->key;
	t->edns.scope = 0; /* the answer is the key's, whoever else is named */
	size_t len = answer(t);
	return t->responder->stream ? 0 : signature_add(s, t->out, len); /* a stream signs its messages itself */
}

/* -1: it is malformed. */
static int take_subnet(struct turn *t)
{
	switch (asker_subnet(&t->asker, t->responder->settings, t->query.subnet)) {
	case ASKER_MALFORMED:
		return -1;
	case ASKER_STRAY:
		count(&t->responder->counts.subnet_stray);
		return 0;
	case ASKER_BELIEVED:
		break;
	}
	t->edns.options |= HAS_SUBNET;
	t->edns.subnet = &t->asker.subnet;
	t->edns.scope = t->asker.scope;
	return 0;
}

static size_t respond(struct turn *t, enum query_result read)
{
	const struct query *q = &t->query;
	if (q->opcode != QUERY_OPCODE_QUERY)
		return not_implemented(t, read);
	if (read == QUERY_MALFORMED)
		return malformed(t, false);
	if (q->edns_version != 0)
		return bad_version(t);
	if (read == QUERY_BAD_OPTION)
		return malformed(t, true);
	if (read == QUERY_EMPTY)
		return no_question(t);
	if (q->options & HAS_SUBNET && take_subnet(t) < 0)
		return malformed(t, true);
	if (q->tsig)
		return respond_signed(t);
	return answer(t);
}

/* What an answer over UDP may have: 512 without EDNS, else what the client takes, up to our limit. */
static size_t udp_room(const struct query *query, size_t most)
{
	if (!query->has_edns || query->edns_size < WIRE_UDP_PLAIN)
		return WIRE_UDP_PLAIN;
	return query->edns_size < most ? query->edns_size : most;
}

static enum rrl_kind kind_of(const struct turn *t)
{
	if (t->rcode == RCODE_NXDOMAIN)
		return RRL_NXDOMAIN;
	if (t->rcode != RCODE_NOERROR)
		return RRL_ERROR;
	return t->reply.counts[1] || t->reply.flags & REPLY_TC ? RRL_ANSWER : RRL_NODATA;
}

/* What of a finished answer its client gets now. An error is about as short as its question and slips as it is. */
static size_t ration(struct turn *t, size_t len)
{
	struct responder *responder = t->responder;
	enum rrl_kind kind = kind_of(t);
	switch (rrl_judge(responder->settings->rrl, &t->client->source, kind, clock_mono_ns())) {
	case RRL_SEND:
		return len;
	case RRL_DROP:
		count(&responder->counts.rate_dropped);
		return 0;
	case RRL_SLIP:
		break;
	}
	count(&responder->counts.rate_slipped);
	if (kind == RRL_ERROR)
		return len;
	start(t, true);
	copy_rd(t);
	if (t->cookie != COOKIE_NONE) /* it knows cookies, and comes again with the one it gets here (RFC 7873 5.2.3) */
		return end(t, RCODE_BADCOOKIE);
	t->reply.flags |= REPLY_TC;
	return end(t, RCODE_NOERROR);
}

static void judge_cookie(struct turn *t)
{
	const struct responder_now *now = &t->responder->settings->now;
	const struct cookie_secrets *secrets = rcu_get(now->secrets);
	const struct bytes came = {(const char *)t->query.cookie, t->query.cookie_len};
	if (!secrets)
		return;
	t->cookie = cookie_judge(secrets, &t->client->source, __atomic_load_n(&now->seconds, __ATOMIC_RELAXED), came,
	                         t->edns.cookie);
	if (t->cookie != COOKIE_NONE)
		t->edns.options |= HAS_COOKIE;
	count(&t->responder->counts.cookies[t->cookie]);
}

/* The options that are answered whatever the question is. */
static void take_options(struct turn *t)
{
	const struct responder_client *client = t->client;
	unsigned came = t->query.options;
	if (came & HAS_COOKIE)
		judge_cookie(t);
	if (came & HAS_NSID && t->responder->settings->identity.len) {
		t->edns.options |= HAS_NSID;
		t->edns.identity = t->responder->settings->identity;
	}
	if (came & HAS_KEEPALIVE && client->transport != RESPONDER_UDP) { /* RFC 7828 3.3.2 */
		t->edns.options |= HAS_KEEPALIVE;
		t->edns.keepalive = client->keepalive;
	}
	if (came & HAS_PADDING && client->transport == RESPONDER_TLS) /* RFC 7830 6: elsewhere it hides nothing */
		t->edns.options |= HAS_PADDING;
}

/* The query is read already; what is not set here is set before anybody reads it. */
static void begin(struct turn *t, struct responder *responder, const struct responder_client *client, uint8_t *out)
{
	t->responder = responder;
	t->client = t->asker.client = client;
	t->asker.for_others = false;
	t->key = NULL;
	t->out = out;
	t->cookie = COOKIE_NONE;
	t->edns.size = responder->settings->udp_size;
	t->edns.options = 0;
	t->opt = t->query.has_edns ? &t->edns : NULL;
}

size_t responder_respond(struct responder *responder, const struct responder_client *client, struct bytes in,
                         uint8_t *out, size_t room)
{
	const struct responder_settings *settings = responder->settings;
	struct turn t; /* not cleared: the query's name alone is half a kilobyte */
	if (settings->forwards)
		responder->outside.network = 0;
	enum query_result read = query_read(&t.query, (const uint8_t *)in.at, in.len);
	if (read == QUERY_SILENT || client->port == 0) {
		count(&responder->counts.silent);
		return 0;
	}
	begin(&t, responder, client, out);
	if (t.query.options && read < QUERY_BAD_OPTION) /* else their lengths may be wrong, too */
		take_options(&t);
	t.room = client->transport == RESPONDER_UDP ? udp_room(&t.query, settings->udp_size) : room;
	if (t.room > room)
		t.room = room;
	size_t len = respond(&t, read);
	if (settings->rrl && len && client->transport == RESPONDER_UDP && !t.key && t.cookie != COOKIE_VALID)
		len = ration(&t, len);
	if (read == QUERY_READ)
		count(&responder->counts.types[t.query.type < RESPONDER_TYPES ? t.query.type : 0]);
	if (len == 0)
		return 0;
	count(&responder->counts.answered[client->transport][t.rcode]);
	if (t.reply.flags & REPLY_TC)
		count(&responder->counts.truncated);
	return len;
}

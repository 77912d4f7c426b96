/* dig.c - flycast dig: asks a name server as a member of a network would. */
#include <stdbool.h> /* before ldns, which would make a bool of its own */

#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "base/addr.h"
#include "base/log.h"
#include "command/call.h"
#include "command/commands.h"
#include "command/say.h"
#include "command/session.h"
#include "network.h"
#include "registry.h"

enum { SECONDS = 5, TRIES = 2, DNS_PORT = 53 };

struct question {
	const char *name;
	char *reverse; /* the name made of -x; owned */
	ldns_rr_type type;
	struct sockaddr_in6 server;
	char server_text[ADDR_TEXT];
};

/* fdaa::3, or fdaa:<network>::3 when a flag names one. 0 or the exit code. */
static int default_server(struct call *call, struct question *q)
{
	const char *app_name = call_text(call, "app"), *org = call_text(call, "org"),
	           *name = call_text(call, "network");
	struct network network = {0};
	if (app_name || org || name) {
		struct app app;
		int rc;
		if (session_read(call) < 0)
			return 1;
		if (app_name)
			rc = app_need(call->registry, &app, app_name);
		else
			rc = network_need(call->registry, &network, org ? org : "personal", name ? name : "default");
		if (rc < 0)
			return session_failed(call);
		if (app_name)
			network.id = app.network;
	}
	uint8_t *b = q->server.sin6_addr.s6_addr;
	q->server = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(DNS_PORT)};
	b[0] = 0xfd, b[1] = 0xaa, b[15] = 3;
	for (int i = 0; i < 4; i++)
		b[2 + i] = (uint8_t)(network.id >> (24 - 8 * i));
	return 0;
}

/* ADDRESS or [ADDRESS]:PORT; --port beats both. 0 or the exit code. */
static int read_server(struct call *call, struct question *q, const char *server)
{
	int64_t port = call_number(call, "port", 0);
	char quoted[160];
	if (port > 65535)
		return say_misuse(call, "there is no port %lld: ports end at 65535", (long long)port);
	if (!server) {
		int code = default_server(call, q);
		if (code)
			return code;
	} else if (addr_ip_parse(&q->server.sin6_addr, server)) {
		q->server.sin6_family = AF_INET6;
		q->server.sin6_port = htons(DNS_PORT);
	} else if (!strchr(server, ':') || !addr_parse(&q->server, server)) {
		return say_misuse(call, "%s is no address of a name server: write ADDRESS or [ADDRESS]:PORT",
		                  log_quote(quoted, sizeof quoted, server));
	}
	if (port)
		q->server.sin6_port = htons((uint16_t)port);
	addr_text(q->server_text, &q->server);
	return 0;
}

/* The words in any order, as people type them for dig: NAME, TYPE, @SERVER. 0 or the exit code. */
static int read_question(struct call *call, struct question *q)
{
	const char *server = call_text(call, "server"), *reverse = call_text(call, "reverse");
	char quoted[160];
	for (int i = 0; i < call->arg_count; i++) {
		const char *word = call->args[i];
		ldns_rr_type type = ldns_get_rr_type_by_name(word);
		if (word[0] == '@')
			server = word + 1;
		else if (type != 0 && q->type == 0 && !strchr(word, '.') &&
		         (q->name || reverse || i + 1 < call->arg_count))
			q->type = type;
		else if (!q->name && !reverse)
			q->name = word;
		else
			return say_misuse(call, "don't understand DNS type %s", log_quote(quoted, sizeof quoted, word));
	}
	if (reverse) {
		ldns_rdf *ip = ldns_rdf_new_frm_str(strchr(reverse, ':') ? LDNS_RDF_TYPE_AAAA : LDNS_RDF_TYPE_A,
		                                    reverse);
		ldns_rdf *name = ip ? ldns_rdf_address_reverse(ip) : NULL;
		ldns_rdf_deep_free(ip);
		if (!name)
			return say_misuse(call, "%s is no address", log_quote(quoted, sizeof quoted, reverse));
		q->reverse = ldns_rdf2str(name);
		ldns_rdf_deep_free(name);
		q->name = q->reverse;
	}
	if (!q->name)
		return say_misuse(call, "dig needs a NAME");
	if (q->type == 0)
		q->type = reverse ? LDNS_RR_TYPE_PTR : LDNS_RR_TYPE_AAAA;
	return read_server(call, q, server);
}

static ldns_resolver *resolver_of(const struct call *call, const struct question *q)
{
	ldns_resolver *resolver = ldns_resolver_new();
	bool mapped = IN6_IS_ADDR_V4MAPPED(&q->server.sin6_addr);
	const uint8_t *bytes = q->server.sin6_addr.s6_addr;
	ldns_rdf *ip = ldns_rdf_new_frm_data(mapped ? LDNS_RDF_TYPE_A : LDNS_RDF_TYPE_AAAA, mapped ? 4 : 16,
	                                     bytes + (mapped ? 12 : 0));
	ldns_resolver_push_nameserver(resolver, ip);
	ldns_rdf_deep_free(ip);
	ldns_resolver_set_port(resolver, ntohs(q->server.sin6_port));
	ldns_resolver_set_usevc(resolver, !call_on(call, "udp", false));
	ldns_resolver_set_timeout(resolver, (struct timeval){.tv_sec = SECONDS});
	ldns_resolver_set_retry(resolver, TRIES);
	ldns_resolver_set_edns_udp_size(resolver, 1232);
	return resolver;
}

static void print_short(const ldns_pkt *answer)
{
	const ldns_rr_list *records = ldns_pkt_answer(answer);
	for (size_t i = 0; i < ldns_rr_list_rr_count(records); i++) {
		const ldns_rr *record = ldns_rr_list_rr(records, i);
		for (size_t k = 0; k < ldns_rr_rd_count(record); k++) {
			char *text = ldns_rdf2str(ldns_rr_rdf(record, k));
			printf("%s%s", k ? " " : "", text ? text : "");
			free(text);
		}
		printf("\n");
	}
}

static int print_answer(const struct call *call, const ldns_pkt *answer)
{
	if (!call_on(call, "short", false)) {
		ldns_pkt_print(stdout, answer);
		return 0;
	}
	ldns_pkt_rcode rcode = ldns_pkt_get_rcode(answer);
	if (rcode == LDNS_RCODE_NOERROR) {
		print_short(answer);
		return 0;
	}
	char *name = ldns_pkt_rcode2str(rcode);
	say_refused("lookup failed: %s", name ? name : "unknown code");
	free(name);
	return 1;
}

static int ask(struct call *call, const struct question *q)
{
	char quoted[160];
	ldns_rdf *name = ldns_dname_new_frm_str(q->name);
	if (!name)
		return say_misuse(call, "%s is no DNS name", log_quote(quoted, sizeof quoted, q->name));
	ldns_resolver *resolver = resolver_of(call, q);
	ldns_pkt *answer = NULL;
	ldns_status status = ldns_resolver_send(&answer, resolver, name, q->type, LDNS_RR_CLASS_IN, LDNS_RD);
	bool vague = status == LDNS_STATUS_OK || status == LDNS_STATUS_ERR; /* "General LDNS error" helps nobody */
	int code;
	if (status == LDNS_STATUS_OK && answer)
		code = print_answer(call, answer);
	else
		code = say_refused(
		    "no answer from %s%s%s%s: see whether flycast-dns serves there, or name a server with "
		    "--server",
		    q->server_text, vague ? "" : " (", vague ? "" : ldns_get_errorstr_by_id(status), vague ? "" : ")");
	ldns_pkt_free(answer);
	ldns_resolver_deep_free(resolver);
	ldns_rdf_deep_free(name);
	return code;
}

static int dig(struct call *call)
{
	struct question q = {0};
	int code = read_question(call, &q);
	if (code == 0)
		code = ask(call, &q);
	free(q.reverse);
	return code;
}

static const struct command_flag flags[] = {
    {"short", 's', FLAG_SWITCH, NULL, "the data only; fails when the name does not exist", NULL, NULL},
    {"server", 0, FLAG_TEXT, "ADDRESS", "whom to ask, also as @ADDRESS (default fdaa::3)", NULL, NULL},
    {"port", 'p', FLAG_NUMBER, "PORT", "its port (default 53)", NULL, NULL},
    {"udp", 0, FLAG_SWITCH, NULL, "ask over UDP (default: TCP)", NULL, NULL},
    {"network", 0, FLAG_TEXT, "NAME", "ask the name server of this network, fdaa:<network>::3", NULL, NULL},
    {"reverse", 'x', FLAG_TEXT, "ADDRESS", "the name of an address", NULL, NULL},
    {0}};

const struct command dig_command = {
    .name = "dig",
    .args = "NAME [TYPE]",
    .summary = "Ask a name server and print its answer",
    .details = "TYPE is AAAA when it is not given. --org, --network or --app ask the name server of that network.",
    .examples = "flycast dig my-app.flycast\nflycast dig my-app.internal AAAA --org acme --short\n"
                "flycast dig _apps.internal TXT @[::1]:5353\nflycast dig -x fdaa:0:1:0:1::2",
    .max_args = 3,
    .takes = TAKES_APP | TAKES_ORG,
    .flags = flags,
    .run = dig};

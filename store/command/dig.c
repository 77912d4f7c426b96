/* dig.c - flycast dig: asks a name server as a member of a network would. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/log.h"
#include "command/call.h"
#include "command/commands.h"
#include "command/dns_ask.h"
#include "command/say.h"

struct question {
	const char *name;
	char *reverse; /* the name made of -x; owned */
	ldns_rr_type type;
	struct sockaddr_in6 server;
	char server_text[ADDR_TEXT];
};

/* --port beats what the word says. 0 or the exit code. */
static int read_server(struct call *call, struct question *q, const char *server)
{
	int64_t port = call_number(call, "port", 0);
	if (port > 65535)
		return say_misuse(call, "there is no port %lld: ports end at 65535", (long long)port);
	int code = dns_ask_server(call, server, &q->server);
	if (code)
		return code;
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
	const struct dns_question question = {q->name, q->type, LDNS_RR_CLASS_IN};
	ldns_rdf *name = ldns_dname_new_frm_str(q->name);
	if (!name)
		return say_misuse(call, "%s is no DNS name", log_quote(quoted, sizeof quoted, q->name));
	ldns_rdf_deep_free(name);
	ldns_status status;
	ldns_pkt *answer = dns_ask(&q->server, &question, call_on(call, "udp", false) ? DNS_ASK_UDP : 0, &status);
	bool vague = status == LDNS_STATUS_OK || status == LDNS_STATUS_ERR; /* "General LDNS error" helps nobody */
	int code;
	if (answer)
		code = print_answer(call, answer);
	else
		code = say_refused(
		    "no answer from %s%s%s%s: see whether flycast-dns serves there, or name a server with "
		    "--server",
		    q->server_text, vague ? "" : " (", vague ? "" : ldns_get_errorstr_by_id(status), vague ? "" : ")");
	ldns_pkt_free(answer);
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

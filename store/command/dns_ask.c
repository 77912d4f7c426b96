/* dns_ask.c - see dns_ask.h. */
#include "command/dns_ask.h"

#include <string.h>

#include "app.h"
#include "base/addr.h"
#include "base/log.h"
#include "command/call.h"
#include "command/say.h"
#include "command/session.h"
#include "network.h"
#include "registry.h"

/* fdaa::3, or fdaa:<network>::3 when a flag names one. 0 or the exit code. */
static int default_server(struct call *call, struct sockaddr_in6 *out)
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
	uint8_t *b = out->sin6_addr.s6_addr;
	*out = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(DNS_ASK_PORT)};
	b[0] = 0xfd, b[1] = 0xaa, b[15] = 3;
	for (int i = 0; i < 4; i++)
		b[2 + i] = (uint8_t)(network.id >> (24 - 8 * i));
	return 0;
}

int dns_ask_server(struct call *call, const char *word, struct sockaddr_in6 *out)
{
	char quoted[160];
	if (!word)
		return default_server(call, out);
	*out = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(DNS_ASK_PORT)};
	if (addr_ip_parse(&out->sin6_addr, word) || (strchr(word, ':') && addr_parse(out, word)))
		return 0;
	return say_misuse(call, "%s is no address of a name server: write ADDRESS or [ADDRESS]:PORT",
	                  log_quote(quoted, sizeof quoted, word));
}

static ldns_resolver *resolver_of(const struct sockaddr_in6 *server, unsigned how)
{
	ldns_resolver *resolver = ldns_resolver_new();
	bool mapped = IN6_IS_ADDR_V4MAPPED(&server->sin6_addr), brief = how & DNS_ASK_BRIEF;
	ldns_rdf *ip = ldns_rdf_new_frm_data(mapped ? LDNS_RDF_TYPE_A : LDNS_RDF_TYPE_AAAA, mapped ? 4 : 16,
	                                     server->sin6_addr.s6_addr + (mapped ? 12 : 0));
	ldns_resolver_push_nameserver(resolver, ip);
	ldns_rdf_deep_free(ip);
	ldns_resolver_set_port(resolver, ntohs(server->sin6_port));
	ldns_resolver_set_usevc(resolver, !(how & DNS_ASK_UDP));
	ldns_resolver_set_timeout(resolver, (struct timeval){.tv_sec = brief ? 2 : DNS_ASK_SECONDS});
	ldns_resolver_set_retry(resolver, DNS_ASK_TRIES);
	ldns_resolver_set_edns_udp_size(resolver, 1232);
	ldns_resolver_set_dnssec(resolver, how & DNS_ASK_UNCHECKED);
	return resolver;
}

ldns_pkt *dns_ask(const struct sockaddr_in6 *server, const struct dns_question *question, unsigned how,
                  ldns_status *status)
{
	uint16_t flags = how & DNS_ASK_UNCHECKED ? LDNS_RD | LDNS_CD : LDNS_RD;
	ldns_pkt *answer = NULL;
	ldns_rdf *name = ldns_dname_new_frm_str(question->name);
	if (!name) {
		*status = LDNS_STATUS_DOMAINNAME_UNDERFLOW;
		return NULL;
	}
	ldns_resolver *resolver = resolver_of(server, how);
	*status = ldns_resolver_send(&answer, resolver, name, question->type, question->class, flags);
	if (*status != LDNS_STATUS_OK && answer) {
		ldns_pkt_free(answer);
		answer = NULL;
	}
	ldns_resolver_deep_free(resolver);
	ldns_rdf_deep_free(name);
	return answer;
}

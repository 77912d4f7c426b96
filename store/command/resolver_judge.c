/* resolver_judge.c - see resolver_judge.h. */
#include "command/resolver_judge.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"

enum { NOERROR = 0, SERVFAIL = 2, NXDOMAIN = 3, REFUSED = 5, PLAIN_PORT = 53 };

static bool is_ours(const char *zone)
{
	return strcasecmp(zone, "flycast.") == 0 || strcasecmp(zone, "internal.") == 0 ||
	       strcasecmp(zone, "a.a.d.f.ip6.arpa.") == 0;
}

/* Who denies what a zone above ours would be asked for. */
static bool is_above(const char *zone)
{
	return strcmp(zone, ".") == 0 || strcasecmp(zone, "arpa.") == 0 || strcasecmp(zone, "ip6.arpa.") == 0;
}

static enum resolver_culprit judge_failure(const struct resolver_case *c)
{
	/* Also where a filter took out the data: that is the next thing to be seen. */
	if (c->unchecked.answered && (c->unchecked.rcode == NOERROR || is_ours(c->unchecked.soa)))
		return RESOLVER_VALIDATES;
	if (c->address && c->zone_answers)
		return RESOLVER_FILTERS;
	if (c->refused > 0)
		return RESOLVER_WRONG_SOURCE;
	return c->arrived == 0 ? RESOLVER_WRONG_PORT : RESOLVER_UNREACHED;
}

static enum resolver_culprit judge_denial(const struct resolver_case *c)
{
	if (is_ours(c->plain.soa))
		return RESOLVER_WRONG_NETWORK;
	return c->reverse && !is_above(c->plain.soa) ? RESOLVER_OWN_ZONE : RESOLVER_NO_FORWARD;
}

enum resolver_culprit resolver_judge(const struct resolver_case *c)
{
	const struct resolver_look *plain = &c->plain;
	if (!plain->answered) /* it may still wait for somebody */
		return c->alive ? judge_failure(c) : RESOLVER_SILENT;
	if (plain->rcode == REFUSED)
		return RESOLVER_CLOSED;
	if (plain->rcode == SERVFAIL)
		return judge_failure(c);
	if (plain->data)
		return plain->same ? RESOLVER_FINE : RESOLVER_DIFFERS;
	if (plain->rcode == NXDOMAIN || (plain->rcode == NOERROR && plain->soa[0]))
		return judge_denial(c);
	/* Records were taken out of an answer: there is not even a zone that says that there are none. */
	return c->address && plain->rcode == NOERROR ? RESOLVER_FILTERS : RESOLVER_DIFFERS;
}

const char *resolver_sentence(enum resolver_culprit culprit)
{
	static const char *const sentences[RESOLVER_CULPRITS] = {
	    [RESOLVER_FINE] = "says what the responder says",
	    [RESOLVER_SILENT] = "no answer: no resolver serves at this address and port for this host",
	    [RESOLVER_CLOSED] = "it refuses this host: let it in by the resolver's access list",
	    [RESOLVER_VALIDATES] =
	        "it validates, and the signed root denies this zone: except the zone from validation",
	    [RESOLVER_FILTERS] = "it takes private addresses out of answers, against rebinding: except the zone",
	    [RESOLVER_OWN_ZONE] =
	        "it answers from a built-in zone for private addresses: turn that off for d.f.ip6.arpa",
	    [RESOLVER_NO_FORWARD] =
	        "it asks the public root instead of the responder: tell it whom to ask for the zone",
	    [RESOLVER_WRONG_PORT] =
	        "none of its questions reaches the responder: it asks a wrong address or port, or may "
	        "not send there",
	    [RESOLVER_WRONG_SOURCE] = "the responder refuses its questions, for their source is in no network: choose "
	                              "another source, or attach its prefix (flycast networks attach)",
	    [RESOLVER_UNREACHED] =
	        "it gets no answer from the responder: it asks a wrong address or port, or from a source "
	        "that is in no network (with --control the doctor knows which)",
	    [RESOLVER_WRONG_NETWORK] = "it asks from an address of another network, where other names exist: choose a "
	                               "source that is in this one",
	    [RESOLVER_DIFFERS] = "other records than the responder's: it asks from another network, or whom else?",
	};
	return sentences[culprit];
}

enum resolver_software resolver_software(const char *version, const struct sockaddr_in6 *address)
{
	static const struct {
		const char *start;
		enum resolver_software software;
	} known[] = {{"unbound", RESOLVER_UNBOUND},
	             {"dnsmasq", RESOLVER_DNSMASQ},
	             {"knot resolver", RESOLVER_KNOT},
	             {"9.", RESOLVER_BIND}};
	const uint8_t *b = address->sin6_addr.s6_addr;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strncasecmp(version, known[i].start, strlen(known[i].start)) == 0)
			return known[i].software;
	/* 127.0.0.53 and .54 are systemd-resolved's, which tells no version. */
	if (IN6_IS_ADDR_V4MAPPED(&address->sin6_addr) && b[12] == 127 && b[13] == 0 && b[14] == 0 &&
	    (b[15] == 53 || b[15] == 54))
		return RESOLVER_SYSTEMD;
	return RESOLVER_UNKNOWN;
}

const char *resolver_name(enum resolver_software software)
{
	static const char *const names[RESOLVER_SOFTWARES] = {
	    "",
	    "unbound.conf",
	    "named.conf",
	    "dnsmasq.conf",
	    "the .network file of the link to the responder",
	    "kresd.conf",
	};
	return names[software];
}

static const char unbound_stubs[] = "stub-zone:\n  name: \"flycast\"\n  stub-addr: $\n"
                                    "stub-zone:\n  name: \"internal\"\n  stub-addr: $\n"
                                    "stub-zone:\n  name: \"a.a.d.f.ip6.arpa\"\n  stub-addr: $\n";
static const char unbound_exceptions[] = "server:\n  domain-insecure: \"flycast\"\n  domain-insecure: \"internal\"\n"
                                         "  domain-insecure: \"a.a.d.f.ip6.arpa\"\n";
static const char bind_stubs[] = "zone \"flycast\" { type static-stub; server-addresses { $; }; };\n"
                                 "zone \"internal\" { type static-stub; server-addresses { $; }; };\n"
                                 "zone \"a.a.d.f.ip6.arpa\" { type static-stub; server-addresses { $; }; };\n";
static const char bind_forwards[] = "zone \"flycast\" { type forward; forward only; forwarders { $; }; };\n"
                                    "zone \"internal\" { type forward; forward only; forwarders { $; }; };\n"
                                    "zone \"a.a.d.f.ip6.arpa\" { type forward; forward only; forwarders { $; }; };\n";
static const char dnsmasq_servers[] = "server=/flycast/internal/$\nserver=/a.a.d.f.ip6.arpa/$\n";
static const char systemd_servers[] = "[Network]\nDNS=$\nDomains=~flycast ~internal ~a.a.d.f.ip6.arpa\n";
static const char systemd_exceptions[] =
    "# /etc/dnssec-trust-anchors.d/flycast.negative takes the place of the built-in list, so all three are needed\n"
    "flycast\ninternal\nd.f.ip6.arpa\n";
static const char knot_stub[] = "-- STUB, not FORWARD: that one would validate\n"
                                "flycast = policy.todnames({'flycast', 'internal', 'a.a.d.f.ip6.arpa'})\n"
                                "policy.add(policy.suffix(policy.FLAGS({'NO_CACHE'}), flycast))\n"
                                "policy.add(policy.suffix(policy.STUB({'$'}), flycast))\n";

/* NULL: none. $ stands for the responder. */
static const char *const lines_of[RESOLVER_SOFTWARES][RESOLVER_CULPRITS] = {
    [RESOLVER_UNBOUND] =
        {
            [RESOLVER_VALIDATES] = unbound_exceptions,
            [RESOLVER_FILTERS] = "server:\n  private-domain: \"flycast\"\n  private-domain: \"internal\"\n",
            [RESOLVER_OWN_ZONE] = "server:\n  local-zone: \"d.f.ip6.arpa.\" nodefault\n",
            [RESOLVER_NO_FORWARD] = unbound_stubs,
            [RESOLVER_WRONG_PORT] = unbound_stubs,
            [RESOLVER_UNREACHED] = unbound_stubs,
            [RESOLVER_WRONG_SOURCE] = "server:\n  outgoing-interface: ADDRESS_IN_THE_NETWORK\n",
            [RESOLVER_WRONG_NETWORK] = "server:\n  outgoing-interface: ADDRESS_IN_THE_NETWORK\n",
        },
    [RESOLVER_BIND] =
        {
            [RESOLVER_VALIDATES] =
                "options { validate-except { \"flycast\"; \"internal\"; \"a.a.d.f.ip6.arpa\"; }; };\n",
            [RESOLVER_FILTERS] =
                "options { deny-answer-addresses { fc00::/7; } except-from { \"flycast\"; \"internal\"; }; };\n",
            [RESOLVER_OWN_ZONE] = bind_stubs,
            [RESOLVER_NO_FORWARD] = bind_stubs,
            [RESOLVER_WRONG_PORT] = bind_stubs,
            [RESOLVER_UNREACHED] = bind_stubs,
            [RESOLVER_WRONG_SOURCE] = "options { query-source-v6 address ADDRESS_IN_THE_NETWORK; };\n",
            [RESOLVER_WRONG_NETWORK] = "options { query-source-v6 address ADDRESS_IN_THE_NETWORK; };\n",
        },
    [RESOLVER_DNSMASQ] =
        {
            [RESOLVER_VALIDATES] = dnsmasq_servers,
            [RESOLVER_FILTERS] = "rebind-domain-ok=/flycast/internal/\n",
            [RESOLVER_OWN_ZONE] = dnsmasq_servers,
            [RESOLVER_NO_FORWARD] = dnsmasq_servers,
            [RESOLVER_WRONG_PORT] = dnsmasq_servers,
            [RESOLVER_UNREACHED] = dnsmasq_servers,
            [RESOLVER_WRONG_SOURCE] = "server=/flycast/internal/$@ADDRESS_IN_THE_NETWORK\n",
            [RESOLVER_WRONG_NETWORK] = "server=/flycast/internal/$@ADDRESS_IN_THE_NETWORK\n",
        },
    [RESOLVER_SYSTEMD] =
        {
            [RESOLVER_VALIDATES] = systemd_exceptions,
            [RESOLVER_OWN_ZONE] = systemd_servers,
            [RESOLVER_NO_FORWARD] = systemd_servers,
            [RESOLVER_WRONG_PORT] = systemd_servers,
            [RESOLVER_UNREACHED] = systemd_servers,
        },
    [RESOLVER_KNOT] =
        {
            [RESOLVER_VALIDATES] = knot_stub,
            [RESOLVER_OWN_ZONE] = knot_stub,
            [RESOLVER_NO_FORWARD] = knot_stub,
            [RESOLVER_WRONG_PORT] = knot_stub,
            [RESOLVER_UNREACHED] = knot_stub,
        },
};

/* The responder's address as each of them writes it. */
static void write_server(struct text *out, enum resolver_software software, const struct sockaddr_in6 *server)
{
	char ip[ADDR_TEXT];
	unsigned port = ntohs(server->sin6_port);
	addr_ip_text(ip, &server->sin6_addr);
	text_put(out, ip);
	if (port == PLAIN_PORT)
		return;
	text_format(out, software == RESOLVER_BIND ? " port %u" : software == RESOLVER_DNSMASQ ? "#%u" : "@%u", port);
}

bool resolver_lines(struct text *out, enum resolver_software software, enum resolver_culprit culprit,
                    const struct sockaddr_in6 *responder)
{
	const char *lines = lines_of[software][culprit];
	/* A static-stub of BIND 9.18 has addresses without ports. */
	if (lines == bind_stubs && ntohs(responder->sin6_port) != PLAIN_PORT)
		lines = bind_forwards;
	for (const char *at = lines; at && *at; at++)
		if (*at != '$')
			text_add(out, at, 1);
		else if (software == RESOLVER_SYSTEMD && ntohs(responder->sin6_port) != PLAIN_PORT) {
			char text[ADDR_TEXT];
			text_put(out, addr_text(text, responder));
		} else
			write_server(out, software, responder);
	return lines != NULL;
}

/* doctor_resolver.c - flycast doctor --resolver: does a resolver in front of the responder say what the responder says, and
 * if not, which of its settings is at fault? resolver_judge.h knows how to tell; here is who asks. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/log.h"
#include "command/call.h"
#include "command/control_ask.h"
#include "command/dns_ask.h"
#include "command/doctor.h"
#include "command/resolver_judge.h"
#include "command/say.h"

enum { NAME_ROOM = 256, NAMES_TRIED = 8, RESOLVERS_MAX = 3 }; /* resolv.conf(5): MAXNS */

struct examination {
	struct doctor *doctor;
	struct sockaddr_in6 responder;
	struct sockaddr_in6 resolver;
	enum resolver_software software;
	char place[ADDR_TEXT]; /* the resolver's */
	bool told[RESOLVER_CULPRITS];
	size_t lines_at; /* where this resolver's begin */
	bool alive;
	bool zone_answers;
};

/* ------------------------------------------------------------------------------------------------ answers */

static ldns_pkt *ask(const struct sockaddr_in6 *server, const char *name, ldns_rr_type type, unsigned how)
{
	const struct dns_question question = {name, type, LDNS_RR_CLASS_IN};
	ldns_status status;
	return dns_ask(server, &question, how | DNS_ASK_UDP | DNS_ASK_BRIEF, &status);
}

static ldns_rr_list *data_of(const ldns_pkt *answer, ldns_rr_type type)
{
	return ldns_pkt_rr_list_by_type(answer, type, LDNS_SECTION_ANSWER);
}

/* Is every record of one answer in the other, whatever its TTL, the case of its name, and of a SOA the serial? */
static bool has_all(const ldns_rr_list *some, const ldns_rr_list *all)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(some); i++) {
		const ldns_rr *one = ldns_rr_list_rr(some, i);
		bool found = false;
		for (size_t k = 0; !found && k < ldns_rr_list_rr_count(all); k++)
			found = ldns_rr_get_type(one) == LDNS_RR_TYPE_SOA ||
			        ldns_rdf_compare(ldns_rr_rdf(one, 0), ldns_rr_rdf(ldns_rr_list_rr(all, k), 0)) == 0;
		if (!found)
			return false;
	}
	return true;
}

static bool is_same(const ldns_pkt *a, const ldns_pkt *b, ldns_rr_type type)
{
	ldns_rr_list *x = data_of(a, type), *y = data_of(b, type);
	bool same = x && y && has_all(x, y) && has_all(y, x);
	ldns_rr_list_deep_free(x);
	ldns_rr_list_deep_free(y);
	return same;
}

static void find_soa(const ldns_pkt *answer, char *out, size_t room)
{
	ldns_rr_list *list = ldns_pkt_rr_list_by_type(answer, LDNS_RR_TYPE_SOA, LDNS_SECTION_AUTHORITY);
	char *name = list ? ldns_rdf2str(ldns_rr_owner(ldns_rr_list_rr(list, 0))) : NULL;
	snprintf(out, room, "%s", name ? name : "");
	free(name);
	ldns_rr_list_deep_free(list);
}

/* Frees the answer. */
static struct resolver_look look_at(ldns_pkt *answer, const ldns_pkt *truth, ldns_rr_type type)
{
	struct resolver_look look = {.answered = answer != NULL};
	if (!answer)
		return look;
	ldns_rr_list *data = data_of(answer, type);
	look.rcode = (unsigned)ldns_pkt_get_rcode(answer);
	look.data = data != NULL;
	look.same = is_same(answer, truth, type);
	find_soa(answer, look.soa, sizeof look.soa);
	ldns_rr_list_deep_free(data);
	ldns_pkt_free(answer);
	return look;
}

/* The text of the first record, without quotes; the caller frees it. NULL: there is none. */
static char *first_text(const ldns_pkt *answer, ldns_rr_type type)
{
	ldns_rr_list *list = answer ? data_of(answer, type) : NULL;
	char *text = list ? ldns_rdf2str(ldns_rr_rdf(ldns_rr_list_rr(list, 0), 0)) : NULL;
	ldns_rr_list_deep_free(list);
	if (text && text[0] == '"') {
		memmove(text, text + 1, strlen(text));
		text[strcspn(text, "\"")] = '\0';
	}
	return text;
}

/* ------------------------------------------------------------------------------------------------ what arrives */

/* The sum of the daemon's counters of answers, all or the refused ones; -1: nobody tells. */
static int64_t count_answers(const struct call *call, const char *label)
{
	static const char counter[] = "flycast_dns_answers_total{";
	const char *socket = call_item(call, "control", 0);
	struct text page = {0};
	char why[256];
	int64_t sum = -1;
	if (socket && control_ask(&page, socket, "/metrics", why, sizeof why) == 0) {
		sum = 0;
		for (char *next = page.at, *line; next && (line = strsep(&next, "\n"));)
			if (strncmp(line, counter, sizeof counter - 1) == 0 && strstr(line, label))
				sum += strtoll(line + strcspn(line, " "), NULL, 10);
	}
	text_free(&page);
	return sum;
}

/* ------------------------------------------------------------------------------------------------ one question */

/* Tells of it; the same lines once for a resolver. */
static void tell(struct examination *e, const char *what, enum resolver_culprit culprit)
{
	struct text lines = {0};
	doctor_report(e->doctor, what, culprit == RESOLVER_FINE, "%s: %s", e->place, resolver_sentence(culprit));
	/* One set of lines may mend two faults. */
	if (resolver_lines(&lines, e->software, culprit, &e->responder) &&
	    !strstr(text_string(&e->doctor->lines) + e->lines_at, text_string(&lines))) {
		text_format(&e->doctor->lines, "# %s: for %s\n%s\n", e->place, resolver_name(e->software),
		            text_string(&lines));
		json_t *last = json_array_get(e->doctor->all, json_array_size(e->doctor->all) - 1);
		json_object_set_new(last, "Lines", json_string(text_string(&lines)));
	}
	e->told[culprit] = true;
	text_free(&lines);
}

/* Returns whether it has the responder's answer. */
static bool examine(struct examination *e, const char *name, ldns_rr_type type)
{
	char what[NAME_ROOM + 16], *kind = ldns_rr_type2str(type);
	snprintf(what, sizeof what, "%s %s", kind, name);
	free(kind);
	ldns_pkt *truth = ask(&e->responder, name, type, 0);
	if (!truth) {
		doctor_report(e->doctor, what, false, "the responder does not answer any more");
		return false;
	}
	struct resolver_case c = {.address = type == LDNS_RR_TYPE_AAAA,
	                          .reverse = strstr(name, ".ip6.arpa") != NULL,
	                          .alive = e->alive,
	                          .zone_answers = e->zone_answers};
	int64_t all = count_answers(e->doctor->call, ""), refused = count_answers(e->doctor->call, "REFUSED");
	c.plain = look_at(ask(&e->resolver, name, type, 0), truth, type);
	/* Either may have answered from before a change. */
	if (c.plain.data && !c.plain.same)
		c.plain = look_at(ask(&e->resolver, name, type, 0), truth, type);
	c.arrived = all < 0 ? -1 : count_answers(e->doctor->call, "") - all;
	c.refused = refused < 0 ? -1 : count_answers(e->doctor->call, "REFUSED") - refused;
	if (c.plain.answered && c.plain.rcode == LDNS_RCODE_SERVFAIL)
		c.unchecked = look_at(ask(&e->resolver, name, type, DNS_ASK_UNCHECKED), truth, type);
	ldns_pkt_free(truth);
	enum resolver_culprit culprit = resolver_judge(&c);
	tell(e, what, culprit);
	return culprit == RESOLVER_FINE;
}

/* ------------------------------------------------------------------------------------------------ what to ask for */

static bool has_address(const struct examination *e, const char *name)
{
	ldns_pkt *answer = ask(&e->responder, name, LDNS_RR_TYPE_AAAA, 0);
	ldns_rr_list *data = answer ? data_of(answer, LDNS_RR_TYPE_AAAA) : NULL;
	bool found = data != NULL;
	ldns_rr_list_deep_free(data);
	ldns_pkt_free(answer);
	return found;
}

/* A name with an address that the responder tells us; false: there is none. */
static bool find_name(const struct examination *e, char *out)
{
	const char *given = call_text(e->doctor->call, "name");
	if (given) {
		snprintf(out, NAME_ROOM, "%s", given);
		return true;
	}
	ldns_pkt *apps = ask(&e->responder, "_apps.internal", LDNS_RR_TYPE_TXT, 0);
	char *list = first_text(apps, LDNS_RR_TYPE_TXT), *next = list, *app;
	bool found = false;
	ldns_pkt_free(apps);
	for (int tries = 0; !found && tries < NAMES_TRIED && next && (app = strsep(&next, ",")); tries++) {
		snprintf(out, NAME_ROOM, "%s.flycast", app);
		if ((found = has_address(e, out)))
			break;
		snprintf(out, NAME_ROOM, "%s.internal", app);
		found = has_address(e, out);
	}
	free(list);
	return found;
}

static void examine_name(struct examination *e, const char *name)
{
	examine(e, name, LDNS_RR_TYPE_AAAA);
	ldns_pkt *answer = ask(&e->responder, name, LDNS_RR_TYPE_AAAA, 0);
	ldns_rr_list *data = answer ? data_of(answer, LDNS_RR_TYPE_AAAA) : NULL;
	ldns_rdf *reverse = data ? ldns_rdf_address_reverse(ldns_rr_rdf(ldns_rr_list_rr(data, 0), 0)) : NULL;
	char *text = reverse ? ldns_rdf2str(reverse) : NULL;
	if (text)
		examine(e, text, LDNS_RR_TYPE_PTR);
	else
		doctor_report(e->doctor, name, false, "the responder has no address for this name either");
	free(text);
	ldns_rdf_deep_free(reverse);
	ldns_rr_list_deep_free(data);
	ldns_pkt_free(answer);
}

static void examine_resolver(struct examination *e)
{
	char name[NAME_ROOM];
	const struct dns_question question = {"version.bind", LDNS_RR_TYPE_TXT, LDNS_RR_CLASS_CH};
	ldns_status status;
	ldns_pkt *answer = dns_ask(&e->resolver, &question, DNS_ASK_UDP | DNS_ASK_BRIEF, &status);
	char *version = first_text(answer, LDNS_RR_TYPE_TXT);
	addr_text(e->place, &e->resolver);
	e->software = resolver_software(version ? version : "", &e->resolver);
	e->alive = answer != NULL;
	free(version);
	ldns_pkt_free(answer);
	e->zone_answers = examine(e, "flycast", LDNS_RR_TYPE_SOA);
	if (e->told[RESOLVER_SILENT] || e->told[RESOLVER_CLOSED])
		return; /* it would say the same of everything */
	examine(e, "internal", LDNS_RR_TYPE_SOA);
	examine(e, "a.a.d.f.ip6.arpa", LDNS_RR_TYPE_SOA);
	if (find_name(e, name))
		examine_name(e, name);
	else
		doctor_report(e->doctor, "addresses", true,
		              "no app of this network has one, so nothing was asked for (--name NAME)");
}

/* ------------------------------------------------------------------------------------------------ whom to ask */

/* The nameservers of resolv.conf(5); as many as the C library would ask. */
static size_t system_resolvers(struct sockaddr_in6 *out)
{
	char line[512], word[128];
	size_t count = 0;
	FILE *file = fopen("/etc/resolv.conf", "re");
	while (file && count < RESOLVERS_MAX && fgets(line, sizeof line, file)) {
		out[count] = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(DNS_ASK_PORT)};
		if (sscanf(line, "nameserver %127s", word) == 1 && addr_ip_parse(&out[count].sin6_addr, word))
			count++;
	}
	if (file)
		fclose(file);
	return count;
}

/* Does the responder answer this host at all? Without that there is nothing to compare with. */
static bool responder_answers(struct doctor *d, const struct sockaddr_in6 *responder)
{
	char place[ADDR_TEXT];
	ldns_pkt *answer = ask(responder, "flycast", LDNS_RR_TYPE_SOA, 0);
	addr_text(place, responder);
	if (!answer)
		doctor_report(d, "responder", false, "%s does not answer: start flycast-dns, or name it with --server",
		              place);
	else if (ldns_pkt_get_rcode(answer) == LDNS_RCODE_REFUSED)
		doctor_report(
		    d, "responder", false,
		    "%s refuses this host, whose address is in no network: ask from a host that is in one, name "
		    "a network (--org, --network), or attach its prefix (flycast networks attach)",
		    place);
	else if (ldns_pkt_get_rcode(answer) != LDNS_RCODE_NOERROR || !ldns_pkt_aa(answer))
		doctor_report(d, "responder", false, "%s is no responder of .flycast: name it with --server", place);
	else
		doctor_report(d, "responder", true, "%s answers", place);
	bool good = answer && ldns_pkt_get_rcode(answer) == LDNS_RCODE_NOERROR && ldns_pkt_aa(answer);
	ldns_pkt_free(answer);
	return good;
}

int doctor_resolvers(struct doctor *d)
{
	const char *word = call_text(d->call, "resolver");
	struct sockaddr_in6 responder, resolvers[RESOLVERS_MAX];
	size_t count = 1;
	int code = dns_ask_server(d->call, call_text(d->call, "server"), &responder);
	if (code == 0 && strcmp(word, "system") == 0)
		count = system_resolvers(resolvers);
	else if (code == 0)
		code = dns_ask_server(d->call, word, resolvers);
	if (code)
		return code;
	if (count == 0)
		return say_refused("/etc/resolv.conf names no resolver: name one, --resolver ADDRESS");
	if (!responder_answers(d, &responder))
		return 0;
	for (size_t i = 0; i < count; i++) {
		struct examination e = {
		    .doctor = d, .responder = responder, .resolver = resolvers[i], .lines_at = d->lines.len};
		examine_resolver(&e);
	}
	return 0;
}

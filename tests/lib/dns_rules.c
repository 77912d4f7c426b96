/* dns_rules.c - see dns_rules.h. */
#include "dns_rules.h"

#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns_show.h"
#include "wire.h"

const struct dns_rules *const dns_rules_all[] = {
    &dns_rules_names, &dns_rules_header, &dns_rules_malformed, &dns_rules_edns, &dns_rules_size, NULL,
};

static char complaint[6 * 512];

/* The next octet of hexadecimal text: 0..255, ANY_OCTET for ??, -1 at the end. */
enum { ANY_OCTET = 256 };

static int next_octet(const char **hex)
{
	unsigned value;
	while (**hex == ' ')
		++*hex;
	if (**hex == '\0')
		return -1;
	*hex += 2;
	if ((*hex)[-2] == '?')
		return ANY_OCTET;
	if (sscanf(*hex - 2, "%2x", &value) != 1)
		abort(); /* the table is wrong */
	return (int)value;
}

size_t dns_rules_question(const struct dns_rule *rule, uint8_t out[DNS_RULES_QUESTION_MAX])
{
	const char *hex = rule->question;
	size_t len = 0;
	for (int octet; (octet = next_octet(&hex)) >= 0; len++) {
		if (len == DNS_RULES_QUESTION_MAX || octet == ANY_OCTET)
			abort();
		out[len] = (uint8_t)octet;
	}
	return len;
}

static bool octets_match(const char *hex, const uint8_t *octets, size_t len)
{
	for (size_t i = 0;; i++) {
		int want = next_octet(&hex);
		if (want < 0 || i == len)
			return want < 0 && i == len;
		if (want != ANY_OCTET && want != octets[i])
			return false;
	}
}

static const char *octets_text(const uint8_t *octets, size_t len)
{
	static char text[2 * 512 + 1];
	text[0] = '\0';
	for (size_t i = 0; i < len && i < 512; i++)
		snprintf(text + 2 * i, 3, "%02x", octets[i]);
	return text;
}

/* "#505 NOERROR aa rd 17 0 0" */
static const char *size_text(const uint8_t *octets, size_t len)
{
	static char text[128];
	char header[64];
	if (len == 0)
		return "silence";
	snprintf(header, sizeof header, "%.*s", (int)strcspn(dns_show(octets, len), "|;+"), dns_show(octets, len));
	if (header[strlen(header) - 1] == ' ')
		header[strlen(header) - 1] = '\0';
	snprintf(text, sizeof text, "#%zu %s %u %u %u", len, header, wire_get16(octets + 6), wire_get16(octets + 8),
	         wire_get16(octets + 10));
	return text;
}

static bool has_opt(const uint8_t *octets, size_t len, bool *readable)
{
	ldns_pkt *p;
	*readable = ldns_wire2pkt(&p, octets, len) == LDNS_STATUS_OK;
	if (!*readable)
		return false;
	bool has = ldns_pkt_edns(p);
	ldns_pkt_free(p);
	return has;
}

/* What no answer may be, whatever was asked. NULL: all is well. */
static const char *never(const uint8_t *question, size_t question_len, enum dns_rules_way way, const uint8_t *answer,
                         size_t len)
{
	bool question_readable, readable;
	bool asked_opt = has_opt(question, question_len, &question_readable);
	bool told_opt = has_opt(answer, len, &readable);
	if (!readable)
		return "ldns cannot read the answer";
	if (question[2] & 0x80)
		return "an answer was answered";
	if (memcmp(answer, question, 2) != 0)
		return "another id";
	if ((answer[2] & 0xf8) != (0x80 | (question[2] & 0x78)))
		return "QR and opcode are not those of an answer to this question";
	if (answer[3] & 0xf0)
		return "RA, Z, AD or CD is set";
	if (answer[2] & 0x01 & ~question[2])
		return "RD is set";
	if (told_opt && question_readable && !asked_opt)
		return "OPT for none";
	if ((answer[3] & 15) == RCODE_FORMERR && len > question_len)
		return "a FORMERR longer than the question";
	if (way == OVER_UDP && len > (told_opt ? 1232u : 512u))
		return "longer than what is taken over UDP";
	return NULL;
}

static const char *complain(const char *want, const char *got)
{
	snprintf(complaint, sizeof complaint, "want: %s\n  got:  %s", want, got);
	return complaint;
}

static const char *wanted(const struct dns_rule *rule, enum dns_rules_way way)
{
	if (way == OVER_TLS && rule->over_tls)
		return rule->over_tls;
	return way != OVER_UDP && rule->over_tcp ? rule->over_tcp : rule->answer;
}

const char *dns_rules_judge(const struct dns_rule *rule, enum dns_rules_way way, const uint8_t *answer, size_t len)
{
	static uint8_t question[DNS_RULES_QUESTION_MAX];
	const char *want = wanted(rule, way);
	size_t question_len = dns_rules_question(rule, question);
	if (len) {
		const char *why = never(question, question_len, way, answer, len);
		if (why)
			return complain(why, octets_text(answer, len));
	}
	if (strchr("0123456789abcdef?", want[0]))
		return octets_match(want, answer, len) ? NULL : complain(want, octets_text(answer, len));
	const char *got = want[0] == '#' ? size_text(answer, len) : dns_show(answer, len);
	return strcmp(got, want) == 0 ? NULL : complain(want, got);
}

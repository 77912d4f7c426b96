/* dns_rules.h - one table of raw questions and what each gets, octet by octet. Two drivers walk it: unit/dns/rules.c asks
 * responder_respond(), dns_rules_wire.c the daemon over UDP, TCP and TLS (integration/dns-rules.sh). Both have the picture
 * of dns_sample.h: the rows speak of its network 1. */
#ifndef TESTS_DNS_RULES_H
#define TESTS_DNS_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dns_rule_from {
	FROM_MEMBER,   /* of network 1 */
	FROM_OTHER,    /* of network 2 */
	FROM_STRANGER, /* of no network */
	FROM_COUNT,
};

struct dns_rule {
	const char *rule;
	const char *question; /* hexadecimal; spaces are for people */
	/* What comes back. Hexadecimal: those octets, ?? is any one. "#505 NOERROR aa rd 17 0 0": so many octets, what
	 * dns_show() says of the header, and how many records each section has. Else all that dns_show() says. */
	const char *answer;
	const char *over_tcp; /* NULL: the same */
	enum dns_rule_from from;
	const char *over_tls; /* NULL: as over TCP */
};

enum dns_rules_way { OVER_UDP, OVER_TCP, OVER_TLS };

struct dns_rules {
	const char *section;
	const struct dns_rule *rules;
	size_t count;
};

extern const struct dns_rules dns_rules_names, dns_rules_header, dns_rules_malformed, dns_rules_edns, dns_rules_size;
extern const struct dns_rules *const dns_rules_all[]; /* ends with NULL */

enum { DNS_RULES_QUESTION_MAX = 4096 + 2 };

/* Writes the question, and returns its length. */
size_t dns_rules_question(const struct dns_rule *rule, uint8_t out[DNS_RULES_QUESTION_MAX]);
/* NULL: `answer` (len 0: silence) is what the rule says, and what every answer must be besides: of this question, with
 * clean flags, with OPT only for OPT, never longer than the client takes. Else why not; static memory. */
const char *dns_rules_judge(const struct dns_rule *rule, enum dns_rules_way way, const uint8_t *answer, size_t len);

/* The words of the table. Each string is hexadecimal. */
#define DNS_RULES(name, title, rows) const struct dns_rules name = {title, rows, sizeof rows / sizeof *rows}

#define ASKS "beef 0100 0001 0000 0000 0000" /* id, RD, one question */
#define ASKS_MORE "beef 0100 0001 0000 0000 0001"
#define OPT "00 0029 1000 00 00 0000 0000" /* takes 4096 octets */
#define OPT_BACK "00 0029 04d0 00 00 0000 0000"
#define OPT_EDE(code) "00 0029 04d0 00 00 0000 0006 000f 0002" code
#define OPT_WITH(options) "00 0029 1000 00 00 0000" options /* their length first */
#define OPT_BACK_WITH(options) "00 0029 04d0 00 00 0000" options
#define FORMERR "beef 8101 0000 0000 0000 0000"
#define FORMERR_OPT "beef 8101 0000 0000 0000 0001" OPT_BACK

#define FLYCAST "07 666c7963617374 00"
#define INTERNAL "08 696e7465726e616c 00"
#define REVERSE "01 61 01 61 01 64 01 66 03 697036 04 61727061 00"
#define WEB "03 776562" FLYCAST
#define WEB_INTERNAL "03 776562" INTERNAL
#define COM "03 636f6d 00"
#define AAAA "001c 0001"
#define TXT "0010 0001"
#define SOA "0006 0001"
#define NS "0002 0001"
#define PTR "000c 0001"
#define ANY "00ff 0001"

#define WEB_IP "fdaa0000000100000001000000000002"
#define WEB_RECORD "c00c 001c 0001 00000005 0010" WEB_IP
#define WEB_SHOWN "web.flycast. 5 IN AAAA fdaa:0:1:0:1::2"

/* The SOA of a negative answer, behind its owner: TTL and minimum are the same, the serial is any. */
#define SOA_START " 0006 0001 00000005 "
#define SOA_SERVER " 04 5f646e73 08 696e7465726e616c 00 "
#define SOA_NUMBERS " ???????? 0000003c 0000000a 00000e10 00000005 "
#define SOA_FLYCAST SOA_START "0037" SOA_SERVER "0a 686f73746d6173746572" FLYCAST SOA_NUMBERS
#define SOA_INTERNAL SOA_START "0038" SOA_SERVER "0a 686f73746d6173746572" INTERNAL SOA_NUMBERS
#define SOA_REVERSE SOA_INTERNAL

#endif

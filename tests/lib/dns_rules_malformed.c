/* dns_rules_malformed.c - rows of dns_rules.h: questions that are not well formed, and names that only look odd.
 * RFC 1035 4.1, 2181 11, 4343, 9619. A FORMERR is a header: it is never longer than what came. */
#include "dns_rules.h"

#define ODD "05 00 2e ff 5c 20"
#define X10 "01 61 01 61 01 61 01 61 01 61 01 61 01 61 01 61 01 61 01 61 "
#define X60 X10 X10 X10 X10 X10 X10
#define X5 "01 61 01 61 01 61 01 61 01 61 "
#define A63                                                                                                            \
	"61616161 61616161 61616161 61616161 61616161 61616161 61616161 61616161 61616161 61616161 61616161 "          \
	"61616161 61616161 61616161 61616161 616161 "
#define LONG_3 "3f" A63 "3f" A63 "3f" A63 /* 192 octets; internal and the root have 10 */
#define REST_53                                                                                                        \
	"34 61616161 61616161 61616161 61616161 61616161 61616161 61616161 61616161 61616161 61616161 61616161 "       \
	"61616161 61616161"
#define REST_54                                                                                                        \
	"35 61616161 61616161 61616161 61616161 61616161 61616161 61616161 61616161 61616161 61616161 61616161 "       \
	"61616161 61616161 61"

static const struct dns_rule rules[] = {
    {.rule = "nothing", "", "silence"},
    {.rule = "one octet", "be", "silence"},
    {.rule = "eleven octets", "beef 0100 0001 0000 0000 00", "silence"},
    {.rule = "the header alone", "beef 0100 0000 0000 0000 0000", FORMERR},
    {.rule = "a question is claimed", "beef 0100 0001 0000 0000 0000", FORMERR},
    {.rule = "no question but OPT", "beef 0100 0000 0000 0000 0001" OPT, "beef 8101 0000 0000 0000 0001" OPT_BACK},
    {.rule = "two questions", "beef 0100 0002 0000 0000 0000" WEB AAAA WEB AAAA, FORMERR},
    {.rule = "two questions, one of them with a pointer",
     "beef 0100 0002 0000 0000 0000" WEB AAAA "c00c" AAAA,
     FORMERR},
    {.rule = "two questions claimed", "beef 0100 0002 0000 0000 0000" WEB AAAA, FORMERR},
    {.rule = "65535 of everything claimed", "beef 0100 ffff ffff ffff ffff" WEB AAAA, FORMERR},
    {.rule = "two questions and OPT", "beef 0100 0002 0000 0000 0001" WEB AAAA WEB AAAA OPT, FORMERR},

    {.rule = "a record in the answer section", "beef 0100 0001 0001 0000 0000" WEB AAAA WEB_RECORD, FORMERR},
    {.rule = "one claimed there", "beef 0100 0001 0001 0000 0000" WEB AAAA, FORMERR},
    {.rule = "a record in the authority section", "beef 0100 0001 0000 0001 0000" WEB AAAA WEB_RECORD, FORMERR},
    {.rule = "one claimed there", "beef 0100 0001 0000 0001 0000" WEB AAAA, FORMERR},
    {.rule = "one claimed in the additional section", ASKS_MORE WEB AAAA, FORMERR},
    {.rule = "IXFR has its SOA in the authority section",
     "beef 0100 0001 0000 0001 0000" WEB "00fb 0001"
     "c00c 0006 0001 00000000 0000",
     "REFUSED rd"},
    {.rule = "and nothing else there",
     "beef 0100 0001 0000 0002 0000" WEB "00fb 0001"
     "c00c 0006 0001 00000000 0000 c00c 0006 0001 00000000 0000",
     FORMERR},
    {.rule = "another record in the additional section is not looked at",
     ASKS_MORE WEB AAAA "c00c 0001 0001 00000000 0004 01020304",
     "NOERROR aa rd | " WEB_SHOWN},
    {.rule = "two of them around OPT",
     "beef 0100 0001 0000 0000 0003" WEB AAAA "c00c 0001 0001 00000000 0004 01020304" OPT
     "c00c 0001 0001 00000000 0004 01020304",
     "beef 8500 0001 0001 0000 0001" WEB AAAA WEB_RECORD OPT_BACK},
    {.rule = "but it has to be whole", ASKS_MORE WEB AAAA "c00c 0001 0001 00000000 0004 010203", FORMERR},
    {.rule = "its length, too", ASKS_MORE WEB AAAA "c00c 0001 0001 00000000 00", FORMERR},
    {.rule = "and its owner", ASKS_MORE WEB AAAA "03 6162", FORMERR},
    {.rule = "octets behind the last record", ASKS WEB AAAA "00", FORMERR},
    {.rule = "octets behind OPT", ASKS_MORE WEB AAAA OPT "0000", FORMERR},
    {.rule = "OPT that was not counted", ASKS WEB AAAA OPT, FORMERR},

    {.rule = "the name cut short", ASKS "03 7765", FORMERR},
    {.rule = "the name without its root", ASKS "03 776562", FORMERR},
    {.rule = "no name", ASKS "", FORMERR},
    {.rule = "the type cut short", ASKS WEB "00", FORMERR},
    {.rule = "the class cut short", ASKS WEB "001c 00", FORMERR},
    {.rule = "no class", ASKS WEB "001c", FORMERR},
    {.rule = "a pointer to itself", ASKS "c00c" AAAA, FORMERR},
    {.rule = "a pointer into the header", ASKS "c000" AAAA, FORMERR},
    {.rule = "a pointer into the header that reads as a name",
     "0363 0100 0001 0000 0000 0000"
     "c004" AAAA,
     "0363 8101 0000 0000 0000 0000"},
    {.rule = "a pointer forward", ASKS "03 776562 c014" AAAA, FORMERR},
    {.rule = "a pointer beyond the end", ASKS "03 776562 ffff" AAAA, FORMERR},
    {.rule = "half a pointer", ASKS "03 776562 c0", FORMERR},
    {.rule = "label type 01", ASKS "41 41 00" AAAA, FORMERR},
    {.rule = "label type 10", ASKS "81 41 00" AAAA, FORMERR},
    {.rule = "label type 01, long enough", ASKS "40" A63 "00 00" AAAA, FORMERR},

    {.rule = "a label of 63 octets", ASKS "3f" A63 INTERNAL AAAA, "NXDOMAIN aa rd ; SOA internal."},
    {.rule = "a name of 255 octets", ASKS LONG_3 REST_53 INTERNAL AAAA, "#339 NXDOMAIN aa rd 0 1 0"},
    {.rule = "a name of 256 octets", ASKS LONG_3 REST_54 INTERNAL AAAA, FORMERR},
    {.rule = "127 labels", ASKS X60 X60 X5 "01 61 01 61 00" AAAA, "REFUSED rd"},
    {.rule = "128 labels", ASKS X60 X60 X5 "01 61 01 61 01 61 00" AAAA, FORMERR},
    {.rule = "122 labels below internal: 255 octets",
     ASKS "02 6161" X60 X60 "01 61" INTERNAL AAAA,
     "#339 NXDOMAIN aa rd 0 1 0"},
    {.rule = "octets that text would have to escape are compared as they are",
     ASKS ODD FLYCAST AAAA,
     "beef 8503 0001 0000 0001 0000" ODD FLYCAST AAAA "c012" SOA_FLYCAST},
    {.rule = "a dot in a label is no border: web\\.flycast", ASKS "0b 7765622e666c7963617374 00" AAAA, "REFUSED rd"},
    {.rule = "nor in an app's name: we.web", ASKS "06 77652e776562" INTERNAL AAAA, "NXDOMAIN aa rd ; SOA internal."},
    {.rule = "only letters are folded: [ is not {", ASKS "01 5b" INTERNAL AAAA, "NXDOMAIN aa rd ; SOA internal."},
    {.rule = "the case comes back as it went",
     ASKS "03 576542 07 664c7963617354 00" AAAA,
     "beef 8500 0001 0001 0000 0000"
     "03 576542 07 664c7963617354 00" AAAA WEB_RECORD},
    {.rule = "with NXDOMAIN, too",
     ASKS "01 58 03 576542 07 664c7963617354 00" AAAA,
     "beef 8503 0001 0000 0001 0000"
     "01 58 03 576542 07 664c7963617354 00" AAAA "c012" SOA_FLYCAST},
    {.rule = "with REFUSED, too",
     ASKS "03 434f4d 00" AAAA,
     "beef 8105 0001 0000 0000 0000"
     "03 434f4d 00" AAAA},
};

DNS_RULES(dns_rules_malformed, "malformed questions", rules);

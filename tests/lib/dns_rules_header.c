/* dns_rules_header.c - rows of dns_rules.h: classes, operations and the header's bits.
 * RFC 1035 4.1.1, 1996, 2136, 4035, 4892, 6840 5.7, 8490, 8906 3.1. */
#include "dns_rules.h"

#define CH_TXT "0010 0003"
#define ID_SERVER "02 6964 06 736572766572 00"
#define ID_SERVER_RECORD "c00c 0010 0003 00000000 0007 06 656467652d31" /* "edge-1" */
#define NOTIMP(flags, rest) flags " 0001 0000 0000 0000" rest

static const struct dns_rule rules[] = {
    {.rule = "id.server", ASKS ID_SERVER CH_TXT, "beef 8100 0001 0001 0000 0000" ID_SERVER CH_TXT ID_SERVER_RECORD},
    {.rule = "id.server, whatever the case",
     ASKS "02 4964 06 536572766572 00" CH_TXT,
     "beef 8100 0001 0001 0000 0000"
     "02 4964 06 536572766572 00" CH_TXT ID_SERVER_RECORD},
    {.rule = "id.server to a client of no network",
     ASKS ID_SERVER CH_TXT,
     "beef 8100 0001 0001 0000 0000" ID_SERVER CH_TXT ID_SERVER_RECORD,
     .from = FROM_STRANGER},
    {.rule = "another type of id.server", ASKS ID_SERVER "0001 0003", "REFUSED rd"},
    {.rule = "id.server in class IN is no name of ours", ASKS ID_SERVER TXT, "REFUSED rd"},
    {.rule = "a name of ours in class CH",
     ASKS_MORE WEB "001c 0003" OPT,
     "beef 8105 0001 0000 0000 0001" WEB "001c 0003" OPT_EDE("0014")},

    {.rule = "class ANY is answered, but nobody is its authority",
     ASKS WEB "001c 00ff",
     "beef 8100 0001 0001 0000 0000" WEB "001c 00ff" WEB_RECORD},
    {.rule = "class ANY, no such name", ASKS "01 78" WEB "001c 00ff", "NXDOMAIN rd ; SOA flycast."},
    {.rule = "class ANY, the apex",
     ASKS FLYCAST "0006 00ff",
     "beef 8100 0001 0001 0000 0000" FLYCAST "0006 00ff"
     "c00c" SOA_FLYCAST},
    {.rule = "class HS", ASKS WEB "001c 0004", "beef 8105 0001 0000 0000 0000" WEB "001c 0004"},
    {.rule = "class NONE", ASKS WEB "001c 00fe", "beef 8105 0001 0000 0000 0000" WEB "001c 00fe"},
    {.rule = "class 0", ASKS WEB "001c 0000", "beef 8105 0001 0000 0000 0000" WEB "001c 0000"},
    {.rule = "class CS", ASKS WEB "001c 0002", "beef 8105 0001 0000 0000 0000" WEB "001c 0002"},
    {.rule = "class 65535", ASKS WEB "001c ffff", "beef 8105 0001 0000 0000 0000" WEB "001c ffff"},
    {.rule = "and why", ASKS_MORE WEB "001c 0004" OPT, "beef 8105 0001 0000 0000 0001" WEB "001c 0004" OPT_EDE("0015")},

    {.rule = "inverse query", "beef 0900 0001 0000 0000 0000" WEB AAAA, NOTIMP("beef 8804", WEB AAAA)},
    {.rule = "inverse query as it was meant, with an answer",
     "beef 0900 0000 0001 0000 0000"
     "00 001c 0001 00000000 0010" WEB_IP,
     "beef 8804 0000 0000 0000 0000"},
    {.rule = "STATUS", "beef 1100 0001 0000 0000 0000" WEB AAAA, NOTIMP("beef 9004", WEB AAAA)},
    {.rule = "operation 3", "beef 1900 0001 0000 0000 0000" WEB AAAA, NOTIMP("beef 9804", WEB AAAA)},
    {.rule = "NOTIFY of a zone of ours", "beef 2400 0001 0000 0000 0000" FLYCAST SOA, NOTIMP("beef a004", FLYCAST SOA)},
    {.rule = "NOTIFY with the SOA",
     "beef 2400 0001 0001 0000 0000" FLYCAST SOA "c00c 0006 0001 00000000 0000",
     NOTIMP("beef a004", FLYCAST SOA)},
    {.rule = "NOTIFY of another zone", "beef 2400 0001 0000 0000 0000" COM SOA, NOTIMP("beef a004", COM SOA)},
    {.rule = "UPDATE of a zone of ours", "beef 2800 0001 0000 0000 0000" FLYCAST SOA, NOTIMP("beef a804", FLYCAST SOA)},
    {.rule = "UPDATE with a record: a small answer",
     "beef 2800 0001 0000 0001 0000" FLYCAST SOA "c00c 001c 0001 00000000 0000",
     NOTIMP("beef a804", FLYCAST SOA)},
    {.rule = "DSO", "beef 3000 0000 0000 0000 0000", "beef b004 0000 0000 0000 0000"},
    {.rule = "DSO with a keepalive",
     "beef 3000 0000 0000 0000 0000 0001 0008 00003a98 00003a98",
     "beef b004 0000 0000 0000 0000"},
    {.rule = "operation 7", "beef 3900 0001 0000 0000 0000" WEB AAAA, NOTIMP("beef b804", WEB AAAA)},
    {.rule = "operation 8", "beef 4100 0001 0000 0000 0000" WEB AAAA, NOTIMP("beef c004", WEB AAAA)},
    {.rule = "operation 9", "beef 4900 0001 0000 0000 0000" WEB AAAA, NOTIMP("beef c804", WEB AAAA)},
    {.rule = "operation 10", "beef 5100 0001 0000 0000 0000" WEB AAAA, NOTIMP("beef d004", WEB AAAA)},
    {.rule = "operation 11", "beef 5900 0001 0000 0000 0000" WEB AAAA, NOTIMP("beef d804", WEB AAAA)},
    {.rule = "operation 12", "beef 6100 0001 0000 0000 0000" WEB AAAA, NOTIMP("beef e004", WEB AAAA)},
    {.rule = "operation 13", "beef 6900 0001 0000 0000 0000" WEB AAAA, NOTIMP("beef e804", WEB AAAA)},
    {.rule = "operation 14", "beef 7100 0001 0000 0000 0000" WEB AAAA, NOTIMP("beef f004", WEB AAAA)},
    {.rule = "operation 15", "beef 7900 0001 0000 0000 0000" WEB AAAA, NOTIMP("beef f804", WEB AAAA)},
    {.rule = "operation 15, every flag: id, operation and QR come back, no other bit",
     "beef 7fff 0001 0000 0000 0000" WEB AAAA,
     NOTIMP("beef f804", WEB AAAA)},
    {.rule = "operation 15, the header alone", "beef 7900 0000 0000 0000 0000", "beef f804 0000 0000 0000 0000"},
    {.rule = "operation 15, a question is claimed", "beef 7fff 0001 0000 0000 0000", "beef f804 0000 0000 0000 0000"},
    {.rule = "operation 15 and an answer: nothing", "beef f900 0001 0000 0000 0000" WEB AAAA, "silence"},
    {.rule = "operation 15 with OPT",
     "beef 7900 0001 0000 0000 0001" WEB AAAA OPT,
     "beef f804 0001 0000 0000 0001" WEB AAAA OPT_EDE("0015")},

    {.rule = "an answer is not answered", "beef 8100 0001 0000 0000 0000" WEB AAAA, "silence"},
    {.rule = "nor a malformed one",
     "beef 8100 0001 0000 0000 0000"
     "c00c",
     "silence"},
    {.rule = "nor one that is a header", "beef 8000 0000 0000 0000 0000", "silence"},
    {.rule = "nor one with two questions", "beef 8100 0002 0000 0000 0000" WEB AAAA WEB AAAA, "silence"},
    {.rule = "rcode is not looked at", "beef 010f 0001 0000 0000 0000" WEB AAAA, "NOERROR aa rd | " WEB_SHOWN},
    {.rule = "AA, RA, Z, AD and CD are not looked at, and do not come back",
     "beef 05f0 0001 0000 0000 0000" WEB AAAA,
     "beef 8500 0001 0001 0000 0000" WEB AAAA WEB_RECORD},
    {.rule = "they do not come back with NXDOMAIN",
     "beef 05f0 0001 0000 0000 0000"
     "01 78" WEB AAAA,
     "NXDOMAIN aa rd ; SOA flycast."},
    {.rule = "nor with REFUSED", "beef 05f0 0001 0000 0000 0000" COM AAAA, "beef 8105 0001 0000 0000 0000" COM AAAA},
    {.rule = "nor with FORMERR",
     "beef 05f0 0001 0000 0000 0000"
     "c00c",
     FORMERR},
    {.rule = "TC is not looked at", "beef 0300 0001 0000 0000 0000" WEB AAAA, "NOERROR aa rd | " WEB_SHOWN},
    {.rule = "RD is copied", ASKS WEB AAAA, "beef 8500 0001 0001 0000 0000" WEB AAAA WEB_RECORD},
    {.rule = "RD is not set when it was not",
     "beef 0000 0001 0000 0000 0000" WEB AAAA,
     "beef 8400 0001 0001 0000 0000" WEB AAAA WEB_RECORD},
    {.rule = "RD not set, REFUSED", "beef 0000 0001 0000 0000 0000" COM AAAA, "beef 8005 0001 0000 0000 0000" COM AAAA},
    {.rule = "RD not set, FORMERR", "beef 0000 0000 0000 0000 0000", "beef 8001 0000 0000 0000 0000"},

    {.rule = "TSIG with a key nobody knows: BADKEY, no MAC",
     ASKS_MORE WEB AAAA "01 6b 00 00fa 00ff 00000000 0014 01 61 00 000000000001 012c 0001 aa beef 0000 0000",
     "beef 8109 0001 0000 0000 0001" WEB AAAA
     "01 6b 00 00fa 00ff 00000000 0013 01 61 00 000000000001 012c 0000 beef 0011 0000"},
    {.rule = "TSIG behind OPT",
     "beef 0100 0001 0000 0000 0002" WEB AAAA OPT
     "01 6b 00 00fa 00ff 00000000 0014 01 61 00 000000000001 012c 0001 aa beef 0000 0000",
     "beef 8109 0001 0000 0000 0002" WEB AAAA OPT_BACK
     "01 6b 00 00fa 00ff 00000000 0013 01 61 00 000000000001 012c 0000 beef 0011 0000"},
    {.rule = "TSIG is the last record",
     "beef 0100 0001 0000 0000 0002" WEB AAAA "01 6b 00 00fa 00ff 00000000 0000" OPT,
     FORMERR},
    {.rule = "TSIG cut short", ASKS_MORE WEB AAAA "01 6b 00 00fa 00ff 00000000 0003 01 61 00", FORMERR},
};

DNS_RULES(dns_rules_header, "classes, operations, header", rules);

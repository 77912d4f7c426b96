/* dns_rules_edns.c - rows of dns_rules.h: EDNS and its options. RFC 6891, 3225, 5001, 8914. */
#include "dns_rules.h"

static const struct dns_rule rules[] = {
    {.rule = "OPT for OPT", ASKS_MORE WEB AAAA OPT, "beef 8500 0001 0001 0000 0001" WEB AAAA WEB_RECORD OPT_BACK},
    {.rule = "DO is copied, other flags are not",
     ASKS_MORE WEB "0001 0001 00 0029 1000 00 00 ffff 0000",
     "beef 8500 0001 0000 0001 0001" WEB "0001 0001 c010" SOA_FLYCAST "00 0029 04d0 00 00 8000 0000"},
    {.rule = "version 1: BADVERS, no options",
     ASKS_MORE WEB AAAA "00 0029 1000 00 01 8000 0004 0003 0000",
     "beef 8100 0001 0000 0000 0001" WEB AAAA "00 0029 04d0 01 00 8000 0000"},
    {.rule = "version 255",
     ASKS_MORE WEB AAAA "00 0029 1000 00 ff 0000 0000",
     "beef 8100 0001 0000 0000 0001" WEB AAAA "00 0029 04d0 01 00 0000 0000"},
    {.rule = "version 1 of a name that is not ours",
     ASKS_MORE COM AAAA "00 0029 1000 00 01 0000 0000",
     "beef 8100 0001 0000 0000 0001" COM AAAA "00 0029 04d0 01 00 0000 0000"},
    {.rule = "the extended rcode is not looked at",
     ASKS_MORE WEB AAAA "00 0029 1000 ff 00 0000 0000",
     "NOERROR aa rd | " WEB_SHOWN},
    {.rule = "unknown options are not looked at",
     ASKS_MORE WEB AAAA "00 0029 1000 00 00 0000 0009 fde8 0001 41 fde9 0000",
     "beef 8500 0001 0001 0000 0001" WEB AAAA WEB_RECORD OPT_BACK},
    {.rule = "NSID",
     ASKS_MORE WEB AAAA "00 0029 1000 00 00 0000 0004 0003 0000",
     "beef 8500 0001 0001 0000 0001" WEB AAAA WEB_RECORD "00 0029 04d0 00 00 0000 000a 0003 0006 656467652d31"},
    {.rule = "an option that runs over", ASKS_MORE WEB AAAA "00 0029 1000 00 00 0000 0005 fde8 0002 41", FORMERR},
    {.rule = "three stray octets as options", ASKS_MORE WEB AAAA "00 0029 1000 00 00 0000 0003 414141", FORMERR},
    {.rule = "RDLEN runs over", ASKS_MORE WEB AAAA "00 0029 1000 00 00 0000 0001", FORMERR},
    {.rule = "two OPT", "beef 0100 0001 0000 0000 0002" WEB AAAA OPT OPT, FORMERR},
    {.rule = "OPT not owned by the root", ASKS_MORE WEB AAAA "01 61 00 0029 1000 00 00 0000 0000", FORMERR},
    {.rule = "OPT owned by a pointer", ASKS_MORE WEB AAAA "c00c 0029 1000 00 00 0000 0000", FORMERR},
    {.rule = "OPT in the answer section", "beef 0100 0001 0001 0000 0000" WEB AAAA OPT, FORMERR},
    {.rule = "OPT in the authority section", "beef 0100 0001 0000 0001 0000" WEB AAAA OPT, FORMERR},
};

DNS_RULES(dns_rules_edns, "EDNS", rules);

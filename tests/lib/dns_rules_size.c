/* dns_rules_size.c - rows of dns_rules.h: what fits. RFC 1035 4.2, 2181 9, 6891 6.2.3, 7766. Over UDP what does not fit
 * is left out, as many whole records as fit are told, and TC is set: clients that never ask again over TCP are served.
 * Over TCP the client's size means nothing. */
#include "dns_rules.h"

#define BIG "03 626967" INTERNAL                                  /* 120 addresses */
#define SOME "04 736f6d65" INTERNAL                               /* 17 addresses: 12 + 19 + 17 * 28 = 507 octets */
#define HUGE "04 68756765" INTERNAL                               /* 2400 addresses */
#define HTTP_SOME "05 5f68747470 04 5f746370 04 736f6d65" FLYCAST /* 14 ports: 12 + 29 + 14 * 32 = 489 octets */
#define SRV "0021 0001"
#define SIZE(octets) "00 0029 " octets " 00 00 0000 0000"
#define VMS_BIG "03 766d73" BIG

static const struct dns_rule rules[] = {
    {.rule = "17 addresses, no EDNS", ASKS SOME AAAA, "#507 NOERROR aa rd 17 0 0"},
    {.rule = "17 addresses in 512 with OPT: 16 of them",
     ASKS_MORE SOME AAAA SIZE("0200"),
     "#490 NOERROR aa tc rd 16 0 1",
     "#518 NOERROR aa rd 17 0 1"},
    {.rule = "in 517", ASKS_MORE SOME AAAA SIZE("0205"), "#490 NOERROR aa tc rd 16 0 1", "#518 NOERROR aa rd 17 0 1"},
    {.rule = "in 518", ASKS_MORE SOME AAAA SIZE("0206"), "#518 NOERROR aa rd 17 0 1"},
    {.rule = "120 addresses, no EDNS", ASKS BIG AAAA, "#506 NOERROR aa tc rd 17 0 0", "#3390 NOERROR aa rd 120 0 0"},
    {.rule = "a size of 0 is 512",
     ASKS_MORE BIG AAAA SIZE("0000"),
     "#489 NOERROR aa tc rd 16 0 1",
     "#3401 NOERROR aa rd 120 0 1"},
    {.rule = "a size of 511 is 512",
     ASKS_MORE BIG AAAA SIZE("01ff"),
     "#489 NOERROR aa tc rd 16 0 1",
     "#3401 NOERROR aa rd 120 0 1"},
    {.rule = "a size of 600",
     ASKS_MORE BIG AAAA SIZE("0258"),
     "#573 NOERROR aa tc rd 19 0 1",
     "#3401 NOERROR aa rd 120 0 1"},
    {.rule = "a size of 1232",
     ASKS_MORE BIG AAAA SIZE("04d0"),
     "#1217 NOERROR aa tc rd 42 0 1",
     "#3401 NOERROR aa rd 120 0 1"},
    {.rule = "more is not more than 1232",
     ASKS_MORE BIG AAAA SIZE("ffff"),
     "#1217 NOERROR aa tc rd 42 0 1",
     "#3401 NOERROR aa rd 120 0 1"},
    {.rule = "the options have their room first",
     ASKS_MORE BIG AAAA "00 0029 0200 00 00 0000 0004 0003 0000",
     "#499 NOERROR aa tc rd 16 0 1",
     "#3411 NOERROR aa rd 120 0 1"},
    {.rule = "top3 of 120 are 3: nothing was left out",
     ASKS "04 746f7033 07 6e656172657374 02 6f66" BIG AAAA,
     "#130 NOERROR aa rd 3 0 0"},
    {.rule = "what may be left out is, without TC: the address that SRV names",
     ASKS HTTP_SOME SRV,
     "#489 NOERROR aa rd 14 0 0",
     "#517 NOERROR aa rd 14 0 1"},
    {.rule = "it does not fit beside OPT in 527",
     ASKS_MORE HTTP_SOME SRV SIZE("020f"),
     "#500 NOERROR aa rd 14 0 1",
     "#528 NOERROR aa rd 14 0 2"},
    {.rule = "and in 528 it does", ASKS_MORE HTTP_SOME SRV SIZE("0210"), "#528 NOERROR aa rd 14 0 2"},
    {.rule = "a text that does not fit is not there at all",
     ASKS VMS_BIG TXT,
     "#34 NOERROR aa tc rd 0 0 0",
     "#2334 NOERROR aa rd 1 0 0"},
    {.rule = "no answer has more than 65535 octets: over TCP, the rest is left out without TC",
     ASKS HUGE AAAA,
     "#507 NOERROR aa tc rd 17 0 0",
     "#65523 NOERROR aa rd 2339 0 0"},
    {.rule = "with OPT", ASKS_MORE HUGE AAAA OPT, "#1218 NOERROR aa tc rd 42 0 1", "#65534 NOERROR aa rd 2339 0 1"},
};

DNS_RULES(dns_rules_size, "sizes", rules);

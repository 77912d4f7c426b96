/* dns_show.h - for tests: an answer's octets the way people write answers. Read with ldns, a second opinion. */
#ifndef TESTS_DNS_SHOW_H
#define TESTS_DNS_SHOW_H

#include <stddef.h>
#include <stdint.h>

/* "NOERROR aa rd | name 5 IN AAAA ... ; SOA zone + additional", "silence" when there are no octets, "unreadable" when
 * ldns does not understand them. Flags no answer of ours has are shown too. OPT is not shown. Static memory. */
const char *dns_show(const uint8_t *octets, size_t len);

#endif

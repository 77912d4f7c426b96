/* port_prefix.h - a range of ports as prefixes, as few as will do: 80-83 is 80/14. Pure. */
#ifndef PROXY_PORT_PREFIX_H
#define PROXY_PORT_PREFIX_H

#include <stdint.h>

struct port_prefix {
	uint16_t port; /* its first */
	uint8_t bits;  /* that are fixed: 16 is one port, 0 are all */
};

enum { PORT_PREFIX_MAX = 30 }; /* what 1-65534 takes */

/* Returns how many there are; start <= end. */
unsigned port_prefixes(struct port_prefix out[PORT_PREFIX_MAX], uint16_t start, uint16_t end);

#endif

/* port_prefix.c - see port_prefix.h. */
#include "port_prefix.h"

enum { PORT_BITS = 16 };

unsigned port_prefixes(struct port_prefix out[PORT_PREFIX_MAX], uint16_t start, uint16_t end)
{
	uint32_t port = start;
	unsigned count = 0;
	while (port <= end) {
		unsigned free =
		    0; /* bits that may be anything: the prefix begins here and does not go beyond the end */
		while (free < PORT_BITS && port % (2U << free) == 0 && port + (2U << free) - 1 <= end)
			free++;
		out[count++] = (struct port_prefix){(uint16_t)port, (uint8_t)(PORT_BITS - free)};
		port += 1U << free;
	}
	return count;
}

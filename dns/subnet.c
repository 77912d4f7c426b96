/* subnet.c - see subnet.h. */
#include "subnet.h"

#include "wire.h"

enum { HEAD = 4, SCOPE_AT = 3, MAPPED = 96 };
enum { FAMILY_NONE = 0, FAMILY_IPV4 = 1, FAMILY_IPV6 = 2 };

bool subnet_read(struct subnet *out, struct bytes data)
{
	const uint8_t *at = (const uint8_t *)data.at;
	if (data.len < HEAD)
		return false;
	unsigned family = wire_get16(at), len = at[2];
	unsigned most = family == FAMILY_IPV4 ? 32 : family == FAMILY_IPV6 ? 128 : 0;
	size_t octets = data.len - HEAD;
	if (family > FAMILY_IPV6 || len > most || octets != (len + 7) / 8 || at[SCOPE_AT] != 0)
		return false;
	if (len % 8 && at[data.len - 1] & 0xff >> len % 8)
		return false;
	*out = (struct subnet){.data = data, .nobody = len == 0};
	if (out->nobody)
		return true;
	bool mapped = family == FAMILY_IPV4;
	uint8_t *ip = out->prefix.ip.s6_addr;
	if (mapped)
		ip[10] = ip[11] = 0xff;
	memcpy(ip + (mapped ? MAPPED / 8 : 0), at + HEAD, octets);
	out->prefix.len = (uint8_t)(mapped ? MAPPED + len : len);
	return true;
}

size_t subnet_write(uint8_t *out, const struct subnet *subnet, uint8_t scope)
{
	const struct bytes data = subnet->data;
	memcpy(out, data.at, data.len);
	if (wire_get16(out) == FAMILY_IPV4)
		scope = (uint8_t)(scope > MAPPED ? scope - MAPPED : 0);
	out[SCOPE_AT] = subnet->nobody ? 0 : scope;
	return data.len;
}

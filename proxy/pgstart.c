/* pgstart.c - see pgstart.h. */
#include "pgstart.h"

#include <stdbool.h>
#include <string.h>

enum { LENGTH_SIZE = 4 /* the length counts itself */ };

static uint32_t length_of(const uint8_t *head)
{
	return (uint32_t)head[1] << 24 | (uint32_t)head[2] << 16 | (uint32_t)head[3] << 8 | head[4];
}

/* A message of this kind and length may come before the session begins. */
static bool is_expected(uint8_t kind, uint32_t body)
{
	switch (kind) {
	case 'K': /* BackendKeyData */
		return body >= PGSTART_KEY_LEAST && body <= PGSTART_KEY_MOST;
	case 'R': /* Authentication... */
	case 'S': /* ParameterStatus */
	case 'N': /* NoticeResponse */
	case 'v': /* NegotiateProtocolVersion */
		return body <= PGSTART_OCTETS;
	default:
		return false;
	}
}

/* Takes as much of the message's head as there is. False: it is none that may come. */
static bool take_head(struct pgstart *start, const unsigned char **at, size_t *len)
{
	size_t wanted = sizeof start->head - start->head_len;
	size_t n = *len < wanted ? *len : wanted;
	memcpy(start->head + start->head_len, *at, n);
	start->head_len = (uint8_t)(start->head_len + n);
	*at += n;
	*len -= n;
	if (start->head_len < sizeof start->head)
		return true;
	uint32_t length = length_of(start->head);
	start->left = length - LENGTH_SIZE;
	return length >= LENGTH_SIZE && is_expected(start->head[0], start->left);
}

static void take_body(struct pgstart *start, const unsigned char **at, size_t *len)
{
	size_t n = *len < start->left ? *len : start->left;
	if (start->head[0] == 'K') {
		memcpy(start->key + start->key_len, *at, n);
		start->key_len = (uint16_t)(start->key_len + n);
	}
	start->left -= (uint32_t)n;
	*at += n;
	*len -= n;
}

enum pgstart_event pgstart_read(struct pgstart *start, const unsigned char *bytes, size_t len)
{
	if (len > PGSTART_OCTETS - start->seen)
		len = PGSTART_OCTETS - start->seen;
	start->seen += (uint32_t)len;
	while (len > 0) {
		if (start->head_len < sizeof start->head && !take_head(start, &bytes, &len))
			return PGSTART_OVER;
		if (start->head_len < sizeof start->head)
			break;
		take_body(start, &bytes, &len);
		if (start->left > 0)
			break;
		if (start->head[0] == 'K')
			return PGSTART_KEY;
		start->head_len = 0;
	}
	return start->seen < PGSTART_OCTETS ? PGSTART_MORE : PGSTART_OVER;
}

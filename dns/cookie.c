/* cookie.c - see cookie.h. SipHash is written out: OpenSSL's allocates for every message. */
#include "cookie.h"

#include <endian.h>

enum {
	VERSION = 1,
	STAMP_AT = COOKIE_CLIENT + 4, /* after version and three reserved octets */
	HASH_AT = STAMP_AT + 4,
};

/* ------------------------------------------------------------------------------------------------ SipHash-2-4 */

struct sip {
	uint64_t a, b, c, d;
};

static inline uint64_t turn_left(uint64_t value, int bits)
{
	return value << bits | value >> (64 - bits);
}

static inline void sip_round(struct sip *v)
{
	v->a += v->b;
	v->b = turn_left(v->b, 13) ^ v->a;
	v->a = turn_left(v->a, 32);
	v->c += v->d;
	v->d = turn_left(v->d, 16) ^ v->c;
	v->a += v->d;
	v->d = turn_left(v->d, 21) ^ v->a;
	v->c += v->b;
	v->b = turn_left(v->b, 17) ^ v->c;
	v->c = turn_left(v->c, 32);
}

static inline void sip_add(struct sip *v, uint64_t word)
{
	v->d ^= word;
	sip_round(v);
	sip_round(v);
	v->a ^= word;
}

static inline uint64_t load64(const uint8_t *at)
{
	uint64_t word;
	memcpy(&word, at, sizeof word);
	return le64toh(word);
}

static uint64_t siphash(const struct cookie_secret *key, const uint8_t *in, size_t len)
{
	uint64_t k0 = load64(key->octets), k1 = load64(key->octets + 8);
	struct sip v = {k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
	                k1 ^ 0x7465646279746573};
	uint8_t last[8] = {[7] = (uint8_t)len};
	size_t at = 0;
	for (; len - at >= 8; at += 8)
		sip_add(&v, load64(in + at));
	memcpy(last, in + at, len - at);
	sip_add(&v, load64(last));
	v.c ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(&v);
	return v.a ^ v.b ^ v.c ^ v.d;
}

/* ------------------------------------------------------------------------------------------------ cookies */

/* The client's half, version, reserved octets and time are the first octets of the cookie itself. */
static uint64_t cookie_hash(const struct cookie_secret *secret, const uint8_t *cookie, const struct in6_addr *ip)
{
	uint8_t message[HASH_AT + sizeof *ip];
	bool is_v4 = IN6_IS_ADDR_V4MAPPED(ip);
	size_t ip_at = is_v4 ? 12 : 0, ip_len = sizeof *ip - ip_at;
	memcpy(message, cookie, HASH_AT);
	memcpy(message + HASH_AT, ip->s6_addr + ip_at, ip_len);
	return siphash(secret, message, HASH_AT + ip_len);
}

/* Which secret made it; secrets->count: none of ours. */
static size_t find_secret(const struct cookie_secrets *secrets, const uint8_t *cookie, const struct in6_addr *ip)
{
	uint64_t hash = load64(cookie + HASH_AT);
	size_t i = 0;
	while (i < secrets->count && cookie_hash(&secrets->secret[i], cookie, ip) != hash)
		i++;
	return i;
}

static void make(const struct cookie_secret *secret, const struct in6_addr *ip, uint32_t now, const uint8_t *client,
                 uint8_t *back)
{
	const uint32_t head = htobe32((uint32_t)VERSION << 24), stamp = htobe32(now);
	memcpy(back, client, COOKIE_CLIENT);
	memcpy(back + COOKIE_CLIENT, &head, sizeof head);
	memcpy(back + STAMP_AT, &stamp, sizeof stamp);
	const uint64_t hash = htole64(cookie_hash(secret, back, ip));
	memcpy(back + HASH_AT, &hash, sizeof hash);
}

enum cookie_state cookie_judge(const struct cookie_secrets *secrets, const struct in6_addr *ip, uint32_t now,
                               struct bytes came, uint8_t *back)
{
	const uint8_t *cookie = (const uint8_t *)came.at;
	enum cookie_state state = came.len == COOKIE_CLIENT ? COOKIE_NEW : COOKIE_WRONG;
	if (secrets->count == 0)
		return COOKIE_NONE;
	if (came.len == COOKIE_WHOLE && cookie[COOKIE_CLIENT] == VERSION) {
		uint32_t stamp;
		memcpy(&stamp, cookie + STAMP_AT, sizeof stamp);
		int32_t age = (int32_t)(now - be32toh(stamp)); /* RFC 1982: the clock's 32 bits may wrap */
		if (age >= -COOKIE_AHEAD && age <= COOKIE_VALID_FOR) {
			size_t by = find_secret(secrets, cookie, ip);
			if (by < secrets->count)
				state = COOKIE_VALID;
			if (by == 0 && age <= COOKIE_FRESH) {
				memcpy(back, cookie, COOKIE_WHOLE);
				return COOKIE_VALID;
			}
		}
	}
	make(&secrets->secret[0], ip, now, cookie, back);
	return state;
}

/* ------------------------------------------------------------------------------------------------ the file */

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_secret(struct cookie_secret *out, struct bytes line)
{
	if (line.len != 2 * sizeof out->octets)
		return false;
	for (size_t i = 0; i < sizeof out->octets; i++) {
		int high = digit(line.at[2 * i]), low = digit(line.at[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		out->octets[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static struct bytes trimmed(struct bytes line)
{
	while (line.len && (line.at[0] == ' ' || line.at[0] == '\t'))
		line.at++, line.len--;
	while (line.len && strchr(" \t\r", line.at[line.len - 1]))
		line.len--;
	return line;
}

int cookie_secrets_read(struct cookie_secrets *out, struct bytes file, struct text *why)
{
	struct cookie_secrets read = {0};
	const char *end = file.at + file.len;
	unsigned number = 1;
	for (const char *at = file.at; at < end; number++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		struct bytes line = trimmed((struct bytes){at, (size_t)((stop ? stop : end) - at)});
		at = stop ? stop + 1 : end;
		if (line.len == 0 || line.at[0] == '#')
			continue;
		if (read.count == COOKIE_SECRETS) {
			text_format(why, "line %u: more than %d secrets; one makes cookies, the others are only taken",
			            number, COOKIE_SECRETS);
			return -1;
		}
		if (!read_secret(&read.secret[read.count], line)) {
			text_format(why, "line %u: not 32 hex digits; make one with: openssl rand -hex 16", number);
			return -1;
		}
		read.count++;
	}
	if (read.count == 0) {
		text_put(why, "no secret in it; make one with: openssl rand -hex 16");
		return -1;
	}
	*out = read;
	return 0;
}

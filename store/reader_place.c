/* reader_place.c - see reader_place.h. */
#include "reader_place.h"

#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/mem.h"
#include "base/text.h"
#include "draft_word.h"
#include "registry.h"
#include "statement.h"

static const char sql_hosts[] = "SELECT name, number, region, probe FROM host ORDER BY name";
static const char sql_regions[] = "SELECT code, name, latitude, longitude FROM region ORDER BY code";
static const char sql_prefixes[] = "SELECT prefix, network FROM client_prefix ORDER BY prefix";

/* ------------------------------------------------------------------------------------------------ hosts, regions */

struct draft {
	const struct refusals *refusals;
	struct catalog_host *hosts; /* .name is an offset into strings in the clothes of a pointer, until place() */
	struct catalog_region *regions;
	size_t host_count, region_count, host_room, region_room;
	struct text strings;
};

static const char *keep(struct draft *d, struct bytes text)
{
	uintptr_t offset = d->strings.len;
	text_add(&d->strings, text.at, text.len);
	text_add(&d->strings, "", 1);
	return (const char *)offset; /* NOLINT(performance-no-int-to-ptr): an offset until place() */
}

static bool is_one(const struct in6_addr *ip)
{
	static const struct in6_addr any4 = {{{[10] = 0xff, [11] = 0xff}}};
	return !IN6_IS_ADDR_UNSPECIFIED(ip) && !IN6_IS_ADDR_MULTICAST(ip) && !IN6_ARE_ADDR_EQUAL(ip, &any4);
}

static void take_host(struct draft *d, struct statement *row)
{
	struct bytes name = statement_bytes(row, 0), region = statement_bytes(row, 2);
	int64_t number = statement_number(row, 1);
	if (name.len == 0 || !word_is_text(name, 1024) || !number_is_host(number) || !word_is_region(region)) {
		d->refusals->refused(d->refusals->owner, "host", name.at, "its name, number or region is malformed");
		return;
	}
	d->hosts = mem_grow(d->hosts, d->host_count, &d->host_room, sizeof *d->hosts);
	struct catalog_host *h = &d->hosts[d->host_count++];
	memset(h, 0, sizeof *h);
	h->name = keep(d, name);
	h->number = (uint32_t)number;
	memcpy(h->region, region.at, 3);
	const char *probe = statement_text(row, 3);
	if (*probe && !(addr_parse(&h->probe, probe) && h->probe.sin6_port && is_one(&h->probe.sin6_addr))) {
		d->refusals->refused(d->refusals->owner, "host", name.at, "its probe is no address with a port");
		h->probe = (struct sockaddr_in6){0};
	}
}

static void take_region(struct draft *d, struct statement *row)
{
	struct bytes code = statement_bytes(row, 0), name = statement_bytes(row, 1);
	double latitude = statement_real(row, 2), longitude = statement_real(row, 3);
	if (!word_is_text(name, 1024)) /* no rule forbids it, and nothing depends on it */
		name = BYTES("");
	if (!word_is_region(code) || !(latitude >= -90 && latitude <= 90) || !(longitude >= -180 && longitude <= 180)) {
		d->refusals->refused(d->refusals->owner, "region", code.at, "its code or its place on earth cannot be");
		return;
	}
	d->regions = mem_grow(d->regions, d->region_count, &d->region_room, sizeof *d->regions);
	struct catalog_region *r = &d->regions[d->region_count++];
	memset(r, 0, sizeof *r);
	memcpy(r->code, code.at, 3);
	r->name = keep(d, name);
	r->latitude = latitude;
	r->longitude = longitude;
}

static int read_all(struct draft *d, struct registry *registry, const char *sql,
                    void (*take)(struct draft *d, struct statement *row))
{
	struct statement s;
	int rc = statement_open(&s, registry, sql);
	while (rc == 0 && (rc = statement_step(&s)) > 0) {
		take(d, &s);
		rc = 0;
	}
	statement_close(&s);
	return rc;
}

static struct places *place(const struct draft *d)
{
	size_t hosts = d->host_count * sizeof *d->hosts, regions = d->region_count * sizeof *d->regions;
	struct places *p = mem_new(sizeof *p + hosts + regions + d->strings.len);
	p->hosts = (struct catalog_host *)(void *)(p + 1);
	p->regions = (struct catalog_region *)(void *)((char *)p->hosts + hosts);
	p->host_count = d->host_count;
	p->region_count = d->region_count;
	char *strings = (char *)p->regions + regions;
	if (d->strings.len)
		memcpy(strings, d->strings.at, d->strings.len);
	for (size_t i = 0; i < d->host_count; i++) {
		p->hosts[i] = d->hosts[i];
		p->hosts[i].name = strings + (uintptr_t)d->hosts[i].name;
	}
	for (size_t i = 0; i < d->region_count; i++) {
		p->regions[i] = d->regions[i];
		p->regions[i].name = strings + (uintptr_t)d->regions[i].name;
	}
	return p;
}

struct places *reader_place_read(struct registry *registry, const struct refusals *refusals)
{
	struct draft d = {.refusals = refusals};
	struct places *p = NULL;
	if (read_all(&d, registry, sql_hosts, take_host) == 0 && read_all(&d, registry, sql_regions, take_region) == 0)
		p = place(&d);
	free(d.hosts);
	free(d.regions);
	text_free(&d.strings);
	return p;
}

static bool same_host(const struct catalog_host *a, const struct catalog_host *b)
{
	return strcmp(a->name, b->name) == 0 && a->number == b->number && strcmp(a->region, b->region) == 0 &&
	       memcmp(&a->probe, &b->probe, sizeof a->probe) == 0;
}

static bool same_region(const struct catalog_region *a, const struct catalog_region *b)
{
	return strcmp(a->code, b->code) == 0 && strcmp(a->name, b->name) == 0 &&
	       !(a->latitude < b->latitude || a->latitude > b->latitude) &&
	       !(a->longitude < b->longitude || a->longitude > b->longitude);
}

bool reader_place_same(const struct places *a, const struct places *b)
{
	if (a->host_count != b->host_count || a->region_count != b->region_count)
		return false;
	for (size_t i = 0; i < a->host_count; i++)
		if (!same_host(&a->hosts[i], &b->hosts[i]))
			return false;
	for (size_t i = 0; i < a->region_count; i++)
		if (!same_region(&a->regions[i], &b->regions[i]))
			return false;
	return true;
}

/* ------------------------------------------------------------------------------------------------ prefixes */

struct attached {
	struct prefix prefix;
	uint32_t network;
};

static struct in6_addr last_of(const struct prefix *p)
{
	struct in6_addr ip = p->ip;
	for (unsigned bit = p->len; bit < 128; bit++)
		ip.s6_addr[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return ip;
}

/* The address behind; false: there is none. */
static bool step_up(struct in6_addr *ip)
{
	for (int i = 15; i >= 0; i--)
		if (++ip->s6_addr[i] != 0)
			return true;
	return false;
}

/* The address before, of any but the first. */
static struct in6_addr step_down(struct in6_addr ip)
{
	for (int i = 15; i >= 0; i--)
		if (ip.s6_addr[i]-- != 0)
			break;
	return ip;
}

static int compare_ip(const struct in6_addr *a, const struct in6_addr *b)
{
	return memcmp(a, b, sizeof *a);
}

/* Wider prefixes before the ones inside them. */
static int by_start(const void *a, const void *b)
{
	const struct attached *left = a, *right = b;
	int order = compare_ip(&left->prefix.ip, &right->prefix.ip);
	return order ? order : left->prefix.len - right->prefix.len;
}

static void add_start(struct prefixes *out, struct in6_addr from, uint32_t network)
{
	if (out->count && compare_ip(&out->starts[out->count - 1].from, &from) == 0)
		out->count--; /* nothing lies between: the later one says it */
	out->starts[out->count++] = (struct prefix_start){from, network};
}

/* Ends the prefixes that lie wholly before `next` (NULL: all); the one around them goes on behind each. */
static size_t end_before(struct prefixes *out, const struct attached **open, size_t depth, const struct in6_addr *next)
{
	while (depth) {
		struct in6_addr end = last_of(&open[depth - 1]->prefix);
		if (next && compare_ip(&end, next) >= 0)
			break;
		depth--;
		if (step_up(&end))
			add_start(out, end, depth ? open[depth - 1]->network : 0);
	}
	return depth;
}

/* Nested prefixes become a row of starts, so that a look-up is one binary search. */
static struct prefixes *flatten(struct attached *list, size_t count)
{
	struct prefixes *out = mem_new(sizeof *out + (2 * count + 1) * sizeof out->starts[0]);
	const struct attached *open[130]; /* prefixes nest at most once per length */
	size_t depth = 0;
	if (count > 1)
		qsort(list, count, sizeof *list, by_start);
	add_start(out, in6addr_any, 0);
	for (size_t i = 0; i < count; i++) {
		depth = end_before(out, open, depth, &list[i].prefix.ip);
		if (depth && open[depth - 1]->prefix.len == list[i].prefix.len)
			continue; /* the same prefix in another spelling: the first one counts */
		add_start(out, list[i].prefix.ip, list[i].network);
		open[depth++] = &list[i];
	}
	end_before(out, open, depth, NULL);
	return out;
}

struct prefixes *reader_prefix_read(struct registry *registry, const struct refusals *refusals)
{
	struct statement s;
	struct attached *list = NULL;
	struct prefixes *out = NULL;
	size_t count = 0, room = 0;
	int rc = statement_open(&s, registry, sql_prefixes);
	while (rc == 0 && (rc = statement_step(&s)) > 0) {
		struct attached a;
		int64_t network = statement_number(&s, 1);
		rc = 0;
		if (!prefix_parse(&a.prefix, statement_text(&s, 0)) || !number_is_network(network)) {
			refusals->refused(refusals->owner, "prefix", statement_text(&s, 0),
			                  "it is no prefix or leads to no network");
			continue;
		}
		a.network = (uint32_t)network;
		list = mem_grow(list, count, &room, sizeof *list);
		list[count++] = a;
	}
	statement_close(&s);
	if (rc == 0)
		out = flatten(list, count);
	free(list);
	return out;
}

/* starts[i].from <= ip < starts[i + 1].from */
static size_t start_of(const struct prefixes *prefixes, const struct in6_addr *ip)
{
	size_t low = 0, high = prefixes->count;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (compare_ip(&prefixes->starts[middle].from, ip) <= 0)
			low = middle;
		else
			high = middle;
	}
	return low;
}

uint32_t reader_prefix_find(const struct prefixes *prefixes, const struct in6_addr *ip)
{
	return prefixes->starts[start_of(prefixes, ip)].network;
}

/* How long a prefix of `ip` must be to leave out `other`, which is another address. */
static uint8_t parted_at(const struct in6_addr *ip, const struct in6_addr *other)
{
	unsigned bits = 0;
	while (!((ip->s6_addr[bits / 8] ^ other->s6_addr[bits / 8]) & 0x80 >> bits % 8))
		bits++;
	return (uint8_t)(bits + 1);
}

static uint8_t longer(uint8_t a, uint8_t b)
{
	return a > b ? a : b;
}

uint8_t reader_prefix_block(const struct prefixes *prefixes, const struct in6_addr *ip)
{
	static const struct in6_addr own = {.s6_addr = {0xfd, 0xaa}};
	size_t start = start_of(prefixes, ip);
	uint8_t len = parted_at(ip, &own);
	if (start > 0) {
		struct in6_addr before = step_down(prefixes->starts[start].from);
		len = longer(len, parted_at(ip, &before));
	}
	if (start + 1 < prefixes->count)
		len = longer(len, parted_at(ip, &prefixes->starts[start + 1].from));
	return len;
}

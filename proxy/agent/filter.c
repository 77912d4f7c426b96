/* filter.c - see filter.h. */
#include "filter.h"

#include <arpa/inet.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/mem.h"

#define TABLE "inet flycast"

/* `&' with syn and ack: whatever is not the first packet of a connection answers one that the host has opened. */
static const char rules[] =
    "add table " TABLE "\n"
    "delete table " TABLE "\n"
    "table " TABLE " {\n"
    "	set sources6 { type ifname . ipv6_addr; }\n"
    "	set sources4 { type ifname . ipv4_addr; }\n"
    "	map network { type ifname : verdict; }\n"
    "	chain refuse {\n"
    "		meta l4proto tcp reject with tcp reset\n"
    "		reject with icmpx admin-prohibited\n"
    "	}\n"
    "	chain origin {\n"
    "		type filter hook prerouting priority raw; policy accept;\n"
    "		iifname != \"" NETNS_PREFIX "*\" accept\n"
    "		iifname . ip6 saddr @sources6 accept\n"
    "		iifname . ip saddr @sources4 accept\n"
    "		drop\n"
    "	}\n"
    "	chain through {\n"
    "		type filter hook forward priority filter; policy accept;\n"
    "		iifname vmap @network\n"
    "		iifname \"" NETNS_PREFIX "*\" goto refuse\n"
    "		oifname \"" NETNS_PREFIX "*\" drop\n"
    "	}\n"
    "	chain arrive {\n"
    "		type filter hook input priority filter; policy accept;\n"
    "		iifname != \"" NETNS_PREFIX "*\" accept\n"
    "		iifname vmap @network\n"
    "		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, echo-reply, destination-unreachable,"
    " packet-too-big, time-exceeded, parameter-problem } accept\n"
    "		ip6 daddr fdaa::3 tcp flags & (syn | ack) != syn accept\n"
    "		ip daddr " NETNS_GATEWAY " tcp flags & (syn | ack) != syn accept\n"
    "		ip daddr " NETNS_GATEWAY " icmp type { echo-request, echo-reply, destination-unreachable,"
    " time-exceeded } accept\n"
    "		goto refuse\n"
    "	}\n"
    "}\n";

int filter_open(struct filter *filter)
{
	*filter = (struct filter){.nft = nft_ctx_new(NFT_CTX_DEFAULT)};
	if (!filter->nft) {
		snprintf(filter->error, sizeof filter->error, "libnftables gives no context");
		return -1;
	}
	nft_ctx_buffer_error(filter->nft);
	nft_ctx_buffer_output(filter->nft);
	return 0;
}

void filter_close(struct filter *filter)
{
	if (filter->nft)
		nft_ctx_free(filter->nft);
	free(filter->networks);
	free(filter->places);
	text_free(&filter->commands);
	*filter = (struct filter){0};
}

/* Runs and empties filter->commands: all of it or nothing takes effect. */
static int commit(struct filter *f)
{
	int rc = nft_run_cmd_from_buffer(f->nft, text_string(&f->commands));
	const char *why = nft_ctx_get_error_buffer(f->nft);
	if (rc != 0)
		snprintf(f->error, sizeof f->error, "nftables refused the rules: %.*s", (int)strcspn(why, "\n"), why);
	text_clear(&f->commands);
	return rc == 0 ? 0 : -1;
}

/* Where network `id` is or would be. */
static size_t position(const struct filter *f, uint32_t id)
{
	size_t low = 0, high = f->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (f->networks[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool has(const struct filter *f, size_t at, uint32_t id)
{
	return at < f->count && f->networks[at].id == id;
}

static void say_network(struct filter *f, uint32_t id)
{
	char prefix[32];
	snprintf(prefix, sizeof prefix, "fdaa:%x:%x:", id >> 16, id & 0xffff);
	text_format(&f->commands,
	            "table " TABLE " {\nchain net_%x {\n"
	            "	oifname \"" NETNS_PREFIX "*\" ip6 daddr %s:/48 accept\n"
	            "	ip6 daddr { fdaa::3, %s:3 } meta l4proto { tcp, udp } th dport 53 accept\n"
	            "	ip6 daddr { fdaa::3, %s:3 } icmpv6 type echo-request accept\n"
	            "	ip6 daddr %s0:1::/96 accept\n"
	            "}\n}\n",
	            id, prefix, prefix, prefix, prefix);
}

static void enter(struct filter *f, uint32_t id)
{
	size_t at = position(f, id);
	if (!has(f, at, id)) {
		if (f->count == f->room) {
			f->room = f->room ? f->room * 2 : 16;
			f->networks = mem_resize(f->networks, f->room * sizeof *f->networks);
		}
		memmove(f->networks + at + 1, f->networks + at, (f->count - at) * sizeof *f->networks);
		f->networks[at] = (struct filter_network){.id = id};
		f->count++;
		say_network(f, id);
	}
	f->networks[at].machines++;
}

static void leave(struct filter *f, uint32_t id)
{
	size_t at = position(f, id);
	if (!has(f, at, id) || --f->networks[at].machines > 0)
		return;
	f->count--;
	memmove(f->networks + at, f->networks + at + 1, (f->count - at) * sizeof *f->networks);
	text_format(&f->commands, "delete chain " TABLE " net_%x\n", id);
}

static void say_machine(struct filter *f, const char *verb, const struct netns_place *place)
{
	char name[NETNS_NAME], v6[ADDR_TEXT], v4[INET_ADDRSTRLEN];
	netns_name(name, place->slot);
	addr_ip_text(v6, &place->address);
	inet_ntop(AF_INET, &place->ipv4, v4, sizeof v4);
	text_format(&f->commands, "%s element " TABLE " sources6 { \"%s\" . %s }\n", verb, name, v6);
	text_format(&f->commands, "%s element " TABLE " sources4 { \"%s\" . %s }\n", verb, name, v4);
	text_format(&f->commands, "%s element " TABLE " network { \"%s\" : jump net_%x }\n", verb, name,
	            place->network);
}

static size_t place_position(const struct filter *f, uint32_t slot)
{
	size_t low = 0, high = f->place_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (f->places[middle].slot < slot)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool has_place(const struct filter *f, size_t at, uint32_t slot)
{
	return at < f->place_count && f->places[at].slot == slot;
}

static void insert_place(struct filter *f, size_t at, const struct netns_place *place)
{
	if (f->place_count == f->place_room) {
		f->place_room = f->place_room ? f->place_room * 2 : 16;
		f->places = mem_resize(f->places, f->place_room * sizeof *f->places);
	}
	memmove(f->places + at + 1, f->places + at, (f->place_count - at) * sizeof *f->places);
	f->places[at] = *place;
	f->place_count++;
	enter(f, place->network);
}

static void erase_place(struct filter *f, size_t at)
{
	uint32_t network = f->places[at].network;
	f->place_count--;
	memmove(f->places + at, f->places + at + 1, (f->place_count - at) * sizeof *f->places);
	leave(f, network);
}

int filter_reset(struct filter *filter, const struct netns_place *places, size_t count)
{
	filter->count = filter->place_count = 0;
	text_clear(&filter->commands);
	text_put(&filter->commands, rules);
	for (size_t i = 0; i < count; i++) {
		size_t at = place_position(filter, places[i].slot);
		if (!has_place(filter, at, places[i].slot))
			insert_place(filter, at, &places[i]);
	}
	for (size_t i = 0; i < filter->place_count; i++)
		say_machine(filter, "add", &filter->places[i]);
	if (commit(filter) == 0)
		return 0;
	filter->count = filter->place_count = 0;
	return -1;
}

int filter_add(struct filter *filter, const struct netns_place *place)
{
	size_t at = place_position(filter, place->slot);
	if (has_place(filter, at, place->slot))
		return 0;
	insert_place(filter, at, place);
	say_machine(filter, "add", place);
	if (commit(filter) == 0)
		return 0;
	erase_place(filter, at);
	text_clear(&filter->commands); /* its chain was not made either */
	return -1;
}

int filter_remove(struct filter *filter, uint32_t slot)
{
	size_t at = place_position(filter, slot);
	if (!has_place(filter, at, slot))
		return 0;
	say_machine(filter, "delete", &filter->places[at]);
	erase_place(filter, at);
	return commit(filter);
}

int filter_close_host(struct filter *filter)
{
	text_put(&filter->commands, "add table ip6 flycast_closed\n"
	                            "delete table ip6 flycast_closed\n"
	                            "table ip6 flycast_closed {\nchain forward {\n"
	                            "	type filter hook forward priority filter; policy drop;\n"
	                            "	iifname \"" NETNS_PREFIX "*\" accept\n"
	                            "	oifname \"" NETNS_PREFIX "*\" accept\n"
	                            "}\n}\n");
	return commit(filter);
}

bool filter_host_closed(struct filter *filter)
{
	text_put(&filter->commands, "list table ip6 flycast_closed\n");
	bool closed = commit(filter) == 0;
	filter->error[0] = '\0';
	return closed;
}

void filter_clear(struct filter *filter)
{
	text_put(&filter->commands, "add table " TABLE "\ndelete table " TABLE "\n"
	                            "add table ip6 flycast_closed\ndelete table ip6 flycast_closed\n");
	(void)commit(filter);
}

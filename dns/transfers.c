/* transfers.c - see transfers.h. */
#include "transfers.h"

#include <stdlib.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "catalog.h"
#include "journal.h"
#include "notify.h"
#include "seal.h"
#include "transfer_key.h"
#include "zone_change.h"

struct transfers {
	const char *registry;
	struct responder_settings *settings;
	struct zone *zone;
	struct reclaim reclaim;
	struct notify *notify;
	struct sockaddr_in6 from[2]; /* for IPv6, for IPv4 */
	bool untold;                 /* secondaries may be others */
	bool sealed;                 /* the seal could not be read, which was said */
};

struct transfers *transfers_new(const char *registry, struct responder_settings *settings, struct zone *zone)
{
	struct transfers *t = mem_new(sizeof *t);
	t->registry = registry;
	t->settings = settings;
	t->zone = zone;
	t->from[0].sin6_family = t->from[1].sin6_family = AF_INET6;
	t->from[1].sin6_addr.s6_addr[10] = t->from[1].sin6_addr.s6_addr[11] = 0xff;
	return t;
}

void transfers_tell_from(struct transfers *transfers, const struct sockaddr_in6 *address)
{
	static const struct in6_addr any_v4 = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
	bool v4 = IN6_IS_ADDR_V4MAPPED(&address->sin6_addr);
	struct sockaddr_in6 *from = &transfers->from[v4];
	if (!IN6_ARE_ADDR_EQUAL(&from->sin6_addr, v4 ? &any_v4 : &in6addr_any))
		return;
	from->sin6_addr = address->sin6_addr;
	from->sin6_scope_id = address->sin6_scope_id;
}

int transfers_start(struct transfers *transfers)
{
	transfers->notify = notify_start(transfers->from);
	return transfers->notify ? 0 : -1;
}

void transfers_free(struct transfers *transfers)
{
	if (!transfers)
		return;
	notify_stop(transfers->notify);
	reclaim_free(&transfers->reclaim);
	grants_free((void *)(uintptr_t)transfers->settings->grants);
	free(transfers);
}

/* Without the seal no key can be read; once for each time it goes away. */
static bool read_seal(struct transfers *t, struct seal *seal)
{
	struct text why = {0};
	bool read = seal_read(seal, t->registry, &why) == 0;
	if (!read && !t->sealed)
		log_error("keys of name servers not read: %s", text_string(&why));
	t->sealed = !read;
	text_free(&why);
	return read;
}

static void add_keys(struct transfers *t, struct grants *grants, const struct catalog_transfers *rows)
{
	struct seal seal;
	if (rows->key_count == 0 || !read_seal(t, &seal))
		return;
	for (size_t i = 0; i < rows->key_count; i++) {
		const struct catalog_transfer_key *row = &rows->keys[i];
		struct text secret = {0};
		struct tsig_key *key = NULL;
		if (transfer_key_open(&secret, &seal, row->name, row->secret) == 0)
			key = tsig_key_new(row->name, row->algorithm, (struct bytes){secret.at, secret.len});
		seal_wipe(&secret);
		if (key) {
			key->network = row->network;
			grants_add_key(grants, key);
		} else {
			log_warn("key not read name=%s: it was sealed with another seal than this registry has",
			         row->name);
		}
	}
	seal_forget(&seal);
}

static int compare(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;
	return *a < *b ? -1 : *a > *b;
}

/* What somebody may copy is kept ready for it. */
static void follow(const struct transfers *t, const struct grants *grants)
{
	size_t count = 0, kept = 0;
	uint32_t *networks = mem_new_array(grants->key_count + grants->secondary_count + 1, sizeof *networks);
	for (size_t i = 0; i < grants->key_count; i++)
		networks[count++] = grants->keys[i]->network;
	for (size_t i = 0; i < grants->secondary_count; i++)
		networks[count++] = grants->secondaries[i].network;
	qsort(networks, count, sizeof *networks, compare);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || networks[kept - 1] != networks[i])
			networks[kept++] = networks[i];
	zone_follow(t->zone, networks, kept);
	free(networks);
}

void transfers_take(struct transfers *transfers, const struct catalog_transfers *rows)
{
	struct grants *grants = grants_new();
	const struct grants *old = transfers->settings->grants;
	add_keys(transfers, grants, rows);
	for (size_t i = 0; i < rows->secondary_count; i++) {
		const struct catalog_secondary *row = &rows->secondaries[i];
		char text[ADDR_TEXT];
		if (!grants_add_secondary(grants, row->network, &row->address, row->key))
			log_warn("secondary left out address=%s: its key %s cannot be used",
			         addr_text(text, &row->address), row->key);
	}
	grants_settle(grants);
	follow(transfers, grants);
	transfers->untold = true;
	rcu_set(transfers->settings->grants, grants);
	reclaim_later(&transfers->reclaim, grants_free, (void *)(uintptr_t)old);
}

static void on_changed(void *owner, uint32_t network, enum zone_kind kind)
{
	notify_changed(((struct transfers *)owner)->notify, network, kind);
}

struct notify_counts transfers_counts(const struct transfers *transfers)
{
	return notify_counts(transfers->notify);
}

void transfers_settled(struct transfers *transfers)
{
	if (transfers->untold)
		notify_grants(transfers->notify, transfers->settings->grants);
	transfers->untold = false;
	if (transfers->settings->grants->secondary_count)
		journal_changes(zone_journal(transfers->zone), on_changed, transfers);
}

void transfers_reclaim(struct transfers *transfers)
{
	reclaim_run(&transfers->reclaim);
}

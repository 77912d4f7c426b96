/* zone_change.c - see zone_change.h. */
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "network_names.h"
#include "zone_copy.h"

static const char *const mailboxes[ZONE_COUNT] = {
    [ZONE_FLYCAST] = "hostmaster.flycast.",
    [ZONE_INTERNAL] = "hostmaster.internal.",
    [ZONE_REVERSE] = "hostmaster.internal.",
};

/* ------------------------------------------------------------------------------------------------ nodes and sides */

static void put_node(struct zone *z, struct node *node)
{
	struct node_key key = node_key_of(node);
	struct node *old = table_put(&z->nodes, node_hash(&key), node_is, &key, node);
	z->octets += node->size;
	z->octets -= old ? old->size : 0;
	reclaim_later(&z->reclaim, free, old);
	zone_copy_node(z, &key, node);
}

static void remove_node(struct zone *z, uint32_t network, enum node_zone zone, const char *label)
{
	struct node_key key = {network, zone, bytes_of(label)};
	struct node *old = table_remove(&z->nodes, node_hash(&key), node_is, &key);
	z->octets -= old ? old->size : 0;
	reclaim_later(&z->reclaim, free, old);
	zone_copy_node(z, &key, NULL);
}

static bool write_started(struct text *out, const struct catalog_app *app, size_t most)
{
	return app_names_instances(out, app, false, most);
}

static bool write_deployed(struct text *out, const struct catalog_app *app, size_t most)
{
	return app_names_instances(out, app, true, most);
}

static bool write_app(struct text *out, const struct catalog_app *app, size_t most)
{
	if (out->len + 1 + strlen(app->name) > most)
		return false;
	text_put(out, out->len ? "," : "");
	text_put(out, app->name);
	return true;
}

static struct side *side_of(struct zone *z, uint32_t id)
{
	struct side *s = table_find(&z->sides, zone_side_hash(id), zone_side_is, &id);
	if (s)
		return s;
	s = mem_new(sizeof *s);
	s->id = id;
	roster_init(&s->apps, write_app);
	roster_init(&s->started, write_started);
	roster_init(&s->deployed, write_deployed);
	table_put(&z->sides, zone_side_hash(id), zone_side_is, &id, s);
	return s;
}

static void side_free(void *side)
{
	struct side *s = side;
	roster_fini(&s->apps);
	roster_fini(&s->started);
	roster_fini(&s->deployed);
	free(s);
}

static void queue(struct zone *z, struct side *s)
{
	if (s->queued)
		return;
	s->queued = true;
	s->next = z->queue;
	z->queue = s;
}

/* ------------------------------------------------------------------------------------------------ apps */

static bool has_machine(const struct catalog_app *app, bool all)
{
	for (uint32_t i = 0; i < app->machine_count; i++)
		if (!app->machines[i].skip_dns && (all || app_names_answers(&app->machines[i])))
			return true;
	return false;
}

static void enlist(struct roster *roster, const struct catalog_app *app, bool in)
{
	if (in)
		roster_put(roster, app);
	else
		roster_remove(roster, app->name);
}

static void leave(struct zone *z, const struct catalog_app *old)
{
	struct side *s = side_of(z, old->network);
	remove_node(z, old->network, NODE_INTERNAL, old->name);
	roster_remove(&s->apps, old->name);
	roster_remove(&s->started, old->name);
	roster_remove(&s->deployed, old->name);
	queue(z, s);
}

static void join(struct zone *z, const struct catalog_app *now)
{
	struct side *s = side_of(z, now->network);
	put_node(z, app_names_internal(&z->maker, z->encoder, now, &z->nearness));
	roster_put(&s->apps, now);
	enlist(&s->started, now, has_machine(now, false));
	enlist(&s->deployed, now, has_machine(now, true));
	queue(z, s);
}

static bool has_address_in(const struct catalog_app *app, uint32_t network)
{
	for (uint32_t i = 0; app && i < app->address_count; i++)
		if (app->addresses[i].network == network)
			return true;
	return false;
}

static void copy_addresses(struct zone *z, const struct catalog_app *app)
{
	for (uint32_t i = 0; app && i < app->address_count; i++)
		zone_copy_address(z, &app->addresses[i].ip);
	for (uint32_t i = 0; app && i < app->machine_count; i++)
		zone_copy_address(z, &app->machines[i].address);
}

static void point_back(struct zone *z, const char *name, const struct catalog_app *old, const struct catalog_app *now)
{
	uint64_t owner = hash_bytes(name, strlen(name), 4);
	char target[NAME_TEXT];
	reverse_begin(&z->reverse);
	for (uint32_t i = 0; now && i < now->address_count; i++) {
		snprintf(target, sizeof target, "%s.flycast.", name);
		reverse_put(&z->reverse, z->encoder, &now->addresses[i].ip, owner, target);
	}
	for (uint32_t i = 0; now && i < now->machine_count; i++) {
		const struct catalog_machine *m = &now->machines[i];
		if (m->skip_dns)
			continue;
		snprintf(target, sizeof target, "%s.vm.%s.internal.", m->id, name);
		reverse_put(&z->reverse, z->encoder, &m->address, owner, target);
	}
	for (uint32_t i = 0; old && i < old->address_count; i++)
		reverse_drop(&z->reverse, &old->addresses[i].ip, owner);
	for (uint32_t i = 0; old && i < old->machine_count; i++)
		reverse_drop(&z->reverse, &old->machines[i].address, owner);
	copy_addresses(z, old);
	copy_addresses(z, now);
}

void zone_app(void *zone, const struct catalog_app *old, const struct catalog_app *now)
{
	struct zone *z = zone;
	if (!old && !now)
		return;
	if (now) {
		join(z, now);
		for (uint32_t i = 0; i < now->address_count; i++)
			put_node(z, app_names_flycast(&z->maker, z->encoder, now, &now->addresses[i]));
	}
	if (old && (!now || now->network != old->network))
		leave(z, old);
	for (uint32_t i = 0; old && i < old->address_count; i++)
		if (!has_address_in(now, old->addresses[i].network))
			remove_node(z, old->addresses[i].network, NODE_FLYCAST, old->name);
	point_back(z, now ? now->name : old->name, old, now);
}

void zone_places(struct zone *zone)
{
	nearness_renew(&zone->nearness);
}

/* ------------------------------------------------------------------------------------------------ networks */

static void point_back_peers(struct zone *z, const struct catalog_network *old, const struct catalog_network *now)
{
	uint32_t id = now ? now->id : old->id;
	uint64_t owner = hash_bytes(&id, sizeof id, 5);
	char target[NAME_TEXT];
	reverse_begin(&z->reverse);
	for (uint32_t i = 0; now && i < now->peer_count; i++) {
		snprintf(target, sizeof target, "%s._peer.internal.", now->peers[i].name);
		if (network_names_peer(&now->peers[i]))
			reverse_put(&z->reverse, z->encoder, &now->peers[i].address, owner, target);
	}
	for (uint32_t i = 0; old && i < old->peer_count; i++)
		reverse_drop(&z->reverse, &old->peers[i].address, owner);
	for (uint32_t i = 0; old && i < old->peer_count; i++)
		zone_copy_address(z, &old->peers[i].address);
	for (uint32_t i = 0; now && i < now->peer_count; i++)
		zone_copy_address(z, &now->peers[i].address);
}

void zone_network(void *zone, const struct catalog_network *old, const struct catalog_network *now)
{
	static const char *const names[] = {"_apps", "_instances", "_networks", "_peer", "_dns", "_api"};
	struct zone *z = zone;
	struct side *s = side_of(z, now ? now->id : old->id);
	if (now) {
		put_node(z, network_names_server(&z->maker, z->encoder, now->id, BYTES("_dns")));
		put_node(z, network_names_server(&z->maker, z->encoder, now->id, BYTES("_api")));
		put_node(z, network_names_peers(&z->maker, z->encoder, now));
		put_node(z, network_names_networks(&z->maker, z->encoder, now));
		s->apps.stale |= !s->known;
		s->started.stale |= !s->known || s->instances != now->instances;
		s->instances = now->instances;
		__atomic_store_n(&s->forward, now->forward, __ATOMIC_RELAXED);
	}
	point_back_peers(z, old, now);
	zone_copy_network(z, s->id, now != NULL);
	__atomic_store_n(&s->known, now != NULL, __ATOMIC_RELEASE);
	for (size_t i = 0; !now && i < sizeof names / sizeof *names; i++)
		remove_node(z, s->id, NODE_INTERNAL, names[i]);
	queue(z, s);
}

static void put_texts(struct zone *z, struct side *s)
{
	struct text texts[2] = {0};
	if (s->apps.stale) {
		roster_write(&s->apps, &texts[0], ENCODE_TEXT_MAX);
		put_node(z, network_names_apps(&z->maker, z->encoder, s->id, &texts[0]));
	}
	if (!s->instances) {
		remove_node(z, s->id, NODE_INTERNAL, "_instances");
	} else if (s->started.stale || s->deployed.stale) {
		text_clear(&texts[0]);
		roster_write(&s->started, &texts[0], ENCODE_TEXT_MAX);
		roster_write(&s->deployed, &texts[1], ENCODE_TEXT_MAX);
		put_node(z, network_names_instances(&z->maker, z->encoder, s->id, texts));
	}
	text_free(&texts[0]);
	text_free(&texts[1]);
}

static void publish_stats(struct zone *z)
{
	__atomic_store_n(&z->stats.nodes, z->nodes.count, __ATOMIC_RELAXED);
	__atomic_store_n(&z->stats.pointers, z->reverse.pointers.count, __ATOMIC_RELAXED);
	__atomic_store_n(&z->stats.networks, z->sides.count, __ATOMIC_RELAXED);
	__atomic_store_n(&z->stats.octets, z->octets, __ATOMIC_RELAXED);
}

void zone_settle(struct zone *zone, uint32_t seq)
{
	while (zone->queue) {
		struct side *s = zone->queue;
		zone->queue = s->next;
		s->queued = false;
		if (s->known) {
			put_texts(zone, s);
		} else if (s->apps.count == 0) {
			table_remove(&zone->sides, zone_side_hash(s->id), zone_side_is, &s->id);
			reclaim_later(&zone->reclaim, side_free, s);
		}
	}
	publish_stats(zone);
	journal_settle(zone->journal, seq);
	__atomic_store_n(&zone->serial, seq, __ATOMIC_RELEASE);
}

void zone_reclaim(struct zone *zone)
{
	reclaim_run(&zone->reclaim);
}

/* ------------------------------------------------------------------------------------------------ life */

struct zone *zone_new(nearness_distance *distance, void *owner)
{
	struct zone *z = mem_new(sizeof *z);
	hash_seed();
	nearness_init(&z->nearness, distance, owner, &z->reclaim);
	z->encoder = encoder_new();
	z->journal = journal_new();
	table_init(&z->nodes, &z->reclaim);
	table_init(&z->sides, &z->reclaim);
	reverse_init(&z->reverse, &z->reclaim);
	for (int kind = ZONE_NONE + 1; kind < ZONE_COUNT; kind++)
		encode_soa(z->encoder, &z->soa[kind], NETWORK_NAMES_SERVER, mailboxes[kind]);
	encode_ns(z->encoder, &z->ns, NETWORK_NAMES_SERVER);
	encode_ptr(z->encoder, &z->server_ptr, NETWORK_NAMES_SERVER);
	return z;
}

static void free_item(void *item, void *owner)
{
	(void)owner;
	free(item);
}

static void free_side(void *item, void *owner)
{
	(void)owner;
	side_free(item);
}

void zone_free(struct zone *zone)
{
	if (!zone)
		return;
	reclaim_free(&zone->reclaim);
	table_each(&zone->nodes, free_item, NULL);
	table_each(&zone->sides, free_side, NULL);
	table_fini(&zone->nodes);
	table_fini(&zone->sides);
	reverse_fini(&zone->reverse);
	nearness_fini(&zone->nearness);
	for (int kind = 0; kind < ZONE_COUNT; kind++)
		text_free(&zone->soa[kind]);
	text_free(&zone->ns);
	text_free(&zone->server_ptr);
	node_maker_free(&zone->maker);
	encoder_free(zone->encoder);
	journal_free(zone->journal);
	free(zone);
}

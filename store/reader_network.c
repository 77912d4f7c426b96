/* reader_network.c - see reader_network.h. */
#include "reader_network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "draft_word.h"
#include "registry.h"
#include "statement.h"

static const char sql_networks[] = "SELECT id, org, name, instances, forward FROM network WHERE id BETWEEN ?1 AND ?2"
                                   " ORDER BY id";
static const char sql_peers[] = "SELECT network, name, gateway, number FROM peer WHERE network BETWEEN ?1 AND ?2"
                                " ORDER BY network, name";

struct reader_network {
	struct statement networks, peers;
	int networks_state, peers_state; /* of the last step */
	int64_t id;
	const char *refusal;
	struct text strings; /* org, name, then the peers' names, each with its NUL */
	size_t name_offset;
	bool instances, forward;
	struct catalog_peer *list; /* .name is an offset into strings in the clothes of a pointer */
	uint32_t list_count;
	size_t list_room;
	char *scratch;
	size_t scratch_room;
};

struct reader_network *reader_network_open(struct registry *registry)
{
	struct reader_network *r = mem_new(sizeof *r);
	if (statement_open(&r->networks, registry, sql_networks) == 0 &&
	    statement_open(&r->peers, registry, sql_peers) == 0)
		return r;
	reader_network_close(r);
	return NULL;
}

void reader_network_close(struct reader_network *reader)
{
	if (!reader)
		return;
	statement_close(&reader->networks);
	statement_close(&reader->peers);
	text_free(&reader->strings);
	free(reader->list);
	free(reader->scratch);
	free(reader);
}

static int seek(struct statement *s, int64_t first, int64_t last)
{
	statement_reset(s);
	statement_bind_number(s, 1, first);
	statement_bind_number(s, 2, last);
	return statement_step(s);
}

void reader_network_seek(struct reader_network *reader, int64_t first, int64_t last)
{
	reader->networks_state = seek(&reader->networks, first, last);
	reader->peers_state = seek(&reader->peers, first, last);
}

static const char *keep(struct reader_network *r, struct bytes text)
{
	uintptr_t offset = r->strings.len;
	text_add(&r->strings, text.at, text.len);
	text_add(&r->strings, "", 1);
	return (const char *)offset; /* NOLINT(performance-no-int-to-ptr): an offset until place() */
}

/* fdaa:<net>:<net>:a7b:<gateway>:0:a:<number>02 */
static struct in6_addr peer_address(uint32_t network, uint16_t gateway, uint8_t number)
{
	struct in6_addr ip = {.s6_addr = {0xfd, 0xaa, (uint8_t)(network >> 24), (uint8_t)(network >> 16),
	                                  (uint8_t)(network >> 8), (uint8_t)network, 0x0a, 0x7b,
	                                  (uint8_t)(gateway >> 8), (uint8_t)gateway, 0, 0, 0, 0x0a, number, 2}};
	return ip;
}

static void take_peer(struct reader_network *r)
{
	struct bytes name = statement_bytes(&r->peers, 1);
	int64_t gateway = statement_number(&r->peers, 2), number = statement_number(&r->peers, 3);
	if (!word_is_name(name) || !number_is_port(gateway) || !number_within(number, 0, 255)) {
		r->refusal = "a WireGuard peer of it has a malformed name, gateway or number";
		return;
	}
	r->list = mem_grow(r->list, r->list_count, &r->list_room, sizeof *r->list);
	struct catalog_peer *p = &r->list[r->list_count++];
	memset(p, 0, sizeof *p);
	p->name = keep(r, name);
	p->address = peer_address((uint32_t)r->id, (uint16_t)gateway, (uint8_t)number);
}

static int take_peers(struct reader_network *r)
{
	for (; r->peers_state > 0; r->peers_state = statement_step(&r->peers)) {
		int64_t network = statement_number(&r->peers, 0);
		if (network > r->id)
			break;
		if (network == r->id)
			take_peer(r);
	}
	return r->peers_state;
}

static int rest(struct reader_network *r, int result)
{
	statement_reset(&r->networks);
	statement_reset(&r->peers);
	r->networks_state = 0;
	return result;
}

int reader_network_next(struct reader_network *reader)
{
	if (reader->networks_state <= 0)
		return rest(reader, reader->networks_state);
	struct bytes org = statement_bytes(&reader->networks, 1), name = statement_bytes(&reader->networks, 2);
	reader->id = statement_number(&reader->networks, 0);
	reader->instances = statement_number(&reader->networks, 3) != 0;
	reader->forward = statement_number(&reader->networks, 4) != 0;
	reader->refusal = NULL;
	reader->list_count = 0;
	text_clear(&reader->strings);
	keep(reader, org);
	reader->name_offset = (uintptr_t)keep(reader, name);
	if (!number_is_network(reader->id) || !word_is_label(org) || !word_is_name(name))
		reader->refusal = "its id, organization or name is malformed";
	if (take_peers(reader) < 0)
		return rest(reader, -1);
	reader->networks_state = statement_step(&reader->networks);
	return 1;
}

int64_t reader_network_id(const struct reader_network *reader)
{
	return reader->id;
}

const char *reader_network_refusal(const struct reader_network *reader)
{
	return reader->refusal;
}

static size_t size_of(const struct reader_network *r)
{
	return sizeof(struct network_object) + r->list_count * sizeof *r->list + r->strings.len;
}

/* Writes the object to memory as it must be to work at address `home`. */
static void place(const struct reader_network *r, char *memory, const char *home)
{
	size_t strings = sizeof(struct network_object) + r->list_count * sizeof *r->list;
	struct network_object *object = (struct network_object *)(void *)memory;
	struct catalog_peer *peers = (struct catalog_peer *)(void *)(object + 1);
	memset(memory, 0, strings);
	object->size = size_of(r);
	object->network.id = (uint32_t)r->id;
	object->network.org = home + strings;
	object->network.name = home + strings + r->name_offset;
	object->network.instances = r->instances;
	object->network.forward = r->forward;
	object->network.peers = (const struct catalog_peer *)(const void *)(home + sizeof *object);
	object->network.peer_count = r->list_count;
	for (uint32_t i = 0; i < r->list_count; i++) {
		memcpy(&peers[i], &r->list[i], sizeof peers[i]);
		peers[i].name = home + strings + (uintptr_t)r->list[i].name;
	}
	memcpy(memory + strings, r->strings.at, r->strings.len);
}

bool reader_network_same(struct reader_network *reader, const struct network_object *object)
{
	size_t size = size_of(reader);
	if (size != object->size)
		return false;
	if (size > reader->scratch_room) {
		reader->scratch = mem_resize(reader->scratch, size);
		reader->scratch_room = size;
	}
	place(reader, reader->scratch, (const char *)object);
	((struct network_object *)(void *)reader->scratch)->seen = object->seen;
	return memcmp(reader->scratch, object, size) == 0;
}

struct network_object *reader_network_build(struct reader_network *reader)
{
	char *memory = mem_new(size_of(reader));
	place(reader, memory, memory);
	return (struct network_object *)(void *)memory;
}

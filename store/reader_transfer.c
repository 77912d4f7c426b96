/* reader_transfer.c - see reader_transfer.h. */
#include "reader_transfer.h"

#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/mem.h"
#include "base/text.h"
#include "draft_word.h"
#include "registry.h"
#include "statement.h"
#include "transfer_key.h"

static const char sql_keys[] = "SELECT name, network, algorithm, secret FROM transfer_key ORDER BY name";
static const char sql_secondaries[] = "SELECT network, address, key FROM secondary ORDER BY network, address";

struct reading {
	struct catalog_transfers *out;
	const struct refusals *refusals;
	size_t key_room, secondary_room;
};

static bool has_nul(struct bytes text)
{
	return memchr(text.at, '\0', text.len) != NULL;
}

static char *copy_of(struct statement *row, int column)
{
	struct bytes text = statement_bytes(row, column);
	char *copy = mem_new(text.len + 1);
	memcpy(copy, text.at, text.len);
	return copy;
}

static void take_key(struct reading *r, struct statement *row)
{
	char name[TRANSFER_KEY_NAME];
	struct text why = {0};
	struct catalog_transfers *t = r->out;
	bool good = !has_nul(statement_bytes(row, 0)) && transfer_key_name(name, statement_text(row, 0), &why) == 0 &&
	            number_is_network(statement_number(row, 1)) && transfer_key_size(statement_text(row, 2));
	text_free(&why);
	if (!good) {
		r->refusals->refused(r->refusals->owner, "key", statement_text(row, 0),
		                     "its name, network or algorithm is malformed");
		return;
	}
	t->keys = mem_grow(t->keys, t->key_count, &r->key_room, sizeof *t->keys);
	t->keys[t->key_count++] = (struct catalog_transfer_key){
	    .name = copy_of(row, 0),
	    .network = (uint32_t)statement_number(row, 1),
	    .algorithm = copy_of(row, 2),
	    .secret = copy_of(row, 3),
	};
}

/* Written another way than addr_text() does, an address would be that of two networks behind the rules' back. */
static bool read_address(struct sockaddr_in6 *out, const char *text)
{
	char own[ADDR_TEXT];
	return addr_parse(out, text) && strcmp(addr_text(own, out), text) == 0;
}

static void take_secondary(struct reading *r, struct statement *row)
{
	struct sockaddr_in6 address;
	struct catalog_transfers *t = r->out;
	if (!number_is_network(statement_number(row, 0)) || has_nul(statement_bytes(row, 1)) ||
	    !read_address(&address, statement_text(row, 1)) || address.sin6_port == 0 ||
	    IN6_IS_ADDR_UNSPECIFIED(&address.sin6_addr) || IN6_IS_ADDR_MULTICAST(&address.sin6_addr)) {
		r->refusals->refused(r->refusals->owner, "secondary", statement_text(row, 1),
		                     "its network or address is malformed");
		return;
	}
	t->secondaries = mem_grow(t->secondaries, t->secondary_count, &r->secondary_room, sizeof *t->secondaries);
	t->secondaries[t->secondary_count++] = (struct catalog_secondary){
	    .network = (uint32_t)statement_number(row, 0),
	    .address = address,
	    .key = statement_null(row, 2) ? NULL : copy_of(row, 2),
	};
}

static int read_rows(struct reading *r, struct registry *registry, const char *sql,
                     void (*take)(struct reading *r, struct statement *row))
{
	struct statement s;
	int rc = statement_open(&s, registry, sql);
	while (rc == 0 && (rc = statement_step(&s)) > 0) {
		take(r, &s);
		rc = 0;
	}
	statement_close(&s);
	return rc;
}

struct catalog_transfers *reader_transfer_read(struct registry *registry, const struct refusals *refusals)
{
	struct reading r = {.out = mem_new(sizeof *r.out), .refusals = refusals};
	if (read_rows(&r, registry, sql_keys, take_key) == 0 &&
	    read_rows(&r, registry, sql_secondaries, take_secondary) == 0)
		return r.out;
	reader_transfer_free(r.out);
	return NULL;
}

void reader_transfer_free(struct catalog_transfers *transfers)
{
	if (!transfers)
		return;
	for (size_t i = 0; i < transfers->key_count; i++) {
		free(transfers->keys[i].name);
		free(transfers->keys[i].algorithm);
		free(transfers->keys[i].secret);
	}
	for (size_t i = 0; i < transfers->secondary_count; i++)
		free(transfers->secondaries[i].key);
	free(transfers->keys);
	free(transfers->secondaries);
	free(transfers);
}

/* app_draft.h - one app being put together from its rows: checked, sorted, laid out in one block.
 *
 * Between begin and end rows come in any order, Machines before what belongs to them. The first row that cannot be used
 * sets `refusal`; the draft then only has a name. Reused from app to app, so that reading a million allocates once.
 *
 * budget: fifteen functions, one for each table that an app has rows in. */
#ifndef STORE_APP_DRAFT_H
#define STORE_APP_DRAFT_H

#include <stddef.h>

#include "base/text.h"
#include "catalog.h"

struct statement;

struct draft_pair {
	uint32_t machine;
	struct catalog_pair pair;
};

struct draft_service {
	uint32_t machine;
	struct catalog_service service;
};

struct draft_port {
	struct catalog_port port;
	enum catalog_protocol protocol;
	uint16_t internal_port;
};

struct draft_check {
	uint32_t machine;
	uint16_t internal_port;
	enum catalog_health health;
	const char *ailment;
};

struct app_draft {
	const char *name;    /* valid after app_draft_end() */
	char refusal[192];   /* "": none */
	struct text strings; /* every text, NUL-terminated; a pointer in the arrays below is an offset into it */
	struct catalog_app app;
	struct catalog_address *addresses;
	struct catalog_machine *machines;
	struct draft_pair *pairs;
	struct draft_service *services;
	struct draft_port *ports;
	struct draft_check *checks;
	struct catalog_certificate *certificates;
	struct text sources; /* of replays */
	size_t pair_count, check_count;
	size_t address_room, machine_room, pair_room, service_room, port_room, check_room, certificate_room;
};

void app_draft_fini(struct app_draft *draft);

/* The statement's current row is of the cursor of that name in reader_app.c. */
void app_draft_begin(struct app_draft *draft, struct statement *row);
void app_draft_address(struct app_draft *draft, struct statement *row);
void app_draft_machine(struct app_draft *draft, struct statement *row);
void app_draft_metadata(struct app_draft *draft, struct statement *row);
void app_draft_service(struct app_draft *draft, struct statement *row);
void app_draft_port(struct app_draft *draft, struct statement *row);
void app_draft_check(struct app_draft *draft, struct statement *row);
void app_draft_source(struct app_draft *draft, struct statement *row);
void app_draft_authority(struct app_draft *draft, struct statement *row);
void app_draft_certificate(struct app_draft *draft, struct statement *row); /* by name */
void app_draft_sort_machines(struct app_draft *draft);
void app_draft_end(struct app_draft *draft);

size_t app_draft_size(const struct app_draft *draft);
/* Writes the object to memory[app_draft_size()] (zeroed here) as it must be to work at address `home`. */
void app_draft_place(const struct app_draft *draft, char *memory, const char *home);

#endif

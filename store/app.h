/* app.h - apps: a name that is unique in the registry, an organization, the network its Machines live in.
 * Owns nothing; every call works inside the caller's transaction. */
#ifndef STORE_APP_H
#define STORE_APP_H

#include <stdint.h>

#include "label.h"

struct registry;
struct statement;

struct app {
	char name[LABEL_ROOM];
	char org[LABEL_ROOM];
	uint32_t network;
	char network_name[LABEL_ROOM];
	char prefix[LABEL_ROOM]; /* of the network */
	int64_t machines;
	int64_t started; /* Machines that run */
	int64_t services;
	int64_t created_at;
	int64_t deployed_at; /* its newest Machine; 0: none */
};

/* network NULL: "default". 0 or -1. */
int app_put(struct registry *registry, const char *name, const char *org, const char *network);
int app_find(struct registry *registry, struct app *out, const char *name); /* 1 found, 0 not there, -1 failed */
int app_need(struct registry *registry, struct app *out, const char *name); /* 0; -1 also when it is not there */
/* With its addresses and Machines (their agents clean up). 0; -1 also when it is not there. */
int app_delete(struct registry *registry, const char *name);
const char *app_status(const struct app *app); /* deployed, suspended (no Machine runs) or pending (it has none) */

/* By name; org NULL: of all. */
void app_list(struct statement *s, struct registry *registry, const char *org);
int app_next(struct statement *s, struct app *out); /* 1, 0 the end, -1 failed */

#endif

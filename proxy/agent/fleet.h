/* fleet.h - all Machines of this host: puts together what the registry says, what proxies ask and what the driver does.
 * Owns the tenants. */
#ifndef AGENT_FLEET_H
#define AGENT_FLEET_H

#include <stdbool.h>
#include <stddef.h>

#include "ask.h"

struct builder;
struct client;
struct control;
struct driver;
struct ev_loop;
struct fleet;
struct follow_batch;
struct text;
struct writer;

struct fleet_parts { /* borrowed; they outlive the fleet */
	struct ev_loop *loop;
	struct builder *builder;
	struct driver *driver;
	struct writer *writer;
	struct control *control;
	/* Ends and removes what belongs to no Machine that keep() knows. */
	void (*sweep)(struct driver *driver, bool (*keep)(void *owner, const char *id), void *owner);
};

struct fleet *fleet_new(void);
void fleet_join(struct fleet *fleet, const struct fleet_parts *parts); /* before anything else */
/* Machines that run go on. Returns how many there were. NULL is fine. */
size_t fleet_free(struct fleet *fleet);

void fleet_follow(void *fleet, struct follow_batch *batch);
void fleet_metrics(void *fleet, struct text *out); /* Prometheus' text; for struct metrics_page */
/* For struct control_handler; the owner is the fleet. */
void fleet_greet(void *fleet, struct client *client);
void fleet_asked(void *fleet, struct client *client, const struct ask *ask);
void fleet_left(void *fleet, struct client *client);

#endif

/* tenant.h - one Machine of this host: where it is in its life, who waits for it to get somewhere, what is written of it.
 *
 * Owns its spec and its driver's instance. lifecycle.h decides, this carries out: every change of phase goes through one
 * function, which answers those who wait first, then tells the proxies, then queues the registry's row. */
#ifndef AGENT_TENANT_H
#define AGENT_TENANT_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "ask.h"
#include "driver.h"
#include "lifecycle.h"
#include "spec.h"

struct client;
struct health;
struct tenant;
struct writer;

struct tenant_counts { /* since the agent started */
	uint64_t starts;
	uint64_t start_us; /* from the wish to the executed command, in sum */
	uint64_t failures; /* starts that failed */
	uint64_t crashes;  /* ends nobody asked for, with another code than 0 */
};

struct tenant_world {
	struct tenant_counts *counts;
	struct ev_loop *loop;
	struct driver *driver;
	struct writer *writer;
	void *owner;
	void (*answer)(void *owner, struct client *client, const struct ask *ask);
	void (*announce)(void *owner, const struct ask *ask); /* its state changed: to every client */
	void (*removed)(void *owner, struct tenant *tenant);  /* nothing is left of it; tenant_free() it */
};

struct asker { /* a proxy that waits for one answer */
	struct client *client;
	uint32_t serial;
	enum event goal;
	int64_t since_ms;
	struct asker *next;
};

struct tenant {
	const struct tenant_world *world;
	struct spec *spec;
	struct instance *instance;
	struct health *health;
	struct driver_watch watch;
	enum phase phase;
	enum phase shown;   /* what clients and the registry were told */
	const char *source; /* of the last ask: user or proxy; flyd when nobody asked */
	bool creating;      /* the driver has not called created yet */
	bool renewed;       /* and was asked to for the start that is to come */
	bool alive;         /* a process may be running */
	bool removing;
	bool returned; /* its row came back while it was being destroyed */
	bool dirty;    /* the registry's row is to be written although the phase is the same */
	char run[DRIVER_RUN];
	char message[256];
	int64_t since;      /* wall ms */
	int64_t started_ns; /* monotonic */
	uint32_t restarts;
	bool has_exit;
	struct driver_end end; /* of the last run */
	int stop_signal;
	double stop_timeout; /* seconds */
	ev_timer killing;
	ev_timer pausing;
	struct asker *askers;
	bool row_waits; /* an ask of the registry is not done */
	enum event row_goal;
	int64_t row_serial; /* the last one seen */
	int64_t done_serial;
};

/* Takes over spec. Adopts what runs already. */
struct tenant *tenant_new(const struct tenant_world *world, struct spec *spec, const struct spec_past *past);
void tenant_free(struct tenant *tenant); /* leaves what runs running */

/* The row changed; takes over spec. past: what the registry says of the state, where all of it was read again. */
void tenant_update(struct tenant *tenant, struct spec *spec, const struct spec_past *past);
void tenant_destroy(struct tenant *tenant); /* the row is gone */
void tenant_ask(struct tenant *tenant, struct client *client, const struct ask *ask);
void tenant_leave(struct tenant *tenant, const struct client *client); /* does not wait any more */
struct ask tenant_state(const struct tenant *tenant);                  /* as ASK_STATE */

#endif

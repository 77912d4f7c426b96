/* writer.h - the thread that writes what Machines do into the registry: machine_state, machine_event, check_state; and
 * round_trip.
 *
 * The agent is the only writer of these rows for its host. Writes are queued, so that the disk never delays a wake, and
 * done in one transaction per batch; a newer state of a Machine replaces the one that still waits. A state on the way
 * (starting, stopping ...) waits a little for the one it leads to: most starts then cost one transaction, and every daemon
 * one look, instead of two in the very moment when the Machine needs the processor. When the registry
 * cannot be written the queue waits, one log line says so, and events (never states) are dropped beyond a bound. A row that
 * the registry refuses while it takes others is left out.
 *
 * budget: nine functions, one for each kind of row, and to start and stop. */
#ifndef AGENT_WRITER_H
#define AGENT_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "catalog.h"
#include "driver.h"
#include "spec.h"

struct writer;

enum { WRITER_MESSAGE = 512, WRITER_OUTPUT = 160 };

struct writer_state {
	char machine[SPEC_ID];
	enum machine_state state;
	int64_t since;
	char run[DRIVER_RUN];
	bool has_exit;
	int exit_code;
	bool oom;
	uint32_t restarts;
	int64_t done_serial;
	char message[WRITER_MESSAGE];
};

struct writer_event {
	char machine[SPEC_ID];
	int64_t at;
	const char *type; /* literals */
	const char *source;
	enum machine_state status;
	char info[128];
};

struct writer_check {
	char machine[SPEC_ID];
	uint16_t port;
	uint8_t number;
	bool passing;
	int64_t since;
	char output[WRITER_OUTPUT];
};

/* NULL: *error (free it) says why the registry cannot be written. host: in every row. */
struct writer *writer_start(const char *registry, const char *host, char **error);
void writer_stop(struct writer *writer); /* after trying to write what waits; NULL is fine */

void writer_state(struct writer *writer, const struct writer_state *state);
void writer_event(struct writer *writer, const struct writer_event *event);
void writer_check(struct writer *writer, const struct writer_check *check); /* nothing when the check's row is gone */
void writer_uncheck(struct writer *writer, const char *machine);            /* how its checks went is void */
void writer_forget(struct writer *writer, const char *machine);             /* the Machine is gone: its rows here too */
/* What the host's proxy measured to the regions, all of it: a JSON object of code and microseconds. */
void writer_away(struct writer *writer, const char *json);
void writer_destroy(struct writer *writer, const char *machine); /* auto_destroy: removes the Machine itself */

#endif

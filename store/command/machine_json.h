/* machine_json.h - a Machine as JSON, with the fields of Fly's Machines API that mean something here. */
#ifndef COMMAND_MACHINE_JSON_H
#define COMMAND_MACHINE_JSON_H

#include <jansson.h>
#include <stddef.h>

struct call;
struct machine;
struct registry;
struct service_row;

/* rows: the services of the Machine's app, of which it takes its own. NULL: could not be read (registry_error). */
json_t *machine_json(struct registry *registry, const struct machine *machine, const struct service_row *rows,
                     size_t count);
/* The same for the Machines of one app, which are all in call's open transaction. */
json_t *machine_json_list(struct registry *registry, const char *app, const struct machine *machines, size_t count);
/* One Machine, in the transaction that is open; NULL after a sentence. */
json_t *machine_json_read(struct call *call, const char *id);
/* Reads one Machine again and prints it. The exit code. */
int machine_json_say(struct call *call, const char *id);

#endif

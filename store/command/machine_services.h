/* machine_services.h - a Machine's services as JSON, as Fly's Machines API has them: ports with their options, checks. */
#ifndef COMMAND_MACHINE_SERVICES_H
#define COMMAND_MACHINE_SERVICES_H

#include <jansson.h>
#include <stddef.h>

struct machine;
struct registry;
struct service_row;

/* rows: the services of the Machine's app, of which it takes its own. NULL: could not be read (registry_error). */
json_t *machine_services_json(struct registry *registry, const struct machine *machine, const struct service_row *rows,
                              size_t count);

#endif

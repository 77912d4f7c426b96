/* config_machines.h - the configuration that an app's Machines have, read back from the registry. */
#ifndef COMMAND_CONFIG_MACHINES_H
#define COMMAND_CONFIG_MACHINES_H

#include <jansson.h>

struct call;

/* As app_config_read() takes it, keys in the order people write them; each process group as its first Machine is.
 * NULL: there is no such app, it has no Machines, or the registry failed; a sentence said so. */
json_t *config_machines_read(struct call *call, const char *app);

#endif

/* service.h - table service and service_port: which ports of an app's addresses lead to a Machine's ports, and how the
 * proxy treats what comes in. Writing happens inside the caller's transaction; failures leave registry_error().
 *
 * budget: ten functions: five to write, three to read, two for words. */
#ifndef STORE_SERVICE_H
#define STORE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "catalog.h"
#include "port.h"

struct registry;

enum { SERVICE_SOFT_LIMIT = 20, SERVICE_LIMIT_MAX = 1000000 };

struct service_policy { /* one for all ports of a command line */
	bool autostart;
	enum catalog_autostop autostop;
	bool count_requests; /* concurrency is counted in requests, not connections */
	int64_t min_machines_running;
	int64_t soft_limit; /* 0: SERVICE_SOFT_LIMIT, or the hard limit when that is lower */
	int64_t hard_limit; /* 0: none */
};

/* 0, or -1 with a sentence: soft over hard, a number out of range. */
int service_check(const struct service_policy *policy, struct text *why);
/* ports must have passed port_check(), policy service_check(). Ports that share a protocol and a Machine's port are one
 * service. */
struct service_port { /* borrowed */
	struct port port;
	struct service_policy policy;
	bool force_https;
	const char *options; /* JSON as column service_port.options has it; NULL: all defaults */
};
int service_put_port(struct registry *registry, const char *machine, const struct service_port *port);
int service_put(struct registry *registry, const char *machine, const struct port *ports, size_t count,
                const struct service_policy *policy);

struct service_change { /* borrowed; what is not said stays */
	const char *autostart, *autostop,
	    *concurrency; /* as the columns have them, "0", "suspend", "requests"; NULL: stays */
	int64_t min_machines_running, soft_limit, hard_limit; /* negative: stays; hard_limit 0: none */
};
/* Of all services of the Machine. 0 or -1. */
int service_change(struct registry *registry, const char *machine, const struct service_change *change);
/* Takes exactly this port away, and its service with the last one; port->removed says that it has to be there. 0 or -1. */
int service_drop_port(struct registry *registry, const char *machine, const struct port *port);
int service_copy(struct registry *registry, const char *from_machine, const char *to_machine);

struct service_row { /* a port of a Machine with its service */
	char machine[15];
	struct port port;
	bool force_https;
	struct service_policy policy; /* soft_limit is never 0 here */
};
/* All rows of an app (machine NULL) or of one Machine, by Machine, protocol, its port and external port. free(*out). */
int service_rows(struct registry *registry, const char *app, const char *machine, struct service_row **out,
                 size_t *count);

struct service_group { /* a port of an app: `services list` */
	struct port port;
	bool force_https;
	char *process_group;
	char *regions; /* "ams,fra" */
	int64_t machines;
};
int service_list(struct registry *registry, const char *app, struct service_group **out, size_t *count);
void service_list_free(struct service_group *groups, size_t count);

const char *service_autostop_name(enum catalog_autostop autostop); /* off stop suspend */

#endif

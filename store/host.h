/* host.h - hosts: Linux machines with an agent. Owns nothing; every call works inside the caller's transaction.
 *
 * budget: nine functions, because a host also says where it is probed and how far others are. */
#ifndef STORE_HOST_H
#define STORE_HOST_H

#include <stdint.h>

#include "base/addr.h"
#include "label.h"

struct registry;
struct statement;

struct host {
	char name[NAME_ROOM];
	uint32_t number; /* groups 4 and 5 of its Machines' addresses */
	char region[4];
	int64_t machines;
	char probe[ADDR_TEXT]; /* where its proxy answers probes of the others'; "": nowhere */
};

int host_put(struct registry *registry, const char *name, const char *region); /* with the next number. 0 or -1 */
int host_find(struct registry *registry, struct host *out, const char *name);  /* 1 found, 0 not there, -1 failed */
int host_need(struct registry *registry, struct host *out, const char *name);  /* 0; -1 also when it is not there */
/* Which row this computer is: its hostname's, else the only one. 0; -1 when that cannot be said. */
int host_self(struct registry *registry, struct host *out);
int host_probe(struct registry *registry, const char *name, const char *probe); /* NULL: nowhere. 0 or -1 */
/* What its proxy measured to the regions, a JSON object of code and microseconds, takes the place of what it measured before;
 * rows that stay as they are are not written. 0 or -1 */
int host_away(struct registry *registry, const char *name, const char *json);
int host_delete(struct registry *registry, const char *name); /* -1 also when it has Machines */

void host_list(struct statement *s, struct registry *registry); /* by name */
int host_next(struct statement *s, struct host *out);           /* 1, 0 the end, -1 failed */

#endif

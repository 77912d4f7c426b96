/* event.h - table machine_event: the last things that happened to a Machine. Its agent writes, people read. */
#ifndef STORE_EVENT_H
#define STORE_EVENT_H

#include <stdint.h>

struct registry;
struct statement;

struct event {
	const char *type;   /* launch start stop suspend resume exit restart */
	const char *status; /* the state it led to */
	const char *source; /* flyd proxy user */
	const char *info;   /* exit_code=0,oom_killed=false,requested_stop=true */
	int64_t at;         /* ms */
};

/* The newest first: event_list(&s, ...); while ((rc = event_next(&s, &event)) > 0) ...; statement_close(&s); */
void event_list(struct statement *s, struct registry *registry, const char *machine);
int event_next(struct statement *s, struct event *out); /* 1, 0 the end, -1 failed; texts live until the next call */

#endif

/* event.c - see event.h. */
#include "event.h"

#include "statement.h"

void event_list(struct statement *s, struct registry *registry, const char *machine)
{
	statement_open(s, registry,
	               "SELECT type, status, source, info, at FROM machine_event WHERE machine = ?1"
	               " ORDER BY at DESC, serial DESC");
	statement_bind_text(s, 1, machine);
}

int event_next(struct statement *s, struct event *out)
{
	int rc = statement_step(s);
	if (rc > 0)
		*out = (struct event){.type = statement_text(s, 0),
		                      .status = statement_text(s, 1),
		                      .source = statement_text(s, 2),
		                      .info = statement_text(s, 3),
		                      .at = statement_number(s, 4)};
	return rc;
}

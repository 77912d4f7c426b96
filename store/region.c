/* region.c - see region.h. */
#include "region.h"

#include <stdio.h>

#include "registry.h"
#include "statement.h"

/* Columns in the order region_next() reads them. */
#define COLUMNS "SELECT code, name, latitude, longitude FROM region"

int region_next(struct statement *s, struct region *out)
{
	int rc = statement_step(s);
	if (rc > 0) {
		snprintf(out->code, sizeof out->code, "%s", statement_text(s, 0));
		snprintf(out->name, sizeof out->name, "%s", statement_text(s, 1));
		out->latitude = statement_real(s, 2);
		out->longitude = statement_real(s, 3);
	}
	return rc;
}

int region_find(struct registry *registry, struct region *out, const char *code)
{
	struct statement s;
	statement_open(&s, registry, COLUMNS " WHERE code = ?1");
	statement_bind_text(&s, 1, code);
	int rc = region_next(&s, out);
	statement_close(&s);
	return rc;
}

int region_need(struct registry *registry, struct region *out, const char *code)
{
	int rc = region_find(registry, out, code);
	if (rc)
		return rc < 0 ? -1 : 0;
	return label_missing(registry, &(struct label_missing){"region", code, "SELECT code FROM region", NULL,
	                                                       "flycast platform regions shows them"});
}

void region_list(struct statement *s, struct registry *registry)
{
	statement_open(s, registry, COLUMNS " ORDER BY code");
}

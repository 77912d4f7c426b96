/* org.c - see org.h. */
#include "org.h"

#include <stdio.h>

#include "base/log.h"
#include "registry.h"
#include "statement.h"

/* Columns in the order org_next() reads them. */
#define COLUMNS "SELECT slug, name, created_at FROM organization"

const char *org_wrong(const char *slug)
{
	return label_wrong(slug);
}

int org_put(struct registry *registry, const char *slug, const char *name)
{
	struct statement s;
	struct org there;
	char quoted[160];
	const char *wrong = org_wrong(slug);
	if (wrong)
		return registry_fail(registry, "an organization's slug %s: %s", wrong,
		                     log_quote(quoted, sizeof quoted, slug));
	int rc = org_find(registry, &there, slug);
	if (rc)
		return rc < 0 ? -1 : registry_fail(registry, "there is an organization \"%s\" already", slug);
	statement_open(&s, registry, "INSERT INTO organization (slug, name) VALUES (?1, ?2)");
	statement_bind_text(&s, 1, slug);
	statement_bind_text(&s, 2, name && *name ? name : slug);
	rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

int org_next(struct statement *s, struct org *out)
{
	int rc = statement_step(s);
	if (rc > 0) {
		snprintf(out->slug, sizeof out->slug, "%s", statement_text(s, 0));
		snprintf(out->name, sizeof out->name, "%s", statement_text(s, 1));
		out->created_at = statement_number(s, 2);
	}
	return rc;
}

int org_find(struct registry *registry, struct org *out, const char *slug)
{
	struct statement s;
	statement_open(&s, registry, COLUMNS " WHERE slug = ?1");
	statement_bind_text(&s, 1, slug);
	int rc = org_next(&s, out);
	statement_close(&s);
	return rc;
}

int org_need(struct registry *registry, struct org *out, const char *slug)
{
	int rc = org_find(registry, out, slug);
	if (rc)
		return rc < 0 ? -1 : 0;
	return label_missing(registry, &(struct label_missing){"organization", slug, "SELECT slug FROM organization",
	                                                       NULL, "flycast orgs list shows them"});
}

int org_delete(struct registry *registry, const char *slug)
{
	struct statement s;
	struct org org;
	if (org_need(registry, &org, slug) < 0)
		return -1;
	statement_open(&s, registry, "DELETE FROM organization WHERE slug = ?1");
	statement_bind_text(&s, 1, slug);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

void org_list(struct statement *s, struct registry *registry)
{
	statement_open(s, registry, COLUMNS " ORDER BY slug");
}

/* sealed.c - see sealed.h. */
#include "sealed.h"

#include "registry.h"
#include "seal.h"
#include "statement.h"

static const char sql_sealed[] = "SELECT 1 FROM authority UNION ALL SELECT 1 FROM certificate WHERE key IS NOT NULL"
                                 " UNION ALL SELECT 1 FROM secret WHERE value IS NOT NULL"
                                 " UNION ALL SELECT 1 FROM transfer_key LIMIT 1";

/* 1, 0, or -1 with a sentence. */
static int is_anything_sealed(const char *path, struct text *why)
{
	struct registry *registry = registry_open(path, REGISTRY_READ);
	struct statement s = {0};
	int rc = registry_failed(registry) || statement_open(&s, registry, sql_sealed) < 0 ? -1 : statement_step(&s);
	if (rc < 0)
		text_put(why, registry_error(registry));
	statement_close(&s);
	registry_close(registry);
	return rc;
}

int sealed_open(struct seal *seal, const char *registry, struct text *why)
{
	struct text missing = {0};
	int rc = seal_read(seal, registry, &missing);
	if (rc < 0) {
		int sealed = is_anything_sealed(registry, why);
		if (sealed == 0)
			rc = seal_need(seal, registry, why);
		else if (sealed > 0)
			text_put(why, text_string(&missing));
	}
	text_free(&missing);
	return rc;
}

/* secret.c - see secret.h. */
#include "secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "label.h"
#include "registry.h"
#include "sealed.h"
#include "statement.h"

bool secret_name_good(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	size_t len = strlen(name);
	return len > 0 && len < SECRET_NAME && strspn(name, letters) == len && !(name[0] >= '0' && name[0] <= '9');
}

/* Sealed text and digest are bound to it. */
static char *label_of(const char *app, const char *name, int64_t version)
{
	struct text label = {0};
	text_format(&label, "secret %s %s", app, name);
	if (version)
		text_format(&label, " %lld", (long long)version);
	return label.at;
}

/* ------------------------------------------------------------------------------------------------ changing */

struct putting {
	struct registry *registry;
	const char *app;
	struct seal seal; /* read when the first value is set */
	bool has_seal;
	int64_t version;
};

static int number_of(struct registry *registry, const char *sql, const char *app, int64_t *out)
{
	struct statement s;
	statement_open(&s, registry, sql);
	statement_bind_text(&s, 1, app);
	int rc = statement_step(&s);
	*out = rc > 0 ? statement_number(&s, 0) : 0;
	statement_close(&s);
	return rc < 0 ? -1 : 0;
}

static int need_seal(struct putting *p)
{
	struct text why = {0};
	if (p->has_seal)
		return 0;
	int rc = sealed_open(&p->seal, registry_path(p->registry), &why);
	if (rc < 0)
		registry_fail(p->registry, "%s", text_string(&why));
	p->has_seal = rc == 0;
	text_free(&why);
	return rc;
}

/* Can what is there be read? A digest alone does not say so. */
static bool opens(const struct putting *p, const char *name, struct statement *row)
{
	struct text value = {0};
	const struct secret_row secret = {
	    .app = p->app, .name = name, .version = statement_number(row, 1), .value = statement_text(row, 2)};
	bool good = !p->has_seal || secret_open(&value, &p->seal, &secret) == 0;
	seal_wipe(&value);
	return good;
}

/* The digest that its newest version has; "" when it is unset, "?" when it cannot be read. 0 or -1. */
static int digest_now(struct putting *p, const char *name, char out[SEAL_DIGEST])
{
	struct statement s;
	statement_open(
	    &s, p->registry,
	    "SELECT digest, version, value FROM secret WHERE app = ?1 AND name = ?2 ORDER BY version DESC LIMIT 1");
	statement_bind_text(&s, 1, p->app);
	statement_bind_text(&s, 2, name);
	int rc = statement_step(&s);
	bool there = rc > 0 && !statement_null(&s, 0);
	snprintf(out, SEAL_DIGEST, "%s", !there ? "" : opens(p, name, &s) ? statement_text(&s, 0) : "?");
	statement_close(&s);
	return rc < 0 ? -1 : 0;
}

static int insert(struct putting *p, const char *name, const char *value, const char *digest)
{
	struct statement s;
	statement_open(&s, p->registry,
	               "INSERT INTO secret (app, name, version, value, digest) VALUES (?1, ?2, ?3, ?4, ?5)");
	statement_bind_text(&s, 1, p->app);
	statement_bind_text(&s, 2, name);
	statement_bind_number(&s, 3, p->version);
	statement_bind_text(&s, 4, value);
	statement_bind_text(&s, 5, value ? digest : NULL);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

static int not_there(struct putting *p, const char *name)
{
	char kind[LABEL_ROOM + 32], hint[LABEL_ROOM + 64];
	snprintf(kind, sizeof kind, "secret of app \"%s\" named", p->app);
	snprintf(hint, sizeof hint, "flycast secrets list -a %s shows them", p->app);
	return label_missing(
	    p->registry,
	    &(struct label_missing){kind, name,
	                            "SELECT name FROM secret s WHERE app = ?1 AND value IS NOT NULL"
	                            " AND version = (SELECT max(version) FROM secret WHERE app = ?1 AND name = s.name)",
	                            p->app, hint});
}

/* 1 changed, 0 it was so already, -1 failed. */
static int put_one(struct putting *p, const struct secret_change *change)
{
	char now[SEAL_DIGEST], digest[SEAL_DIGEST] = "";
	char *sealed = NULL;
	if ((change->value.at && need_seal(p) < 0) || digest_now(p, change->name, now) < 0)
		return -1;
	if (change->value.at) {
		char *label = label_of(p->app, change->name, 0);
		seal_digest(&p->seal, change->value, label, digest);
		free(label);
	}
	if (!change->value.at && !*now)
		return not_there(p, change->name);
	if (strcmp(now, digest) == 0)
		return 0;
	if (change->value.at) {
		char *label = label_of(p->app, change->name, p->version);
		sealed = seal_close(&p->seal, change->value, label);
		free(label);
	}
	int rc = insert(p, change->name, sealed, digest);
	free(sealed);
	return rc < 0 ? -1 : 1;
}

int secret_put(struct registry *registry, const char *app, const struct secret_change *changes, size_t count)
{
	struct app there;
	struct putting p = {.registry = registry, .app = app};
	int changed = 0;
	if (app_need(registry, &there, app) < 0 ||
	    number_of(registry,
	              "SELECT 1 + max(coalesce((SELECT max(version) FROM secret WHERE app = ?1), 0),"
	              " coalesce((SELECT max(secrets_version) FROM machine WHERE app = ?1), 0))",
	              app, &p.version) < 0)
		return -1;
	for (size_t i = 0; i < count && changed >= 0; i++) {
		int rc = put_one(&p, &changes[i]);
		changed = rc < 0 ? -1 : changed + rc;
	}
	seal_forget(&p.seal);
	return changed;
}

int secret_give(struct registry *registry, const char *machine)
{
	struct statement s;
	statement_open(&s, registry,
	               "UPDATE machine SET secrets_version = (SELECT max(version) FROM secret WHERE app = machine.app),"
	               " updated_at = CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) WHERE id = ?1"
	               " AND secrets_version < (SELECT max(version) FROM secret WHERE app = machine.app)");
	statement_bind_text(&s, 1, machine);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

/* ------------------------------------------------------------------------------------------------ reading */

void secret_list(struct statement *s, struct registry *registry, const char *app)
{
	statement_open(
	    s, registry,
	    "SELECT name, digest, created_at,"
	    " (SELECT count(*) FROM machine WHERE app = ?1 AND NOT auto_destroy),"
	    " (SELECT count(*) FROM machine WHERE app = ?1 AND NOT auto_destroy AND secrets_version >= s.version)"
	    " FROM secret s WHERE app = ?1"
	    " AND version = (SELECT max(version) FROM secret WHERE app = ?1 AND name = s.name) ORDER BY name");
	statement_bind_text(s, 1, app);
}

int secret_next(struct statement *s, struct secret *out)
{
	int rc = statement_step(s);
	if (rc <= 0)
		return rc;
	snprintf(out->name, sizeof out->name, "%s", statement_text(s, 0));
	snprintf(out->digest, sizeof out->digest, "%s", statement_text(s, 1));
	out->created_at = statement_number(s, 2);
	out->machines = statement_number(s, 3);
	out->given = statement_number(s, 4);
	return rc;
}

void secret_missing(struct statement *s, struct registry *registry, const char *app)
{
	statement_open(s, registry,
	               "SELECT id FROM machine WHERE app = ?1 AND NOT auto_destroy"
	               " AND secrets_version < (SELECT max(version) FROM secret WHERE app = ?1)"
	               " ORDER BY process_group, region, id");
	statement_bind_text(s, 1, app);
}

int secret_open(struct text *out, const struct seal *seal, const struct secret_row *row)
{
	char *label = label_of(row->app, row->name, row->version);
	int rc = seal_open(seal, row->value, label, out);
	free(label);
	return rc;
}

/* certificate.c - see certificate.h. */
#include "certificate.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "base/mem.h"
#include "org.h"
#include "pki.h"
#include "registry.h"
#include "seal.h"
#include "sealed.h"
#include "statement.h"

int certificate_name_check(const char *name, struct text *why)
{
	const char *rest = strncmp(name, "*.", 2) == 0 ? name + 2 : name;
	size_t len = strlen(name);
	bool good = len < HOSTNAME_ROOM && *rest && *rest != '.' && name[len - 1] != '.' && !strstr(rest, "..");
	for (const char *at = rest; *at; at++)
		good = good && (islower((unsigned char)*at) || isdigit((unsigned char)*at) || *at == '-' || *at == '.');
	if (good)
		return 0;
	text_format(why,
	            "\"%.80s\" is no name that a certificate can be for: write it in lower case, as www.example.com or "
	            "*.example.com, without a scheme, a port or a dot at the end",
	            name);
	return -1;
}

static bool may_be_issued(const struct certificate *c)
{
	static const char *const zones[] = {".flycast", ".internal"};
	char own[LABEL_ROOM + sizeof ".internal"];
	size_t len = strlen(c->hostname);
	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
		size_t own_len = (size_t)snprintf(own, sizeof own, "%s%s", c->app, zones[i]);
		if (len < own_len || strcmp(c->hostname + len - own_len, own) != 0)
			continue;
		if (len == own_len || c->hostname[len - own_len - 1] == '.')
			return true;
	}
	return false;
}

int certificate_put(struct registry *registry, const struct certificate *c)
{
	struct app app;
	struct statement s;
	if (app_need(registry, &app, c->app) < 0)
		return -1;
	if (c->issued && !may_be_issued(c))
		return registry_fail(registry,
		                     "the private authority signs for the app's own names only (%s.flycast, "
		                     "%s.internal and names below them), "
		                     "not for %s: give its certificate with --cert FILE --key FILE",
		                     c->app, c->app, c->hostname);
	statement_open(&s, registry,
	               "INSERT INTO certificate (app, hostname, chain, key) VALUES (?1, ?2, ?3, ?4)"
	               " ON CONFLICT (app, hostname) DO UPDATE SET chain = excluded.chain, key = excluded.key");
	statement_bind_text(&s, 1, c->app);
	statement_bind_text(&s, 2, c->hostname);
	statement_bind_text(&s, 3, c->issued ? NULL : c->chain);
	statement_bind_text(&s, 4, c->issued ? NULL : c->key);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

static int not_there(struct registry *registry, const char *app, const char *hostname)
{
	char kind[LABEL_ROOM + 64], hint[LABEL_ROOM + 64];
	snprintf(kind, sizeof kind, "certificate of app \"%s\" for", app);
	snprintf(hint, sizeof hint, "flycast certs list -a %s shows them", app);
	return label_missing(
	    registry,
	    &(struct label_missing){kind, hostname, "SELECT hostname FROM certificate WHERE app = ?1", app, hint});
}

int certificate_delete(struct registry *registry, const char *app, const char *hostname)
{
	struct app there;
	struct statement s;
	if (app_need(registry, &there, app) < 0)
		return -1;
	statement_open(&s, registry, "DELETE FROM certificate WHERE app = ?1 AND hostname = ?2 RETURNING 1");
	statement_bind_text(&s, 1, app);
	statement_bind_text(&s, 2, hostname);
	int rc = statement_step(&s);
	if (rc > 0)
		rc = statement_step(&s) < 0 ? -1 : 1; /* to the end, so that it is done */
	statement_close(&s);
	return rc == 0 ? not_there(registry, app, hostname) : rc < 0 ? -1 : 0;
}

void certificate_list(struct statement *s, struct registry *registry, const char *app, const char *hostname)
{
	statement_open(s, registry,
	               "SELECT app, hostname, created_at, chain, key FROM certificate WHERE app = ?1"
	               " AND hostname = coalesce(?2, hostname) ORDER BY hostname");
	statement_bind_text(s, 1, app);
	statement_bind_text(s, 2, hostname);
}

int certificate_next(struct statement *s, struct certificate *out)
{
	int rc = statement_step(s);
	if (rc <= 0)
		return rc;
	snprintf(out->app, sizeof out->app, "%s", statement_text(s, 0));
	snprintf(out->hostname, sizeof out->hostname, "%s", statement_text(s, 1));
	out->created_at = statement_number(s, 2);
	out->issued = statement_null(s, 3);
	out->chain = statement_text(s, 3);
	out->key = statement_text(s, 4);
	return rc;
}

char *certificate_label(char *out, size_t size, const char *app, const char *name)
{
	if (app)
		snprintf(out, size, "certificate %s %s", app, name);
	else
		snprintf(out, size, "authority %s", name);
	return out;
}

/* ------------------------------------------------------------------------------------------------ authorities */

static int put_authority(struct registry *registry, const char *org, const struct text *chain, const char *key)
{
	struct statement s;
	statement_open(&s, registry, "INSERT INTO authority (org, chain, key) VALUES (?1, ?2, ?3)");
	statement_bind_text(&s, 1, org);
	statement_bind_text(&s, 2, text_string(chain));
	statement_bind_text(&s, 3, key);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

static int make_authority(struct registry *registry, const char *org, struct text *chain)
{
	struct seal seal;
	struct text key = {0}, why = {0};
	char label[LABEL_ROOM + 16];
	int rc;
	if (sealed_open(&seal, registry_path(registry), &why) < 0) {
		rc = registry_fail(registry, "%s", text_string(&why));
	} else if (pki_authority_make(org, chain, &key) < 0) {
		rc = registry_fail(registry, "no certificate authority could be made: OpenSSL failed; try again");
	} else {
		char *sealed = seal_close(&seal, (struct bytes){key.at, key.len},
		                          certificate_label(label, sizeof label, NULL, org));
		rc = put_authority(registry, org, chain, sealed);
		free(sealed);
	}
	seal_wipe(&key);
	text_free(&why);
	return rc;
}

char *authority_need(struct registry *registry, const char *org)
{
	struct org owner;
	struct statement s;
	struct text chain = {0};
	if (org_need(registry, &owner, org) < 0)
		return NULL;
	statement_open(&s, registry, "SELECT chain FROM authority WHERE org = ?1");
	statement_bind_text(&s, 1, org);
	int rc = statement_step(&s);
	if (rc > 0)
		text_put(&chain, statement_text(&s, 0));
	statement_close(&s);
	if (rc == 0)
		rc = make_authority(registry, org, &chain);
	if (rc >= 0)
		return chain.at;
	text_free(&chain);
	return NULL;
}

int authority_need_for(struct registry *registry, const char *machine)
{
	struct statement s;
	char org[LABEL_ROOM];
	statement_open(&s, registry, "SELECT a.org FROM machine m JOIN app a ON a.name = m.app WHERE m.id = ?1");
	statement_bind_text(&s, 1, machine);
	int rc = statement_step(&s);
	snprintf(org, sizeof org, "%s", statement_text(&s, 0));
	statement_close(&s);
	if (rc <= 0)
		return rc;
	char *chain = authority_need(registry, org);
	free(chain);
	return chain ? 0 : -1;
}

/* transfer_key.c - see transfer_key.h. */
#include "transfer_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "registry.h"
#include "seal.h"
#include "sealed.h"
#include "statement.h"

enum { LABEL_MOST = 63 };

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

int transfer_key_name(char out[TRANSFER_KEY_NAME], const char *name, struct text *why)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
	char quoted[160];
	size_t len = strlen(name), label = 0;
	if (len > 1 && name[len - 1] == '.')
		len--;
	bool good = len > 0 && len < TRANSFER_KEY_NAME;
	for (size_t i = 0; good && i < len; i++) {
		out[i] = lower(name[i]);
		label = out[i] == '.' ? 0 : label + 1;
		good = strchr(allowed, out[i]) && label <= LABEL_MOST && (label || (i > 0 && out[i - 1] != '.'));
	}
	out[good ? len : 0] = '\0';
	if (good && label > 0)
		return 0;
	text_format(why, "%s cannot be the name of a key: it is a domain name of letters, digits, -, _ and single dots",
	            log_quote(quoted, sizeof quoted, name));
	return -1;
}

unsigned transfer_key_size(const char *algorithm)
{
	static const struct {
		const char *name;
		unsigned size;
	} all[] = {{"hmac-sha224", 28}, {"hmac-sha256", 32}, {"hmac-sha384", 48}, {"hmac-sha512", 64}};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (strcmp(all[i].name, algorithm) == 0)
			return all[i].size;
	return 0;
}

static const char *label_of(char out[TRANSFER_KEY_NAME + 16], const char *name)
{
	snprintf(out, TRANSFER_KEY_NAME + 16, "transfer_key %s", name);
	return out;
}

static char *close_secret(struct registry *registry, const char *name, struct bytes secret)
{
	struct seal seal;
	struct text why = {0};
	char label[TRANSFER_KEY_NAME + 16], *sealed = NULL;
	if (sealed_open(&seal, registry_path(registry), &why) < 0)
		registry_fail(registry, "%s", text_string(&why));
	else
		sealed = seal_close(&seal, secret, label_of(label, name));
	seal_forget(&seal);
	text_free(&why);
	return sealed;
}

int transfer_key_put(struct registry *registry, const struct transfer_key *key, struct bytes secret)
{
	struct statement s;
	char *sealed = close_secret(registry, key->name, secret);
	if (!sealed)
		return -1;
	statement_open(&s, registry,
	               "INSERT INTO transfer_key (name, network, algorithm, secret) VALUES (?1, ?2, ?3, ?4)");
	statement_bind_text(&s, 1, key->name);
	statement_bind_number(&s, 2, key->network);
	statement_bind_text(&s, 3, key->algorithm);
	statement_bind_text(&s, 4, sealed);
	int rc = statement_step(&s);
	statement_close(&s);
	free(sealed);
	return rc;
}

static int not_there(struct registry *registry, const char *name)
{
	return label_missing(registry, &(struct label_missing){"key", name, "SELECT name FROM transfer_key", NULL,
	                                                       "flycast keys list shows them"});
}

int transfer_key_delete(struct registry *registry, const char *name)
{
	struct statement s;
	struct transfer_key there;
	if (transfer_key_need(registry, &there, name) < 0)
		return -1;
	statement_open(&s, registry, "DELETE FROM transfer_key WHERE name = ?1");
	statement_bind_text(&s, 1, name);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

/* Columns in the order transfer_key_next() reads them. */
#define COLUMNS                                                                                                        \
	"SELECT k.name, k.network, k.algorithm, k.secret, k.created_at, n.org, n.name"                                 \
	" FROM transfer_key k JOIN network n ON n.id = k.network"

int transfer_key_next(struct statement *s, struct transfer_key *out)
{
	int rc = statement_step(s);
	if (rc > 0) {
		snprintf(out->name, sizeof out->name, "%s", statement_text(s, 0));
		out->network = (uint32_t)statement_number(s, 1);
		snprintf(out->algorithm, sizeof out->algorithm, "%s", statement_text(s, 2));
		snprintf(out->secret, sizeof out->secret, "%s", statement_text(s, 3));
		out->created_at = statement_number(s, 4);
		snprintf(out->org, sizeof out->org, "%s", statement_text(s, 5));
		snprintf(out->network_name, sizeof out->network_name, "%s", statement_text(s, 6));
	}
	return rc;
}

int transfer_key_need(struct registry *registry, struct transfer_key *out, const char *name)
{
	struct statement s;
	statement_open(&s, registry, COLUMNS " WHERE k.name = ?1");
	statement_bind_text(&s, 1, name);
	int rc = transfer_key_next(&s, out);
	statement_close(&s);
	return rc == 0 ? not_there(registry, name) : rc < 0 ? -1 : 0;
}

void transfer_key_list(struct statement *s, struct registry *registry, const char *org)
{
	statement_open(s, registry, org ? COLUMNS " WHERE n.org = ?1 ORDER BY k.name" : COLUMNS " ORDER BY k.name");
	if (org)
		statement_bind_text(s, 1, org);
}

int transfer_key_open(struct text *out, const struct seal *seal, const char *name, const char *sealed)
{
	char label[TRANSFER_KEY_NAME + 16];
	return seal_open(seal, sealed, label_of(label, name), out);
}

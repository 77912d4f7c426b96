/* environment.c - see environment.h. */
#include "environment.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "seal.h"
#include "secret.h"
#include "spec.h"

/* Of the same variable? */
static bool same_name(const char *a, const char *b)
{
	size_t len = strcspn(a, "=");
	return strncmp(a, b, len + 1) == 0;
}

/* KEY=VALUE in memory of its own; NULL after a sentence. */
static char *open_one(const struct spec *spec, const struct seal *seal, json_t *item, struct text *why)
{
	struct text entry = {0};
	const struct secret_row row = {.app = spec->app,
	                               .name = json_string_value(json_array_get(item, 0)),
	                               .version = json_integer_value(json_array_get(item, 1)),
	                               .value = json_string_value(json_array_get(item, 2))};
	text_format(&entry, "%s=", row.name ? row.name : "?");
	size_t before = entry.len;
	if (row.name && row.value && secret_open(&entry, seal, &row) == 0 &&
	    !memchr(entry.at + before, '\0', entry.len - before))
		return entry.at;
	seal_wipe(&entry);
	text_format(why,
	            "the secret %s of app %s was sealed with another seal than this registry has: set it again with "
	            "flycast secrets set",
	            row.name ? row.name : "?", spec->app);
	return NULL;
}

/* The spec's that no secret has the name of, then the secrets. */
static char **put_together(const struct spec *spec, char **secrets, size_t count)
{
	size_t own = 0, filled = 0;
	while (spec->env[own])
		own++;
	char **items = mem_new_array(own + count + 1, sizeof *items);
	for (size_t i = 0; i < own; i++) {
		size_t at = 0;
		while (at < count && !same_name(secrets[at], spec->env[i]))
			at++;
		if (at == count)
			items[filled++] = spec->env[i];
	}
	memcpy(items + filled, secrets, count * sizeof *secrets);
	return items;
}

int environment_open(struct environment *out, const struct spec *spec, const char *registry, struct text *why)
{
	struct seal seal;
	*out = (struct environment){.items = spec->env};
	if (!spec->secrets)
		return 0;
	if (seal_read(&seal, registry, why) < 0)
		return -1;
	json_t *list = json_loads(spec->secrets, 0, NULL);
	size_t count = json_array_size(list), opened = 0;
	if (!list) {
		seal_forget(&seal);
		text_format(why, "the secrets of app %s are damaged: set them again with flycast secrets set",
		            spec->app);
		return -1;
	}
	out->secrets = mem_new_array(count + 1, sizeof *out->secrets);
	while (opened < count &&
	       (out->secrets[opened] = open_one(spec, &seal, json_array_get(list, opened), why)) != NULL)
		opened++;
	json_decref(list);
	seal_forget(&seal);
	out->items = opened == count ? put_together(spec, out->secrets, count) : NULL;
	if (out->items)
		return 0;
	environment_close(out);
	return -1;
}

void environment_close(struct environment *environment)
{
	if (!environment->secrets)
		return;
	for (char **at = environment->secrets; *at; at++) {
		explicit_bzero(*at, strlen(*at));
		free(*at);
	}
	free(environment->secrets);
	free(environment->items);
	*environment = (struct environment){0};
}

/* label.c - see label.h. */
#include "label.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/closest.h"
#include "base/log.h"
#include "registry.h"
#include "statement.h"

static const char lower[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char letters_digits[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

const char *label_wrong(const char *text)
{
	size_t len = strlen(text);
	if (len == 0)
		return "is empty";
	if (text[strspn(text, lower)])
		return "may only have the letters a-z, digits and dashes";
	if (text[0] == '-' || text[len - 1] == '-')
		return "may not begin or end with a dash";
	return len >= LABEL_ROOM ? "is longer than 63 characters" : NULL;
}

const char *label_network_wrong(const char *text)
{
	if (!*text)
		return "is empty";
	if (text[strspn(text, letters_digits)])
		return "may only have letters, digits and dashes";
	if (!strchr(letters, text[0]))
		return "must begin with a letter";
	return strlen(text) >= LABEL_ROOM ? "is longer than 63 characters" : NULL;
}

const char *label_made_up(char *out)
{
	static const char *const first[] = {"amber", "bold",  "brisk",  "calm",   "clear",  "dawn",
	                                    "deep",  "early", "fair",   "frosty", "gentle", "golden",
	                                    "late",  "light", "misty",  "nimble", "quiet",  "rapid",
	                                    "rough", "shy",   "silent", "spring", "still",  "warm"};
	static const char *const second[] = {"bay",   "brook",  "cloud", "creek", "dune", "field", "forest", "glade",
	                                     "grove", "harbor", "hill",  "lake",  "leaf", "moon",  "pine",   "pond",
	                                     "reef",  "river",  "shore", "snow",  "star", "stone", "surf",   "wind"};
	unsigned short pick[3] = {0};
	if (getrandom(pick, sizeof pick, 0) != (ssize_t)sizeof pick)
		pick[2] = 1;
	snprintf(out, LABEL_ROOM, "%s-%s-%04d", first[pick[0] % (sizeof first / sizeof first[0])],
	         second[pick[1] % (sizeof second / sizeof second[0])], pick[2] % 10000);
	return out;
}

int label_missing(struct registry *registry, const struct label_missing *missing)
{
	struct closest near = {.wanted = missing->wanted};
	struct statement s;
	char quoted[160];
	int rc = statement_open(&s, registry, missing->sql);
	if (missing->bound)
		statement_bind_text(&s, 1, missing->bound);
	while (rc == 0 && (rc = statement_step(&s)) > 0) {
		closest_offer(&near, statement_text(&s, 0));
		rc = 0;
		if (near.best[0] && near.distance == 0)
			break;
	}
	statement_close(&s);
	if (rc < 0)
		return -1;
	const char *name = closest_name(&near);
	log_quote(quoted, sizeof quoted, missing->wanted);
	if (name)
		return registry_fail(registry, "there is no %s %s: did you mean \"%s\"? %s", missing->kind, quoted,
		                     name, missing->hint);
	return registry_fail(registry, "there is no %s %s: %s", missing->kind, quoted, missing->hint);
}

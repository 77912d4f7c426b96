/* certificate.h - names that an app's TLS ports answer to, and the private authority of an organization.
 *
 * An app answers to <app>.flycast by itself, with a certificate of its organization's authority; a row here adds another
 * name, with a certificate of its own or, for names of the app, with one of the authority. Private keys are in the
 * registry sealed (seal.h). Owns nothing; every call works inside the caller's transaction. */
#ifndef STORE_CERTIFICATE_H
#define STORE_CERTIFICATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "label.h"

struct pki_pair;
struct registry;
struct seal;
struct statement;

enum { HOSTNAME_ROOM = 254 };

struct certificate {
	char app[LABEL_ROOM];
	char hostname[HOSTNAME_ROOM];
	int64_t created_at;
	bool issued;       /* by the authority, whenever it is needed; chain and key are "" then */
	const char *chain; /* valid until the next step of the statement */
	const char *key;   /* sealed */
};

/* 0, or -1 with a sentence appended to why: not what column certificate.hostname takes. */
int certificate_name_check(const char *hostname, struct text *why);
/* Adds the name or gives it another certificate. chain NULL: the authority's. 0 or -1. */
int certificate_put(struct registry *registry, const struct certificate *certificate);
int certificate_delete(struct registry *registry, const char *app,
                       const char *hostname); /* 0; -1 also when it is not there */
/* Of the app by name; hostname NULL: all. */
void certificate_list(struct statement *s, struct registry *registry, const char *app, const char *hostname);
int certificate_next(struct statement *s, struct certificate *out); /* 1, 0 the end, -1 failed */

/* What the sealed key of a row is bound to; returns out. app NULL: the authority of the organization `name`. */
char *certificate_label(char *out, size_t size, const char *app, const char *name);

/* The certificate (PEM) of the organization's authority, which is made if there is none yet; free() it.
 * NULL: registry_error(). */
char *authority_need(struct registry *registry, const char *org);
int authority_need_for(struct registry *registry, const char *machine); /* of the Machine's organization; 0 or -1 */

#endif

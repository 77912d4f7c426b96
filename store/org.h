/* org.h - organizations: who owns networks and apps. Owns nothing; every call works inside the caller's transaction. */
#ifndef STORE_ORG_H
#define STORE_ORG_H

#include <stdint.h>

#include "label.h"

struct registry;
struct statement;

struct org {
	char slug[LABEL_ROOM];
	char name[NAME_ROOM]; /* for people */
	int64_t created_at;
};

/* What is wrong with the slug ("is longer than 63 characters"), or NULL. */
const char *org_wrong(const char *slug);
/* A new organization; name: for people, NULL or "" makes it the slug. 0 or -1. */
int org_put(struct registry *registry, const char *slug, const char *name);
int org_find(struct registry *registry, struct org *out, const char *slug); /* 1 found, 0 not there, -1 failed */
int org_need(struct registry *registry, struct org *out, const char *slug); /* 0; -1 also when it is not there */
int org_delete(struct registry *registry, const char *slug); /* with its networks; -1 also when it still has apps */

/* By slug: org_list(&s, registry); while ((rc = org_next(&s, &org)) > 0) ...; statement_close(&s); */
void org_list(struct statement *s, struct registry *registry);
int org_next(struct statement *s, struct org *out); /* 1, 0 the end, -1 failed */

#endif

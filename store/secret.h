/* secret.h - table secret: variables of an app's Machines whose values are sealed (seal.h). 0015_secrets.sql tells how
 * versions make a change wait until Machines are given it. Owns nothing; every call works inside the caller's
 * transaction; what fails leaves registry_error(). */
#ifndef STORE_SECRET_H
#define STORE_SECRET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "seal.h"

struct registry;
struct statement;

enum { SECRET_NAME = 256, SECRET_MOST = 65536 /* octets of a value */ };

struct secret_change {
	const char *name;
	struct bytes value; /* any octets but NUL; at NULL: unset */
};

bool secret_name_good(const char *name); /* letters, digits and _, no digit first, less than SECRET_NAME of them */
/* One new version of the app's secrets; each name once. What is as it was already is left out. Returns how many changed,
 * or -1, also when a name that is to be unset is not there. */
int secret_put(struct registry *registry, const char *app, const struct secret_change *changes, size_t count);

struct secret {
	char name[SECRET_NAME];
	char digest[SEAL_DIGEST]; /* "": unset, and some Machine still has it */
	int64_t created_at;
	int64_t machines; /* of the app, those that destroy themselves not counted */
	int64_t given;    /* so many of them have this from their next start on */
};
/* The newest of each name, by name. */
void secret_list(struct statement *s, struct registry *registry, const char *app);
int secret_next(struct statement *s, struct secret *out); /* 1, 0 the end, -1 failed */

/* Ids of Machines that do not have the newest, by process group, region and id; those that destroy themselves keep what
 * they have. Column 0 of the statement. */
void secret_missing(struct statement *s, struct registry *registry, const char *app);
/* The Machine has the newest from its next start on. 0 or -1. */
int secret_give(struct registry *registry, const char *machine);

struct secret_row { /* borrowed */
	const char *app, *name;
	int64_t version;
	const char *value; /* sealed */
};
/* Appends the value of a row; clear out with seal_wipe(). -1: sealed with another seal, or moved, or damaged. */
int secret_open(struct text *out, const struct seal *seal, const struct secret_row *row);

#endif

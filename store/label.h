/* label.h - the rules for names, and the sentence for a name that is not there. Owns nothing. */
#ifndef STORE_LABEL_H
#define STORE_LABEL_H

struct registry;

enum { LABEL_ROOM = 64, NAME_ROOM = 1024 /* 255 characters of UTF-8 */ };

/* What is wrong with it, to be read after the name: "is longer than 63 characters"; NULL: nothing. */
const char *label_wrong(const char *text);         /* a DNS label: apps, organizations, Machines */
const char *label_network_wrong(const char *text); /* letters, digits, dashes; begins with a letter */

/* "quiet-harbor-3817" into out[LABEL_ROOM]; returns out. */
const char *label_made_up(char *out);

/* Fails the registry with: there is no `kind` "wanted": did you mean "..."? `hint`
 * sql has one column of names; values are bound to ?1 (NULL: none). Returns -1. */
struct label_missing {
	const char *kind;
	const char *wanted;
	const char *sql;
	const char *bound;
	const char *hint; /* "flycast orgs list shows them" */
};
int label_missing(struct registry *registry, const struct label_missing *missing);

#endif

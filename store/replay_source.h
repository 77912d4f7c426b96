/* replay_source.h - whose apps may send requests on with fly-replay to the apps of an organization, besides its own in
 * their own network. Owns nothing; every call works inside the caller's transaction.
 *
 * The organization as a source of its own: its apps may do so across its networks. */
#ifndef STORE_REPLAY_SOURCE_H
#define STORE_REPLAY_SOURCE_H

struct registry;
struct statement;

/* Both must be there; one that is granted already stays as it is. 0 or -1. */
int replay_source_put(struct registry *registry, const char *org, const char *source);
int replay_source_delete(struct registry *registry, const char *org, const char *source); /* -1 also: not granted */
int replay_source_find(struct registry *registry, const char *org, const char *source);   /* 1 granted, 0, -1 failed */

/* The other organizations, by slug: replay_source_list(&s, registry, org);
 * while ((rc = replay_source_next(&s, &source)) > 0) ...; statement_close(&s); */
void replay_source_list(struct statement *s, struct registry *registry, const char *org);
int replay_source_next(struct statement *s, const char **source); /* until the next call; 1, 0 the end, -1 failed */

#endif

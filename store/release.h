/* release.h - table release: what was deployed. Owns nothing; writing happens inside the caller's transaction; failures
 * leave registry_error(). */
#ifndef STORE_RELEASE_H
#define STORE_RELEASE_H

#include <stdint.h>

struct registry;
struct statement;

enum { RELEASE_IMAGE = 65 }; /* bytes of an image: 64 hex digits and NUL */

struct release {
	int64_t version;
	int64_t created_at; /* ms */
	char who[256];
	char status[16]; /* running complete failed interrupted */
	char image[RELEASE_IMAGE];
};

/* The next version, running. who: the user. config: JSON. 0 or -1. */
int release_put(struct registry *registry, const char *app, struct release *out, const char *config);
int release_finish(struct registry *registry, const char *app, int64_t version, const char *status);
/* Nobody deploys the app: what still says running was killed. Of a Machine and the one that was to take its place
 * (metadata flycast_replaces) the one goes that is cordoned. */
int release_clean(struct registry *registry, const char *app);

/* Of one app, the newest first. */
void release_list(struct statement *s, struct registry *registry, const char *app);
int release_next(struct statement *s, struct release *out); /* 1, 0 the end, -1 failed */

#endif

/* release.h - table release: what was deployed. Owns nothing; writing happens inside the caller's transaction; failures
 * leave registry_error(). */
#ifndef STORE_RELEASE_H
#define STORE_RELEASE_H

#include <stdint.h>

struct registry;
struct statement;

enum { RELEASE_IMAGE = 65 /* bytes of an image: 64 hex digits and NUL */, RELEASE_KEPT = 5 };

struct release {
	int64_t version;
	int64_t created_at; /* ms */
	char who[256];
	char status[16]; /* running complete failed interrupted */
	char image[RELEASE_IMAGE];
	char description[256]; /* "Release", "Rollback to v3" */
	char message[1024];    /* failed, interrupted: why */
	int64_t finished_at;   /* ms; 0: it is not */
};

/* The next version, running; who, image and description are given. config: JSON. 0 or -1. */
int release_put(struct registry *registry, const char *app, struct release *out, const char *config);
/* message: why it failed, cut when it is too long; "": it did not. */
int release_finish(struct registry *registry, const char *app, int64_t version, const char *status,
                   const char *message);
/* Nobody deploys the app: what still says running was killed. Of a Machine and the one that was to take its place
 * (metadata flycast_replaces) the one goes that is cordoned, and so do cordoned ones of a release that is not complete. */
int release_clean(struct registry *registry, const char *app);

/* Of one app, the newest first. */
void release_list(struct statement *s, struct registry *registry, const char *app);
int release_next(struct statement *s, struct release *out); /* 1, 0 the end, -1 failed */
/* Does a Machine run from the image, or is it one of those that may be gone back to: the newest complete releases? 1 yes,
 * 0 no, -1 failed. */
int release_uses(struct registry *registry, const char *app, const char *image);
/* Does a Machine run, or may one, that is of a release which is not complete? 1 yes, 0 no, -1 failed. */
int release_is_mixed(struct registry *registry, const char *app);
/* One of them; version 0: the newest that is complete. *config (may be NULL) gets its configuration, JSON: free() it.
 * 1, 0 there is none, -1 failed. */
int release_find(struct registry *registry, const char *app, int64_t version, struct release *out, char **config);

#endif

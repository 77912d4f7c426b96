/* image.h - what a host's store of images says of one: where its files are, and how its program wants to be run. Pure, but
 * for the user names, which are in the image's own files. */
#ifndef AGENT_IMAGE_H
#define AGENT_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { IMAGE_GROUPS = 32 };

struct image_user {
	uint32_t uid;
	uint32_t gid;
	uint32_t groups[IMAGE_GROUPS]; /* further ones */
	size_t group_count;
	char *home; /* NULL: not known */
};

struct image {
	char *ref;         /* as it was asked for */
	char *id;          /* of its configuration */
	char *root;        /* path of its files; not to be written to */
	char **entrypoint; /* NULL-terminated, as the next two; never NULL */
	char **command;
	char **env; /* KEY=VALUE */
	char *directory;
	char *user; /* "", "name", "1000:1000" */
	struct image_user who;
};

/* json: an array of one object, as podman image inspect prints it. root and who are not set. NULL: what is wrong, in why. */
struct image *image_parse(const char *ref, const char *json, struct text *why);
/* Looks image->user up in image->root. 0, or -1 with a sentence in why. */
int image_find_user(struct image *image, struct text *why);
void image_free(struct image *image); /* NULL is fine */

#endif

/* root.h - the image one Machine is made of: asked for ahead of its starts, kept until another one is wanted. */
#ifndef AGENT_ROOT_H
#define AGENT_ROOT_H

#include <stdbool.h>

struct image;
struct images;
struct spec;

struct root {
	struct images *images;
	void *owner;
	void (*settled)(void *owner); /* an answer came: image or error is set */
	struct image *image;
	char *error; /* why there is none */
	bool looking;
};

/* true: the image of the spec has to be looked for first, and settled will be called. Never from inside this call. */
bool root_renew(struct root *root, const struct spec *spec);
void root_forget(struct root *root); /* a start with it failed: the next one looks again */
void root_fini(struct root *root);

#endif

/* root.c - see root.h. */
#include "root.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "image.h"
#include "images.h"
#include "spec.h"

static void on_found(void *owner, struct image *image, const char *error)
{
	struct root *root = owner;
	root_forget(root);
	root->looking = false;
	root->image = image;
	root->error = mem_text(error);
	root->settled(root->owner);
}

bool root_renew(struct root *root, const struct spec *spec)
{
	if (!spec->image || (root->image && strcmp(root->image->ref, spec->image) == 0))
		return false;
	/* An answer about another image may still come: it is none about this one. */
	images_forget(root->images, root);
	root->looking = true;
	images_find(root->images, spec->image, on_found, root);
	return true;
}

void root_forget(struct root *root)
{
	image_free(root->image);
	free(root->error);
	root->image = NULL;
	root->error = NULL;
}

void root_fini(struct root *root)
{
	images_forget(root->images, root);
	root_forget(root);
}

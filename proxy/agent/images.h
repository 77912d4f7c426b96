/* images.h - the thread that asks this host's store of images (podman's), since its answers take tenths of a second.
 *
 * Never fetches anything: what is not in the store is refused with the command that brings it there. Mounts what it finds
 * and leaves it mounted, read only, for all Machines of the image. */
#ifndef AGENT_IMAGES_H
#define AGENT_IMAGES_H

struct ev_loop;
struct image;
struct images;

/* image: the callee's, or NULL, then error says why. In the loop's thread. */
typedef void images_done(void *owner, struct image *image, const char *error);

struct images *images_start(struct ev_loop *loop);
void images_stop(struct images *images); /* no callback comes any more; NULL is fine */
void images_find(struct images *images, const char *ref, images_done *done, void *owner);
void images_forget(struct images *images, const void *owner); /* it does not want to know any more */

#endif

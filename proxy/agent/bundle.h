/* bundle.h - the configuration of the OCI runtime for a Machine made of an image. Pure.
 *
 * The Machine's network, processes, host name and control groups are those flycast-init is in already; the runtime adds
 * another root, devices of its own, and takes privileges away: what podman leaves a container by default, system calls
 * that no program of a container needs refused, nothing gained by set-user-id programs. */
#ifndef AGENT_BUNDLE_H
#define AGENT_BUNDLE_H

#include <stdbool.h>

struct image;
struct spec;
struct text;

struct bundle {
	const struct spec *spec;
	const struct image *image;
	char *const *env;    /* the Machine's: over the image's */
	const char *scratch; /* directory of the paths in init/container.h */
	bool fly;            /* flycast-init has put the Machine's /.fly in the place of the host's */
};

/* What is run: entrypoint and command, the Machine's over the image's. free() the array, not the words. First is NULL:
 * neither has any. */
const char **bundle_words(const struct spec *spec, const struct image *image);
/* JSON, for a Machine that has words. 0, or -1 with a sentence in why. */
int bundle_config(const struct bundle *bundle, struct text *out, struct text *why);

#endif

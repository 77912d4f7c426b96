/* health.h - the checks of one Machine: asks its services again and again while it runs, and tells the registry what comes
 * of it when that changes. Asks where the host's proxy reaches the Machine, but past the proxy: a check is no load and
 * wakes nobody.
 *
 * Until a check has passed once since the Machine was started it is asked again after 2, 4, 8 ... 250 ms, because requests
 * wait for it; then, and when it has not in a minute, once per interval. One socket and a few hundred bytes per check. */
#ifndef AGENT_HEALTH_H
#define AGENT_HEALTH_H

#include <stdbool.h>

struct ev_loop;
struct health;
struct spec;
struct writer;

/* told: the registry has states of its checks, from an agent before this one. */
struct health *health_new(struct ev_loop *loop, struct writer *writer, bool told);
void health_free(struct health *health); /* leaves what was told; NULL is fine */

/* The Machine's row is new. Nothing happens when its checks are as they were. */
void health_take(struct health *health, const struct spec *spec);
void health_run(struct health *health);  /* the Machine runs, from a start or after a suspension */
void health_rest(struct health *health); /* it does not answer now; what is known stays true */
void health_end(struct health *health);  /* it ended: what is known is void */

#endif

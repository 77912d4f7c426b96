/* rotation.h - what became of connections to a service is told to its standing, logged when it goes out of the rotation or
 * comes back, and counted. In the thread of the connection. */
#ifndef PROXY_ROTATION_H
#define PROXY_ROTATION_H

#include "backend.h"
#include "standing.h"

struct worker;

/* It happened to a connection that was begun in this life (epoch) of the Machine. */
void rotation_harm(struct worker *worker, struct live_service *service, uint32_t epoch, enum standing_harm harm);
void rotation_restore(const struct backend *backend, bool answered);

/* The Machine took this connection, or answered on it. Nothing when nobody complains of the service. */
static inline void rotation_good(const struct backend *backend, bool answered)
{
	if (!standing_is_clear(&backend->service->standing))
		rotation_restore(backend, answered);
}

/* It ended before it said anything. One that was used before may have been closed because it was idle. */
static inline void rotation_broke(const struct backend *backend)
{
	if (!backend->used)
		rotation_harm(backend->worker, backend->service, backend->epoch, STANDING_BROKE);
}

#endif

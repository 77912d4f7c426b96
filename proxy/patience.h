/* patience.h - the time limits that a port sets for its HTTP clients itself (http_options.idle_timeout and
 * .headers_read_timeout) in place of the proxy's own. A connection to a port without them has no struct patience.
 *
 * Over HTTP/2 it is the silence of each request that is limited; a head comes whole or not at all.
 *
 * A timer of the loop and no struct deadline, whose limits of one kind are all equally long. */
#ifndef PROXY_PATIENCE_H
#define PROXY_PATIENCE_H

#include <stdbool.h>

struct conn;
struct port_options;

/* NULL when the port sets no limit. */
struct patience *patience_new(struct conn *conn, const struct port_options *options);
void patience_free(struct patience *patience); /* NULL is fine */

/* A head is awaited from now on. False: the port sets no limit for it. NULL is fine. */
bool patience_head(struct patience *patience);
/* Something moved, or another phase of the request began: the silence is counted from now on. While a Machine is looked
 * for it is not counted. False: the port sets no limit for silence. NULL is fine. */
bool patience_moved(struct patience *patience);

#endif

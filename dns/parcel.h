/* parcel.h - one message that one thread owes to a connection of another: a stream (stream.h) whose message comes later.
 * Belongs to both until it was sent and let go of, in either order; the later of them frees it. */
#ifndef DNS_PARCEL_H
#define DNS_PARCEL_H

#include <stddef.h>
#include <stdint.h>

struct parcel;
struct stream;

struct parcel *parcel_new(void); /* NULL with errno: no descriptor */
/* The receiver's side; freeing the stream lets go of it. */
struct stream *parcel_stream(struct parcel *parcel);
/* The sender's side, once: copies the message; len 0: there is none. The parcel is not the sender's any more. */
void parcel_send(struct parcel *parcel, const uint8_t *message, size_t len);

#endif

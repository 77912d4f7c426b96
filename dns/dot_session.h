/* dot_session.h - the TLS of one connection as something between octets that came and octets that are to be sent: OpenSSL
 * without a socket. Owns neither the socket nor the buffers; at rest it holds what is left of a record, nothing else. */
#ifndef DNS_DOT_SESSION_H
#define DNS_DOT_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DOT_RECORD_MAX = 16384 + 256 + 5 }; /* RFC 8446 5.2 */

struct dot_session;
struct ssl_ctx_st;

struct dot_bytes { /* a caller's buffer that is filled from len on */
	uint8_t *at;
	size_t len;
	size_t room;
};

enum dot_step {
	DOT_GOES_ON,
	DOT_ENDED,  /* the client said close_notify: answer what it asked, and end */
	DOT_FAILED, /* what is in `out` is its alert */
};

struct dot_session *dot_session_new(struct ssl_ctx_st *context); /* NULL: no memory */
void dot_session_free(struct dot_session *session);              /* NULL is fine */

/* Reads all of in[len], appends what that says to `plain`, which has room for len and DOT_RECORD_MAX, and what TLS itself has
 * to say to `out`. */
enum dot_step dot_session_take(struct dot_session *session, const uint8_t *in, size_t len, struct dot_bytes *plain,
                               struct dot_bytes *out);
/* Appends plain[len] to `out` in records; after the handshake only. -1: it cannot be. */
int dot_session_put(struct dot_session *session, const uint8_t *plain, size_t len, struct dot_bytes *out);
void dot_session_end(struct dot_session *session, struct dot_bytes *out); /* close_notify */

bool dot_session_greeted(const struct dot_session *session); /* the handshake is over */
bool dot_session_resumed(const struct dot_session *session);

#endif

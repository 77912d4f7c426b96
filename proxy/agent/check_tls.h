/* check_tls.h - the TLS side of an https check: a client's session over a connected socket that does not block.
 * The socket stays the caller's. One thread. */
#ifndef AGENT_CHECK_TLS_H
#define AGENT_CHECK_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct check_tls;

/* server_name: SNI, and the name that the certificate must have when verify is on. */
struct check_tls *check_tls_new(int fd, const char *server_name, bool verify);
void check_tls_free(struct check_tls *tls); /* says goodbye; NULL is fine */

enum check_tls_step { CHECK_TLS_READ, CHECK_TLS_WRITE, CHECK_TLS_DONE, CHECK_TLS_FAILED };
/* The handshake goes on: wait for the socket to be read or written, done, or failed (check_tls_why). */
enum check_tls_step check_tls_shake(struct check_tls *tls);
/* Like recv(2) and send(2): -1 with EAGAIN, or EPROTO when the session broke. */
ssize_t check_tls_recv(struct check_tls *tls, void *bytes, size_t size);
ssize_t check_tls_send(struct check_tls *tls, const void *bytes, size_t len);
const char *check_tls_why(const struct check_tls *tls); /* why the handshake failed, for people */

#endif

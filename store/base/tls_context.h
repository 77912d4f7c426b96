/* tls_context.h - what all TLS connections of a daemon share: protocol settings and the keys of session tickets.
 *
 * TLS 1.2 and 1.3 with forward secrecy, no renegotiation, no compression, no early data. Sessions live in tickets only
 * (RFC 5077, RFC 8446 2.2), whose keys all threads share and which are rolled every hour; those of the hour before are
 * still taken. Who has several names binds a ticket to one with SSL_set_session_id_context(). */
#ifndef BASE_TLS_CONTEXT_H
#define BASE_TLS_CONTEXT_H

struct ssl_st;
struct ssl_ctx_st;

struct tls_callbacks { /* of the handshake, as OpenSSL's callbacks of these names; the argument is not used */
	int (*server_name)(struct ssl_st *, int *alert, void *);
	int (*alpn)(struct ssl_st *, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
	            unsigned in_len, void *);
};

/* NULL: the library cannot be set up; one log line says why. tls_context_free() it when no connection is left. */
struct ssl_ctx_st *tls_context_new(const struct tls_callbacks *callbacks);
void tls_context_free(struct ssl_ctx_st *context); /* NULL is fine */

#endif

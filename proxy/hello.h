/* hello.h - the first bytes of a PostgreSQL client, before anything is encrypted (PostgreSQL protocol 3.x, 55.7; direct
 * TLS since PostgreSQL 17). Pure. */
#ifndef PROXY_HELLO_H
#define PROXY_HELLO_H

#include <stddef.h>

enum {
	HELLO_REQUEST = 8,
	HELLO_CANCEL_LEAST = 16,      /* process id and a secret of four octets ... */
	HELLO_CANCEL_MOST = 12 + 256, /* ... or as many as this, since protocol 3.2 */
	HELLO_REFUSAL_MAX = 512
};

enum hello {
	HELLO_MORE,   /* too short to tell */
	HELLO_TLS,    /* a TLS record: the client begins TLS without asking; nothing of it belongs to us */
	HELLO_SSL,    /* SSLRequest, HELLO_REQUEST octets */
	HELLO_GSS,    /* GSSENCRequest, HELLO_REQUEST octets */
	HELLO_CANCEL, /* CancelRequest, hello_size() octets: the session's key is what follows HELLO_REQUEST */
	HELLO_PLAIN,  /* a session without encryption */
	HELLO_BAD     /* nothing that PostgreSQL clients say */
};
enum hello hello_read(const unsigned char *bytes, size_t len);
/* How long the message is, of which HELLO_REQUEST octets are there. */
size_t hello_size(const unsigned char *bytes);

/* ErrorResponse: FATAL with the sentence, which is cut to fit. Into out[HELLO_REFUSAL_MAX]; the length. */
size_t hello_refusal_write(unsigned char *out, const char *sentence);

#endif

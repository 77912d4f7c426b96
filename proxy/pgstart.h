/* pgstart.h - what a PostgreSQL server says until a session begins, watched for the session's cancellation key:
 * BackendKeyData, PostgreSQL protocol 3.x, 55.2.1 and 55.7. Pure.
 *
 * The bytes are somebody else's; nothing is kept of them but the key. */
#ifndef PROXY_PGSTART_H
#define PROXY_PGSTART_H

#include <stddef.h>
#include <stdint.h>

enum {
	PGSTART_KEY_LEAST = 4 + 4,  /* process id, secret: of four octets until protocol 3.2 ... */
	PGSTART_KEY_MOST = 4 + 256, /* ... and as many as this since */
	PGSTART_OCTETS = 64 * 1024  /* after which it is no server that begins a session */
};

struct pgstart { /* zero-initialise */
	uint32_t seen;
	uint32_t left;    /* octets of the message's body to come */
	uint8_t head[5];  /* kind and length of a message */
	uint8_t head_len; /* ... so far */
	uint16_t key_len; /* octets of the key so far */
	unsigned char key[PGSTART_KEY_MOST];
};

enum pgstart_event {
	PGSTART_MORE, /* watch on */
	PGSTART_KEY,  /* key[key_len] is whole */
	PGSTART_OVER  /* there will be none: an error, or no server that speaks so */
};
/* What the server sent next. To be called no more after PGSTART_KEY and PGSTART_OVER. */
enum pgstart_event pgstart_read(struct pgstart *start, const unsigned char *bytes, size_t len);

#endif

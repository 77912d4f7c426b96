/* inquiry.h - questions asked over a daemon's control socket, in HTTP so that curl can ask them too: GET tells something,
 * POST changes something. Each is answered by a thread of its own: what is long keeps neither the main thread nor what the
 * daemon is there for waiting. Owns these threads and their sockets; what is told is the answerer's business. */
#ifndef BASE_INQUIRY_H
#define BASE_INQUIRY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct inquiries;

struct inquiry_ask {
	bool change; /* POST */
	struct bytes path;
	struct bytes query; /* what follows '?' */
};

/* HTTP's status codes. */
enum inquiry_status {
	INQUIRY_OK = 200,
	INQUIRY_WRONG = 400,     /* what was asked makes no sense */
	INQUIRY_UNKNOWN = 404,   /* there is no such path */
	INQUIRY_REFUSED = 405,   /* not with this method */
	INQUIRY_IMPOSSIBLE = 503 /* not now */
};

/* Appends the body: JSON when it begins with '{', else text. By a thread that is registered with RCU (rcu.h). */
typedef enum inquiry_status inquiry_answer(void *owner, const struct inquiry_ask *ask, struct text *out);

struct inquiries *inquiries_new(inquiry_answer *answer, void *owner);
/* Answers whoever is on the socket, and closes it in the end. */
void inquiries_take(struct inquiries *inquiries, int fd);
void inquiries_free(struct inquiries *inquiries); /* cuts and waits for those that go on; NULL is fine */

/* The value of `key` in "key=value&...", its %XX decoded, into out[size]. false: it is not there, is too long, has a NUL, or a
 * % without two digits. */
bool inquiry_value(char *out, size_t size, struct bytes query, const char *key);

#endif

/* asker.h - whose names a question is answered with: the client's own network's, or that of whom a resolver asks for.
 * Pure. */
#ifndef DNS_ASKER_H
#define DNS_ASKER_H

#include "responder.h"

struct asker {
	const struct responder_client *client;
	bool for_others; /* the client is a resolver that is believed, and said for whom it asks: */
	struct subnet subnet;
	uint8_t scope; /* how far the answer is good, see subnet_write() */
};

enum asker_result {
	ASKER_BELIEVED,
	ASKER_STRAY, /* it might as well have sent none */
	ASKER_MALFORMED,
};

/* The option client subnet that came with the question (RFC 7871 7.2.1). */
enum asker_result asker_subnet(struct asker *asker, const struct responder_settings *settings, struct bytes option);
/* The network whose names are seen, 0: none. */
uint32_t asker_view(const struct asker *asker, const struct responder_settings *settings);
/* Does the address that was asked allow this view? */
bool asker_agrees(const struct responder_client *client, uint32_t network);

#endif

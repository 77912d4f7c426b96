/* trace.h - why a question gets the answer that it gets: whose names the asker sees, what was found there, and the answer
 * itself, by the very functions that answer (responder.h). Pure; by a thread that is registered with RCU, and what is
 * found lives until its next quiescent state. */
#ifndef DNS_TRACE_H
#define DNS_TRACE_H

#include "responder.h"
#include "zone.h"

enum trace_view {
	TRACE_OWN,      /* the source's address is in the network */
	TRACE_ATTACHED, /* a prefix that is attached to the network has the source */
	TRACE_NOWHERE,  /* neither */
	TRACE_OTHER,    /* the server's address is of another network than the source */
};

struct trace {
	enum trace_view view;
	uint32_t network; /* of the source, whatever the server's address says; 0: none */
	uint32_t asked;   /* that the server's address names; 0: none */
	struct name name;
	enum zone_kind zone;
	struct zone_answer found; /* when there are a view and a zone */
	bool forwarded;           /* another server is asked, and answers */
	size_t len;               /* 0: no answer is made here */
	uint8_t answer[WIRE_MESSAGE_MAX];
};

/* false: text is no name. */
bool trace_question(struct trace *out, const struct responder_settings *settings, const struct responder_client *client,
                    const char *text, uint16_t type);
/* Of a name such as top3.nearest.of.web: the addresses that are equally far, in the order they have. */
struct trace_run {
	struct in6_addr first;
	uint32_t count;
	uint32_t away; /* microseconds; UINT32_MAX: nobody knows */
};
/* The index-th; false: there are no more, or the name asks for no nearness. */
bool trace_run(struct trace_run *out, const struct trace *trace, size_t index);

#endif

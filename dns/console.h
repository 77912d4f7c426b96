/* console.h - what flycast-dns answers on its control socket (base/porter.h), for `flycast dns ...`, curl and scripts:
 *
 *   GET /status                  how it is
 *   GET /stats                   what it counted
 *   GET /zonestats               the same by network, the busiest first
 *   GET /metrics                 all numbers, as Prometheus reads them
 *   GET /trace?name=NAME&type=TYPE&from=ADDRESS[&to=ADDRESS][&transport=udp|tcp]
 *                                why this question gets the answer that it gets; the answer is in hexadecimal
 *   POST /reload                 read the registry whole, soon
 *   POST /log-level?level=LEVEL  debug, info, warn or error, from now on
 *
 * All answers but the metrics are one JSON object. Each is made in a thread of its own (base/inquiry.h), which reads what
 * the answering threads published and never holds them up. Owns nothing. */
#ifndef DNS_CONSOLE_H
#define DNS_CONSOLE_H

#include <stdint.h>

#include "base/inquiry.h"

struct server;

struct console {
	struct server *server;
	int64_t began_ms; /* clock_mono_ms() */
};

enum inquiry_status console_answer(void *console, const struct inquiry_ask *ask, struct text *out);

#endif

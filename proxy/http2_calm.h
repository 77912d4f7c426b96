/* http2_calm.h - how much work without purpose an HTTP/2 peer may make us do. Pure.
 *
 * Frames that cost us something and move nothing (PING, SETTINGS, PRIORITY, RST_STREAM both ways, empty DATA, what is
 * invalid) are counted against an allowance that grows with time. WINDOW_UPDATE and PING have their use while data flows,
 * so data pays for some of them. HTTP/2's known floods differ only in the frame they use; this meets those not thought of
 * yet too. */
#ifndef PROXY_HTTP2_CALM_H
#define PROXY_HTTP2_CALM_H

#include <stdbool.h>
#include <stdint.h>

enum {
	HTTP2_CALM_MOST = 500, /* frames in a burst */
	HTTP2_CALM_PER_SECOND = 50,
	HTTP2_CALM_PER_DATA = 2, /* for each DATA frame that carries something, either way */
	HTTP2_CALM_DATA_MOST = 2000
};

struct http2_calm {
	double since; /* when left was reckoned; seconds of any steady clock */
	double left;
	uint32_t earned; /* by data */
};

void http2_calm_init(struct http2_calm *calm, double now);
void http2_calm_earn(struct http2_calm *calm);
/* useful: the frame has its use while data flows. False: the peer has gone too far. */
bool http2_calm_spend(struct http2_calm *calm, double now, bool useful);

#endif

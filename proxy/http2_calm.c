/* http2_calm.c - see http2_calm.h. */
#include "http2_calm.h"

void http2_calm_init(struct http2_calm *calm, double now)
{
	*calm = (struct http2_calm){.since = now, .left = HTTP2_CALM_MOST};
}

void http2_calm_earn(struct http2_calm *calm)
{
	if (calm->earned < HTTP2_CALM_DATA_MOST)
		calm->earned += HTTP2_CALM_PER_DATA;
}

bool http2_calm_spend(struct http2_calm *calm, double now, bool useful)
{
	if (useful && calm->earned > 0) {
		calm->earned--;
		return true;
	}
	if (now > calm->since)
		calm->left += (now - calm->since) * HTTP2_CALM_PER_SECOND;
	calm->since = now;
	if (calm->left > HTTP2_CALM_MOST)
		calm->left = HTTP2_CALM_MOST;
	if (calm->left < 1)
		return false;
	calm->left--;
	return true;
}

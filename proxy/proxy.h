/* proxy.h - what all threads of the proxy share: settings that never change, and the way to each part. No code. */
#ifndef PROXY_PROXY_H
#define PROXY_PROXY_H

#include <stdatomic.h>

#include "access.h"
#include "base/rate.h"
#include "crowd.h"
#include "fleet.h"
#include "front.h"
#include "inbox.h"
#include "pgsession.h"
#include "seal.h"
#include "site.h"

struct ssl_ctx_st;
struct heirloom;
struct lookup;
struct signer;
struct worker;
struct wakes;

struct proxy_limits {            /* seconds; 0: no such limit */
	double queue_timeout;    /* waiting for room at the hard limit */
	double wake_timeout;     /* waiting for a Machine to wake and to be reachable */
	double response_timeout; /* from the request to the first byte of the final response */
	double connect_timeout;
	double handshake_timeout; /* of TLS, what comes before it included */
	double head_timeout;
	double body_timeout; /* between two pieces of a request's body */
	double write_timeout;
	double idle_timeout; /* a client connection between two requests */
	double pool_timeout;
	double linger_timeout;
	double drain_timeout;
	int handshake_rate;      /* TLS handshakes a second from one source */
	int handshake_name_rate; /* ... for one server name */
	int queue_limit;         /* waiting requests and connections of one app */
};

struct proxy {
	int64_t began_ms;      /* clock_mono_ms() */
	_Atomic bool draining; /* accepts nothing more, and ends */
	_Atomic bool former;   /* the proxy whose place this one took has not ended yet */
	_Atomic bool agent_is_up;
	struct proxy_limits limits;
	struct fronts fronts;
	struct fleet fleet;
	struct worker *workers;
	unsigned worker_count;
	struct inbox *control; /* of the main thread: agent, wakes, autostop */
	struct wakes *wakes;
	struct heirloom *heirloom; /* from the proxy whose place this one takes; the feeder's once there are threads */
	struct lookup *lookup;     /* made while privileges lasted, vip.c's; NULL: by freebind */
	bool lookup_only;          /* nothing else will do */
	struct access_file access;
	bool server_timing; /* every response says how long the proxy took for what */
	struct ssl_ctx_st *tls;
	struct seal seal;
	bool has_seal;
	struct signer *signer;  /* for callers (caller.h); NULL: no seal */
	struct rate handshakes; /* of each source */
	struct rate names;      /* ... for each server name */
	struct crowd crowd;
	struct pgsessions sessions;
	_Atomic size_t replay_bytes;       /* that remembered replays take (replay_cache.h) */
	_Atomic int64_t replay_expired_ms; /* when all apps were last looked through for those that are too old */
};

#endif

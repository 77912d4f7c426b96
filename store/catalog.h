/* catalog.h - the picture of the registry that daemons read: whole immutable objects behind RCU pointers.
 *
 * Owns every object it hands out. An object never changes; when its rows change a new one takes its place and the old
 * one is freed after every reader was quiescent (rcu.h). Look-ups may be made from any registered thread and their
 * results kept until that thread's next quiescent state, never longer. Nothing here touches SQLite.
 *
 * An object that cannot be used (a service with a bad port, an unknown handler, a name that is no label) is refused by
 * itself: the last good one stays, one log line says which and why, stats count it. A picture that is suddenly empty
 * is believed only after it was read a second time.
 *
 * budget: seventeen functions, ten of them look-ups of one line each. */
#ifndef STORE_CATALOG_H
#define STORE_CATALOG_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum machine_state {
	MACHINE_CREATED,
	MACHINE_STARTING,
	MACHINE_STARTED,
	MACHINE_STOPPING,
	MACHINE_STOPPED,
	MACHINE_SUSPENDING,
	MACHINE_SUSPENDED,
	MACHINE_RESTARTING,
	MACHINE_FAILED,
	MACHINE_DESTROYING
};
const char *machine_state_name(enum machine_state state);
bool machine_state_parse(enum machine_state *out, const char *name);

enum catalog_handler { HANDLER_HTTP = 1, HANDLER_TLS = 2, HANDLER_PG_TLS = 4, HANDLER_PROXY_PROTO = 8 };
enum catalog_autostop { AUTOSTOP_OFF, AUTOSTOP_STOP, AUTOSTOP_SUSPEND };
enum catalog_protocol { PROTOCOL_TCP, PROTOCOL_UDP };

enum catalog_health {
	HEALTH_GOOD,    /* no check says otherwise */
	HEALTH_UNKNOWN, /* an http check has not passed yet since the Machine started */
	HEALTH_BAD      /* a check fails */
};

struct catalog_service { /* of one Machine */
	enum catalog_protocol protocol;
	uint16_t internal_port;
	bool autostart;
	bool count_requests; /* concurrency: requests; false: connections */
	enum catalog_autostop autostop;
	uint32_t min_machines_running;
	uint32_t soft_limit;
	uint32_t hard_limit; /* 0: none */
	enum catalog_health health;
	const char *ailment; /* "servicecheck-00-http-8080: 503 Service Unavailable"; NULL: none */
};

struct catalog_port { /* leads to one service of one Machine */
	uint16_t start;
	uint16_t end;
	uint8_t handlers; /* enum catalog_handler bits; 0: raw TCP */
	bool force_https;
	uint32_t machine;    /* index into app->machines */
	uint32_t service;    /* index into app->services */
	const char *options; /* JSON that port_options_parse() takes; NULL: all defaults */
};

struct catalog_pair {
	const char *key;
	const char *value;
};

struct catalog_machine {
	const char *id; /* 14 hex digits */
	const char *name;
	const char *region;
	const char *group; /* process group */
	const char *host;
	struct in6_addr address; /* 6PN */
	struct in_addr ipv4;     /* where its host's proxy reaches it */
	uint32_t slot;
	enum machine_state state;
	bool cordoned;
	bool skip_dns;
	int64_t created_at;
	const struct catalog_pair *metadata;
	uint32_t metadata_count;
	uint32_t service_first; /* index into app->services */
	uint32_t service_count;
};

struct catalog_address {
	struct in6_addr ip;
	uint32_t network; /* that requests come from */
	uint32_t number;
};

struct catalog_certificate { /* a name that the app's TLS ports answer to, besides <app>.flycast */
	const char *hostname;
	const char *chain; /* PEM, the name's own first; NULL: the authority signs for it */
	const char *key;   /* sealed (seal.h, certificate_label()); NULL as chain */
};

struct catalog_app {
	const char *name;
	const char *org;
	const char
	    *replay_sources; /* organizations, with a blank after each, whose apps may replay to it; NULL: none */
	uint32_t network;    /* its own */
	uint32_t address_count;
	uint32_t machine_count;
	uint32_t service_count;
	uint32_t port_count;
	uint32_t certificate_count;
	const struct catalog_address *addresses; /* by network */
	const struct catalog_machine *machines;  /* by id */
	const struct catalog_service *services;  /* by machine, protocol, internal port */
	const struct catalog_port *ports;        /* by start port, then machine */
	/* Of apps that have a TLS port only: */
	const struct catalog_certificate *certificates; /* by name */
	const char *authority_chain;                    /* of its organization, PEM; NULL: none */
	const char *authority_key;                      /* sealed; NULL as the chain */
};

struct catalog_peer {
	const char *name;
	struct in6_addr address;
};

struct catalog_network {
	uint32_t id;
	const char *org;
	const char *name;
	const struct catalog_peer *peers; /* by name */
	uint32_t peer_count;
	bool instances; /* _instances.internal is answered */
	bool forward;   /* its clients may ask flycast-dns for names of other zones */
};

struct catalog_region {
	char code[4];
	const char *name;
	double latitude;
	double longitude;
};

struct catalog_host {
	const char *name;
	uint32_t number;
	char region[4];
	struct sockaddr_in6 probe; /* where its proxy answers probes; port 0: nowhere */
};

struct catalog_transfer_key { /* whoever signs with it reads the network */
	char *name;
	char *algorithm;
	char *secret; /* sealed (transfer_key.h) */
	uint32_t network;
};

struct catalog_secondary { /* is told when the network's names change, and may copy them */
	struct sockaddr_in6 address;
	char *key; /* NULL: its address is enough */
	uint32_t network;
};

struct catalog_transfers {
	struct catalog_transfer_key *keys;     /* by name */
	struct catalog_secondary *secondaries; /* by network and address */
	size_t key_count, secondary_count;
};

/* Called in the feeder thread while the registry's change is being published; either object may be NULL (appeared,
 * vanished). `old` dies after the call unless a reader still looks at it; `now` lives until a call says it is old.
 * Every pointer may be NULL. places comes first of all, before any app, and again when hosts or regions changed:
 * distances are different. The catalog it hands over may be kept; it is the one catalog_start returns. */
struct catalog;
struct catalog_observer {
	void *owner;
	void (*app)(void *owner, const struct catalog_app *old, const struct catalog_app *now);
	void (*network)(void *owner, const struct catalog_network *old, const struct catalog_network *now);
	void (*places)(void *owner, const struct catalog *catalog);
	/* A batch is published completely, the registry as of change `seq`; at least once before catalog_start returns. */
	void (*settled)(void *owner, int64_t seq);
	void (*idle)(void *owner); /* afterwards, outside the read transaction: wait for readers and free here */
	/* What catalog_round_trip() says of `host` (as for catalog_host()) is different. */
	void (*round_trips)(void *owner, const struct catalog *catalog);
	/* Before any network or app, and again when keys or secondaries may be different. They live during the call. */
	void (*transfers)(void *owner, const struct catalog_transfers *transfers);
	const char *host;
};

struct catalog_stats {
	int64_t seq;      /* change.seq the picture stands for */
	int64_t fresh_ms; /* age of the last look at the file */
	int64_t reloads;
	int64_t changes;  /* objects that were read anew, one by one */
	int64_t failures; /* reads that failed */
	int64_t lag_ms;   /* from the newest change until it was served, of the last batch */
	uint64_t apps;
	uint64_t networks;
	uint64_t refused;     /* objects that were refused at some time */
	uint64_t quarantined; /* objects whose newest rows are refused now */
};

struct feed;

/* Reads everything, calls the observer for every object, then follows. NULL: *error (free it) is the sentence. */
struct catalog *catalog_start(const char *registry, const struct catalog_observer *observer, char **error);
void catalog_stop(struct catalog *catalog); /* no reader may be left; NULL is fine */

const struct catalog_app *catalog_app(const struct catalog *catalog, struct bytes name);
const struct catalog_app *catalog_app_at(const struct catalog *catalog, const struct in6_addr *flycast_address);
const struct catalog_network *catalog_network(const struct catalog *catalog, uint32_t id);
const struct catalog_region *catalog_region(const struct catalog *catalog, const char *code);
/* name NULL: the row of this machine's hostname, else the only row there is, else NULL. */
const struct catalog_host *catalog_host(const struct catalog *catalog, const char *name);
const struct catalog_host *catalog_hosts(const struct catalog *catalog, size_t *count); /* all of them, by name */
/* Microseconds from the observer's host to the region and back, as its proxy measured; 0: it did not. */
uint32_t catalog_round_trip(const struct catalog *catalog, const char *region);
/* The network a client is in: fdaa::/16 says it itself, else the longest attached prefix; 0: none. */
uint32_t catalog_network_of(const struct catalog *catalog, const struct in6_addr *source);
/* The length of the widest prefix around `source` of which that is as true of every other address. */
uint8_t catalog_block_of(const struct catalog *catalog, const struct in6_addr *source);
struct catalog_stats catalog_stats(const struct catalog *catalog);
/* Why the newest rows of an "app" or a "network" are refused, into out[size]; any thread. false: they are not. */
bool catalog_refusal(const struct catalog *catalog, const char *kind, const char *key, char *out, size_t size);
struct feed *catalog_feed(struct catalog *catalog);

/* The id in an address of fdaa::/16, 0 for any other. */
static inline uint32_t network_of_ip(const struct in6_addr *ip)
{
	const uint8_t *b = ip->s6_addr;
	if (b[0] != 0xfd || b[1] != 0xaa)
		return 0;
	return (uint32_t)b[2] << 24 | (uint32_t)b[3] << 16 | (uint32_t)b[4] << 8 | b[5];
}

/* Kilometres along the great circle; 0 for the same place. */
double catalog_distance(const struct catalog_region *a, const struct catalog_region *b);
/* What a round trip between them takes, in microseconds, where nobody measured it: fibres are longer than great circles. */
uint32_t catalog_guess(const struct catalog_region *a, const struct catalog_region *b);

#endif

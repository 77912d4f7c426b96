/* print.c - see print.h. */
#include "print.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "catalog.h"
#include "zone_change.h"
#include "zone_file.h"

static const char *const kinds[ZONE_COUNT] = {
    [ZONE_FLYCAST] = "flycast", [ZONE_INTERNAL] = "internal", [ZONE_REVERSE] = "reverse"};

struct printing {
	struct zone *zone;
	uint32_t network;
	enum zone_kind only; /* ZONE_NONE: all of them */
};

static bool read_which(struct printing *p, const char *which)
{
	char *end;
	errno = 0;
	unsigned long network = strtoul(which, &end, 10);
	if (which[0] < '0' || which[0] > '9' || errno || network > UINT32_MAX)
		return false;
	p->network = (uint32_t)network;
	for (enum zone_kind kind = ZONE_NONE + 1; kind < ZONE_COUNT; kind++)
		if (*end == '/' && strcmp(end + 1, kinds[kind]) == 0)
			p->only = kind;
	return *end == '\0' || p->only != ZONE_NONE;
}

/* Nothing is nearer than anything else: names that depend on it are in no file. */
static uint32_t same_distance(void *owner, const char *region)
{
	(void)owner, (void)region;
	return 0;
}

static void on_settled(void *zone, int64_t seq)
{
	zone_settle(zone, (uint32_t)seq);
}

static void on_idle(void *zone)
{
	zone_reclaim(zone);
}

/* false: there is no such network. */
static bool print_zones(const struct printing *p)
{
	bool known = true;
	for (enum zone_kind kind = ZONE_NONE + 1; kind < ZONE_COUNT; kind++)
		if (p->only == ZONE_NONE || p->only == kind)
			known &= zone_file_write(stdout, p->zone, p->network, kind);
	return known;
}

/* Reads the registry into the zone. false: a sentence was said. */
static bool fill(struct zone *zone, const char *registry)
{
	const struct catalog_observer observer = {
	    .owner = zone, .app = zone_app, .network = zone_network, .settled = on_settled, .idle = on_idle};
	char *error = NULL;
	struct catalog *catalog = catalog_start(registry, &observer, &error);
	if (!catalog)
		fprintf(stderr, "flycast-dns: cannot read %s: %s\n", registry, error);
	catalog_stop(catalog); /* what it follows would change the zone while it is printed */
	free(error);
	return catalog != NULL;
}

int print_view(const char *registry, const char *which)
{
	struct printing p = {.only = ZONE_NONE};
	if (!read_which(&p, which)) {
		fprintf(stderr,
		        "flycast-dns: --print %s: write the network's number, and /flycast, /internal or /reverse "
		        "behind it for one zone only\n",
		        which);
		return 2;
	}
	log_open("flycast-dns", LOG_WARN, false); /* what is refused is said, not what is read */
	p.zone = zone_new(same_distance, NULL);
	bool printed = fill(p.zone, registry);
	if (printed && !print_zones(&p)) {
		fprintf(stderr, "flycast-dns: there is no network %u: flycast networks list shows them\n", p.network);
		printed = false;
	} else if (printed && (fflush(stdout) != 0 || ferror(stdout))) {
		fprintf(stderr, "flycast-dns: the zone could not be written: %s\n", strerror(errno));
		printed = false;
	}
	zone_free(p.zone);
	return printed ? 0 : 1;
}

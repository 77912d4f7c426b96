/* estate.c - see estate.h. */
#include "estate.h"

#include <errno.h>
#include <stdlib.h>

#include "base/heirloom.h"
#include "base/mem.h"
#include "catalog.h"
#include "feed.h"
#include "proxy.h"
#include "status.h"
#include "vip.h"

struct estate {
	struct estate_facts facts;
	struct bequest *bequest;
};

static int give_socket(void *owner, const struct in6_addr *address, uint16_t port, int fd)
{
	const struct sockaddr_in6 at = {.sin6_addr = *address, .sin6_port = htons(port)};
	return bequest_socket(owner, port ? VIP_FREEBIND : VIP_LOOKUP, &at, fd);
}

/* In the feeder thread. */
static void give_all(void *owner, struct registry *registry)
{
	struct estate *estate = owner;
	(void)registry;
	bequest_given(estate->bequest, vip_each(estate->facts.proxy->fleet.vip, give_socket, estate->bequest));
}

static void give(void *owner, struct bequest *bequest)
{
	struct estate *estate = owner;
	estate->bequest = bequest;
	feed_run(catalog_feed((struct catalog *)estate->facts.proxy->fleet.catalog), give_all, estate);
}

static void on_taken(void *owner)
{
	const struct estate *estate = owner;
	estate->facts.taken(estate->facts.owner);
}

struct estate *estate_open(struct ev_loop *loop, const struct estate_facts *facts)
{
	struct estate *estate = mem_new(sizeof *estate);
	estate->facts = *facts;
	const struct bequest_facts bequest = {.path = facts->path,
	                                      .door = heirloom_only(facts->proxy->heirloom, HEIR_CONTROL),
	                                      .program = ESTATE_PROGRAM,
	                                      .threads = facts->proxy->worker_count,
	                                      .metrics = facts->metrics,
	                                      .answer = status_answer,
	                                      .asked = facts->proxy,
	                                      .give = give,
	                                      .taken = on_taken,
	                                      .owner = estate};
	estate->bequest = bequest_start(loop, &bequest);
	if (estate->bequest)
		return estate;
	int why = errno;
	free(estate);
	errno = why;
	return NULL;
}

void estate_spend(struct estate *estate)
{
	if (estate)
		bequest_spend(estate->bequest);
}

void estate_close(struct estate *estate)
{
	if (estate)
		bequest_close(estate->bequest);
}

void estate_free(struct estate *estate)
{
	if (estate)
		bequest_stop(estate->bequest);
	free(estate);
}

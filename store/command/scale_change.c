/* scale_change.c - see scale_change.h. */
#include "command/scale_change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app_config.h"
#include "base/mem.h"
#include "command/await.h"
#include "command/call.h"
#include "command/deploy_machine.h"
#include "command/machine_commands.h"
#include "command/machine_twin.h"
#include "command/roll.h"
#include "command/say.h"
#include "command/scale_app.h"
#include "command/session.h"
#include "machine.h"
#include "registry.h"

enum { STOP_SECONDS = 10 };

struct change { /* a Machine that comes or goes */
	char id[MACHINE_ID];
	const struct scale_item *item;
	bool comes;
	struct goal goal; /* to wait for; state NULL: nothing */
	double seconds;
};

struct changes {
	struct change *items;
	size_t count, room;
};

static struct change *add_change(struct changes *all, const struct scale_item *item, bool comes)
{
	all->items = mem_grow(all->items, all->count, &all->room, sizeof *all->items);
	struct change *change = &all->items[all->count++];
	*change = (struct change){.item = item, .comes = comes};
	return change;
}

/* A group without a Machine: as the newest release says. */
static int put_new(struct scale *s, const struct scale_item *item, char id[MACHINE_ID])
{
	if (!s->config)
		return say_refused(
		    "process group %s has no Machine to be made like, and app %s has no complete release: "
		    "run flycast deploy",
		    item->group, s->app);
	char *command = deploy_words(s->config, item->group);
	const char *before = s->config->primary_region;
	const struct deploy_group group = {.call = s->call,
	                                   .config = s->config,
	                                   .app = s->app,
	                                   .name = item->group,
	                                   .command = command,
	                                   .version = s->version};
	if (!command)
		return 1;
	s->config->primary_region = item->region;
	int code = deploy_machine_put(&group, NULL, false, id);
	s->config->primary_region = before;
	free(command);
	return code;
}

static int create(struct scale *s, const struct scale_item *item, struct changes *all)
{
	const struct machine *like = scale_app_model(s, item);
	struct change *change = add_change(all, item, true);
	change->goal = (struct goal){.state = "started", .asked = true, .serial = 1};
	change->seconds = call_seconds(s->call, "wait-timeout", MACHINE_WAIT_SECONDS);
	if (!like)
		return put_new(s, item, change->id);
	struct machine_plan twin;
	machine_twin_plan(&twin, like);
	twin.region = item->region;
	twin.host = NULL; /* where there are fewest */
	return machine_twin_put(s->call, &twin, like, change->id);
}

/* Who goes first: whoever is missed least. */
static int rank(const struct machine *m)
{
	return m->cordoned ? 3 : !roll_wish(m) ? 2 : strcmp(m->state, "suspended") == 0 ? 1 : 0;
}

static struct machine *victim(struct scale *s, const struct scale_item *item)
{
	struct machine *found = NULL;
	for (size_t i = 0; i < s->count; i++) {
		struct machine *m = &s->machines[i];
		if (!scale_app_has(m, item->group) || strcmp(m->region, item->region) != 0)
			continue;
		if (!found || rank(m) > rank(found) || (rank(m) == rank(found) && m->created_at > found->created_at))
			found = m;
	}
	return found;
}

/* One that runs gets no more requests and is asked to end first. */
static int end(struct scale *s, const struct scale_item *item, struct changes *all)
{
	struct registry *registry = s->call->registry;
	struct machine *m = victim(s, item);
	struct change *change = add_change(all, item, false);
	int rc = 0;
	memcpy(change->id, m->id, MACHINE_ID);
	m->process_group[0] = '\0'; /* it is spoken for */
	if (!roll_wish(m)) {
		rc = machine_delete(registry, m->id);
	} else {
		change->goal = (struct goal){.state = "stopped", .asked = true};
		change->seconds = (double)m->kill_timeout + STOP_SECONDS;
		rc = machine_cordon(registry, m->id, true);
		if (rc >= 0)
			rc = machine_ask(registry, m->id, "stop", NULL, &change->goal.serial);
	}
	return rc < 0 ? session_failed(s->call) : 0;
}

static int put_changes(struct scale *s, const struct text *promised, struct changes *all)
{
	struct text now = {0};
	int code = session_write(s->call) < 0;
	if (code == 0)
		code = scale_app_plan(s, &now);
	if (code == 0 && strcmp(text_string(&now), text_string(promised)) != 0)
		code = say_refused("app %s has other Machines now than when the plan was made: try again", s->app);
	for (size_t i = 0; i < s->item_count && code == 0; i++)
		for (long k = s->items[i].delta; k != 0 && code == 0; k += k > 0 ? -1 : 1)
			code = (k > 0 ? create : end)(s, &s->items[i], all);
	if (code == 0)
		code = session_commit(s->call) < 0;
	text_free(&now);
	return code;
}

static int finish(struct scale *s, const struct change *change)
{
	const struct await await = {
	    .call = s->call, .id = change->id, .goal = change->goal, .seconds = change->seconds};
	int code = 0;
	bool wanted = change->seconds > 0 && !(change->comes && call_on(s->call, "detach", false));
	if (change->goal.state && wanted)
		code = await_machine(&await, NULL);
	if (!change->comes && change->goal.state) {
		/* What does not end by itself is killed. */
		code = session_write(s->call) < 0;
		if (code == 0 && machine_delete(s->call->registry, change->id) < 0)
			code = session_failed(s->call);
		if (code == 0)
			code = session_commit(s->call) < 0;
	}
	if (code == 0)
		printf("  %s %s group:%s region:%s\n", change->comes ? "Created" : "Destroyed", change->id,
		       change->item->group, change->item->region);
	fflush(stdout);
	return code;
}

int scale_change(struct scale *s, const struct text *promised)
{
	struct changes all = {0};
	int code = put_changes(s, promised, &all);
	bool put = code == 0;
	if (put)
		printf("Executing scale plan\n");
	/* One that fails does not keep us from the others. */
	for (size_t i = 0; put && i < all.count; i++)
		if (finish(s, &all.items[i]))
			code = 1;
	free(all.items);
	return code;
}

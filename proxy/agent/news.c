/* news.c - see news.h. */
#include "news.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "health.h"
#include "writer.h"

static void write_row(struct tenant *t)
{
	struct writer_state row = {.state = lifecycle_state(t->phase),
	                           .since = t->since,
	                           .has_exit = t->has_exit,
	                           .exit_code = t->end.code,
	                           .oom = t->end.oom,
	                           .restarts = t->restarts,
	                           .done_serial = t->done_serial};
	snprintf(row.machine, sizeof row.machine, "%s", t->spec->id);
	snprintf(row.run, sizeof row.run, "%s", t->run);
	snprintf(row.message, sizeof row.message, "%s", t->message);
	writer_state(t->world->writer, &row);
	t->dirty = false;
}

void news_event(const struct tenant *t, const char *type, const char *info)
{
	struct writer_event event = {
	    .at = clock_wall_ms(), .type = type, .source = t->source, .status = lifecycle_state(t->phase)};
	snprintf(event.machine, sizeof event.machine, "%s", t->spec->id);
	snprintf(event.info, sizeof event.info, "%s", info);
	writer_event(t->world->writer, &event);
}

static void tell_phase(const struct tenant *t, enum phase before)
{
	switch (t->phase) {
	case PHASE_CREATED:
		news_event(t, "launch", "");
		break;
	case PHASE_STARTED:
		news_event(t, before == PHASE_SUSPENDING || before == PHASE_SUSPENDED ? "resume" : "start", "");
		break;
	case PHASE_STOPPING:
		news_event(t, "stop", "");
		break;
	case PHASE_SUSPENDED:
		news_event(t, "suspend", "");
		break;
	case PHASE_RESTARTING:
		news_event(t, "restart", "");
		break;
	case PHASE_FAILED:
		news_event(t, "start", t->message);
		break;
	case PHASE_STARTING:
	case PHASE_STOPPED:
	case PHASE_SUSPENDING:
	case PHASE_PAUSING:
	case PHASE_DESTROYING:
	case PHASE_COUNT:
		break;
	}
}

/* Its checks: while it runs. Before its state is told, so that nobody sees it started with what its last run was found to
 * be; a Machine that is asked to end may still finish what it does, and needs no checks for that. */
static void guide_checks(const struct tenant *t)
{
	switch (t->phase) {
	case PHASE_STARTED:
		health_run(t->health);
		break;
	case PHASE_STOPPING:
	case PHASE_SUSPENDING:
	case PHASE_SUSPENDED:
		health_rest(t->health);
		break;
	case PHASE_CREATED:
	case PHASE_STARTING:
	case PHASE_STOPPED:
	case PHASE_RESTARTING:
	case PHASE_PAUSING:
	case PHASE_FAILED:
	case PHASE_DESTROYING:
	case PHASE_COUNT:
		health_end(t->health);
		break;
	}
}

struct ask tenant_state(const struct tenant *tenant)
{
	struct ask ask = {.verb = ASK_STATE, .state = lifecycle_state(tenant->phase)};
	memcpy(ask.machine, tenant->spec->id, sizeof ask.machine);
	return ask;
}

void news_answer(struct tenant *t, const struct asker *asker, enum lifecycle_verdict verdict)
{
	char sentence[320];
	struct ask ask = tenant_state(t);
	ask.serial = asker->serial;
	ask.verb = verdict == VERDICT_DONE ? ASK_OK : ASK_ERROR;
	ask.took_ms = (uint32_t)(clock_mono_ms() - asker->since_ms);
	snprintf(sentence, sizeof sentence, "%s",
	         t->message[0] ? t->message : "something else was asked of the Machine meanwhile");
	ask.text = sentence;
	t->world->answer(t->world->owner, asker->client, &ask);
}

static void settle_askers(struct tenant *t)
{
	for (struct asker **at = &t->askers; *at;) {
		struct asker *asker = *at;
		enum lifecycle_verdict verdict = lifecycle_verdict(t->phase, asker->goal);
		if (verdict == VERDICT_WAIT) {
			at = &asker->next;
			continue;
		}
		*at = asker->next;
		news_answer(t, asker, verdict);
		free(asker);
	}
}

static void settle_row(struct tenant *t)
{
	if (!t->row_waits || lifecycle_verdict(t->phase, t->row_goal) == VERDICT_WAIT)
		return;
	t->row_waits = false;
	t->done_serial = t->row_serial;
	t->dirty = true;
}

/* Those who wait come first, the disk last. */
void news_publish(struct tenant *t)
{
	guide_checks(t);
	settle_askers(t);
	settle_row(t);
	if (t->shown != t->phase) {
		enum phase before = t->shown;
		struct ask state = tenant_state(t);
		t->shown = t->phase;
		t->world->announce(t->world->owner, &state);
		log_info("machine %s id=%s app=%s%s%s", machine_state_name(state.state), t->spec->id, t->spec->app,
		         t->message[0] ? ": " : "", t->message);
		write_row(t);
		tell_phase(t, before);
	} else if (t->dirty) {
		write_row(t);
	}
}

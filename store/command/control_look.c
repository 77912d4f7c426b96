/* control_look.c - see control_look.h. */
#include "command/control_look.h"

#include <stdlib.h>

#include "command/call.h"
#include "command/control_ask.h"
#include "command/say.h"
#include "layout.h"
#include "registry.h"
#include "statement.h"

int control_look(json_t **out, struct call *call, const struct control_daemon *daemon, const char *target, bool change)
{
	const char *given = call_text(call, "control");
	char *beside = layout_beside(call->path, daemon->socket);
	const char *path = given ? given : beside;
	struct text answer = {0};
	char why[256];
	int code = 0;
	int rc = (change ? control_tell : control_ask)(&answer, path, target, why, sizeof why);
	*out = NULL;
	if (rc == CONTROL_REFUSED)
		code = say_refused("%s on %s says: %s", daemon->name, path, why);
	else if (rc < 0)
		code = say_refused("%s does not say how it is on %s: %s; is it running with --control %s?",
		                   daemon->name, path, why, path);
	else if (!(*out = json_loads(text_string(&answer), 0, NULL)) || !json_is_object(*out))
		code = say_refused("the answer of %s on %s was cut short; try again", daemon->name, path);
	if (code) {
		json_decref(*out);
		*out = NULL;
	}
	text_free(&answer);
	free(beside);
	return code;
}

int64_t control_newest(struct call *call)
{
	struct statement s;
	int64_t seq = -1;
	call->registry = registry_open(call->path, REGISTRY_LOOK);
	if (registry_failed(call->registry))
		return -1;
	statement_open(&s, call->registry, "SELECT coalesce(max(seq), 0) FROM change");
	if (statement_step(&s) > 0)
		seq = statement_number(&s, 0);
	statement_close(&s);
	return seq;
}

json_int_t control_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

const char *control_word(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "?";
}

void control_put_span(struct text *out, int64_t ms)
{
	long long s = ms / 1000;
	if (s >= 86400)
		text_format(out, "%lldd%lldh", s / 86400, s % 86400 / 3600);
	else if (s >= 3600)
		text_format(out, "%lldh%lldm", s / 3600, s % 3600 / 60);
	else if (s >= 60)
		text_format(out, "%lldm%llds", s / 60, s % 60);
	else
		text_format(out, "%llds", s);
}

/* machine_plan.c - see machine_plan.h. */
#include "command/machine_plan.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/words.h"
#include "command/call.h"
#include "command/command.h"
#include "command/say.h"

char *wanted_words(char *const *words, int count)
{
	json_t *array = json_array();
	for (int i = 0; i < count; i++) {
		if (json_array_append_new(array, json_string(words[i])) == 0)
			continue;
		say_refused("word %d of the command is not UTF-8: put it in a script and run that", i + 1);
		json_decref(array);
		return NULL;
	}
	char *text = json_dumps(array, JSON_COMPACT);
	json_decref(array);
	return text;
}

static bool is_env_name(const char *name, size_t len)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	return len > 0 && strspn(name, letters) >= len && !(name[0] >= '0' && name[0] <= '9');
}

static bool is_metadata(const char *pair, size_t key_len)
{
	return key_len >= 1 && key_len <= 255 && strlen(pair + key_len + 1) <= 4096;
}

/* Every KEY=VALUE of a repeated flag as a JSON object; NULL after a sentence. */
static char *read_pairs(const struct call *call, const char *flag, bool (*fits)(const char *pair, size_t key_len),
                        const char *rule)
{
	json_t *object = json_object();
	const char *pair;
	for (size_t i = 0; (pair = call_item(call, flag, i)); i++) {
		const char *equals = strchr(pair, '=');
		bool good = equals && fits(pair, (size_t)(equals - pair));
		if (good && json_object_setn_new(object, pair, (size_t)(equals - pair), json_string(equals + 1)) == 0)
			continue;
		if (!equals)
			say_refused("'%.80s': must be in the format NAME=VALUE (--%s)", pair, flag);
		else
			say_refused("--%s %.80s cannot be used: %s, and everything is UTF-8", flag, pair, rule);
		json_decref(object);
		return NULL;
	}
	char *text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	return text;
}

/* Those that are to go come last. */
static void move_removed(struct wanted *w)
{
	for (size_t i = w->port_count; i > 0; i--) {
		if (!w->ports[i - 1].removed)
			continue;
		struct port port = w->ports[i - 1];
		w->removed++;
		w->ports[i - 1] = w->ports[w->port_count - w->removed];
		w->ports[w->port_count - w->removed] = port;
	}
}

static int read_ports(struct wanted *w, struct call *call)
{
	struct text why = {0};
	const char *spec;
	size_t room = 0;
	int rc = 0;
	while (rc == 0 && (spec = call_item(call, "port", w->port_count))) {
		w->ports = mem_grow(w->ports, w->port_count, &room, sizeof *w->ports);
		rc = port_parse(&w->ports[w->port_count++], spec, &why);
	}
	if (rc == 0 && w->change)
		move_removed(w);
	if (rc == 0)
		rc = port_check(w->ports, w->port_count - w->removed, &why);
	if (rc < 0)
		rc = say_refused("%s", why.at);
	text_free(&why);
	return rc;
}

static bool has_service(const struct wanted *w, uint16_t internal_port)
{
	for (size_t i = 0; i < w->port_count; i++)
		if (w->ports[i].internal == internal_port && w->ports[i].protocol == PROTOCOL_TCP)
			return true;
	return false;
}

static int read_checks(struct wanted *w, struct call *call)
{
	struct text why = {0};
	const char *spec;
	size_t room = 0;
	int rc = 0;
	while (rc == 0 && (spec = call_item(call, "check", w->check_count))) {
		w->checks = mem_grow(w->checks, w->check_count, &room, sizeof *w->checks);
		struct check *check = &w->checks[w->check_count++];
		rc = check_parse(check, spec, &why);
		if (rc == 0 && !w->change && !w->base.has_services && !has_service(w, check->internal_port)) {
			text_format(&why,
			            "--check %.120s: no --port leads to the Machine's port %u, so there is no service "
			            "to check",
			            spec, check->internal_port);
			rc = -1;
		}
	}
	if (rc < 0)
		rc = say_refused("%s", why.at);
	text_free(&why);
	return rc;
}

static enum catalog_autostop read_autostop(const char *text)
{
	if (!text || strcmp(text, "off") == 0 || strcmp(text, "false") == 0)
		return AUTOSTOP_OFF;
	return strcmp(text, "suspend") == 0 ? AUTOSTOP_SUSPEND : AUTOSTOP_STOP;
}

/* A flag that says how the proxy treats a port, without a port. */
static int check_needless(const struct wanted *w, const struct call *call)
{
	static const char *const flags[] = {"autostart",  "autostop",         "soft-limit",
	                                    "hard-limit", "concurrency-type", "min-machines-running"};
	for (size_t i = 0; !w->port_count && i < sizeof flags / sizeof flags[0]; i++)
		if (call_text(call, flags[i]))
			return say_refused(
			    "--%s does nothing without a service: add --port, for example --port 80:8080/tcp:http",
			    flags[i]);
	return 0;
}

static int read_policy(struct wanted *w, const struct call *call)
{
	const char *type = call_text(call, "concurrency-type");
	struct text why = {0};
	w->policy = (struct service_policy){
	    .autostart = call_on(call, "autostart", true),
	    .autostop = read_autostop(call_text(call, "autostop")),
	    .count_requests = type && strcmp(type, "requests") == 0,
	    .min_machines_running = call_number(call, "min-machines-running", 0),
	    .soft_limit = call_number(call, "soft-limit", 0),
	    .hard_limit = call_number(call, "hard-limit", 0),
	};
	if (call_number(call, "soft-limit", 1) == 0 || (!w->change && call_number(call, "hard-limit", 1) == 0))
		return say_refused("a limit is at least 1: leave --hard-limit out for no limit");
	int rc = service_check(&w->policy, &why);
	if (rc < 0)
		rc = say_refused("%s", why.at);
	text_free(&why);
	return rc;
}

static const char *text_or(const struct call *call, const char *flag, const char *otherwise)
{
	const char *text = call_text(call, flag);
	return text ? text : otherwise;
}

static int read_wish(struct guest_wish *out, const struct call *call)
{
	const char *memory = call_text(call, "vm-memory");
	*out = (struct guest_wish){.size = call_text(call, "vm-size"),
	                           .cpu_kind = call_text(call, "vm-cpu-kind"),
	                           .cpus = call_number(call, "vm-cpus", 0),
	                           .memory_mb = memory ? guest_memory(memory) : 0};
	if (memory && !out->memory_mb)
		return say_refused("--vm-memory %.40s is no amount of memory: write megabytes, 512mb or 1gb", memory);
	if (call_number(call, "vm-cpus", 1) == 0)
		return say_refused("a Machine has at least one CPU: leave --vm-cpus out for no limit");
	return 0;
}

static int settle_wish(struct guest *out, const struct guest_wish *wish)
{
	struct text why = {0};
	int code = guest_read(out, wish, &why) < 0 ? say_refused("%s", why.at) : 0;
	text_free(&why);
	return code;
}

int wanted_guest(struct guest *out, const struct call *call)
{
	struct guest_wish wish;
	int code = read_wish(&wish, call);
	return code ? code : settle_wish(out, &wish);
}

int wanted_guest_change(struct guest *guest, const struct call *call)
{
	struct guest_wish wish;
	int code = read_wish(&wish, call);
	if (code || (!wish.size && !wish.cpu_kind && !wish.cpus && !wish.memory_mb))
		return code;
	if (!wish.size) {
		wish.cpu_kind = wish.cpu_kind ? wish.cpu_kind : guest->cpu_kind;
		wish.cpus = wish.cpus ? wish.cpus : guest->cpus;
		wish.memory_mb = wish.memory_mb ? wish.memory_mb : guest->memory_mb;
	}
	return settle_wish(guest, &wish);
}

static void read_plan(struct wanted *w, struct call *call)
{
	bool once = call_on(call, "rm", false);
	if (gethostname(w->host, sizeof w->host - 1) < 0)
		w->host[0] = '\0';
	w->plan = (struct machine_plan){
	    .app = call_app(call),
	    .name = call_text(call, "name"),
	    .region = call_text(call, "region"),
	    .host = w->host,
	    .process_group = text_or(call, "process-group", "app"),
	    .command = w->command,
	    .env = w->env,
	    .metadata = w->metadata,
	    .restart = text_or(call, "restart", once ? "no" : "on-failure"),
	    .max_retries = 10,
	    .kill_signal = text_or(call, "kill-signal", "SIGINT"),
	    .kill_timeout = (int64_t)ceil(call_seconds(call, "kill-timeout", 5)),
	    .auto_destroy = once,
	    .skip_dns = call_on(call, "skip-dns-registration", false),
	    .guest = w->guest,
	    .image = w->image,
	    .entrypoint = w->entrypoint,
	};
}

static int read_words(struct wanted *w, struct call *call)
{
	if (!call_app(call))
		return say_no_app(call);
	const char *entrypoint = call_text(call, "entrypoint");
	if (call->arg_count > 1)
		return say_misuse(call,
		                  "\"%s\" stands before --, where the image's name alone may stand: write -- "
		                  "COMMAND ARGS",
		                  call->args[1]);
	w->image = call->arg_count ? call->args[0] : NULL;
	if (!w->image && !w->base.image && entrypoint)
		return say_misuse(call, "--entrypoint is for a Machine made of an image: name the image");
	if (!w->image && !w->base.image && !call->rest_count)
		return say_misuse(call,
		                  "%s needs an image, or a command after --, for example: flycast machine %s -a %s -- "
		                  "sleep 1000",
		                  call->command->name, call->command->name, call_app(call));
	w->command = call->rest_count ? wanted_words(call->rest, call->rest_count) : mem_text(MACHINE_IMAGE_COMMAND);
	if (!w->command || !entrypoint)
		return w->command ? 0 : 1;
	size_t count = 0;
	char **words = words_split(entrypoint, &count);
	if (!words)
		return say_refused("--entrypoint %.80s cannot be split into words: a quote is not closed", entrypoint);
	w->entrypoint = wanted_words(words, (int)count);
	free((void *)words);
	return w->entrypoint ? 0 : 1;
}

char *wanted_merge(const char *old, const char *added)
{
	json_t *to = json_loads(old, 0, NULL), *from = json_loads(added, 0, NULL);
	json_object_update(to, from);
	char *text = json_dumps(to, JSON_COMPACT);
	json_decref(to);
	json_decref(from);
	return text;
}

/* What the configuration says is there already. */
static void add_to(char **pairs, const char *base)
{
	char *merged = base ? wanted_merge(base, *pairs) : NULL;
	if (!merged)
		return;
	free(*pairs);
	*pairs = merged;
}

/* The flags that run and update share. */
static int read_flags(struct wanted *wanted, struct call *call)
{
	int code = read_ports(wanted, call);
	if (code == 0 && !wanted->change)
		code = check_needless(wanted, call);
	if (code == 0)
		code = read_policy(wanted, call);
	if (code == 0)
		code = read_checks(wanted, call);
	if (code == 0)
		code = wanted_guest(&wanted->guest, call);
	if (code)
		return code;
	wanted->env = read_pairs(call, "env", is_env_name, "a name has letters, digits and _, and no digit first");
	if (!wanted->env)
		return 1;
	wanted->metadata = read_pairs(call, "metadata", is_metadata,
	                              "a key has 1 to 255 bytes and a value at most 4096");
	if (!wanted->metadata)
		return 1;
	add_to(&wanted->env, wanted->base.env);
	add_to(&wanted->metadata, wanted->base.metadata);
	return 0;
}

int wanted_read(struct wanted *wanted, struct call *call)
{
	*wanted = (struct wanted){0};
	int code = machine_config_read(&wanted->base, call);
	if (code == 0 && (call->rest_count || call->arg_count || call_text(call, "entrypoint") ||
	                  !wanted->base.command || !call_app(call)))
		code = read_words(wanted, call);
	if (code == 0)
		code = read_flags(wanted, call);
	if (code)
		return code;
	read_plan(wanted, call);
	machine_config_plan(&wanted->base, call, &wanted->plan);
	if (wanted->base.process_group && !call_text(call, "process-group"))
		wanted->plan.process_group = wanted->base.process_group;
	if (wanted->image)
		wanted->plan.image = wanted->image;
	if (wanted->entrypoint)
		wanted->plan.entrypoint = wanted->entrypoint;
	return wanted_guest_change(&wanted->plan.guest, call);
}

int wanted_read_change(struct wanted *wanted, struct call *call)
{
	*wanted = (struct wanted){.change = true, .image = call_text(call, "image")};
	if (machine_config_read(&wanted->base, call))
		return 1;
	if (call->rest_count && !(wanted->command = wanted_words(call->rest, call->rest_count)))
		return 1;
	return read_flags(wanted, call);
}

void wanted_free(struct wanted *wanted)
{
	for (size_t i = 0; i < wanted->check_count; i++)
		check_fini(&wanted->checks[i]);
	machine_config_fini(&wanted->base);
	free(wanted->checks);
	free(wanted->ports);
	free(wanted->command);
	free(wanted->entrypoint);
	free(wanted->env);
	free(wanted->metadata);
}

/* daemon.c - see daemon.h. */
#include "base/daemon.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/prefix_list.h"

static const char common_help[] =
    "  --registry PATH     the registry (default $FLYCAST_REGISTRY, else /var/lib/flycast/registry.db)\n"
    "  --listen [ADDR]:PORT  where to listen; repeatable, port 0 takes a free one\n"
    "  --threads N         threads that serve (default: one per core)\n"
    "  --host NAME         this machine's row in table host (default: by hostname, else the only one)\n"
    "  --user NAME         become this user once the sockets are bound\n"
    "  --ready-fd N        write a newline to descriptor N and close it once it serves\n"
    "  --control PATH      Unix socket for status and control\n"
    "  --metrics [ADDR]:PORT  Prometheus text over HTTP\n"
    "  --log-format FORMAT text (default) or json, on stderr\n"
    "  --verbose           log debug lines too\n"
    "  --help, --version\n";

static void misuse(const struct daemon_program *program, const char *what, const char *argument)
{
	fprintf(stderr, "%s: %s: %s. Try: %s --help\n", program->name, argument, what, program->name);
	exit(2);
}

static void help(const struct daemon_program *program)
{
	printf("%s - %s\n\nUsage: %s [FLAGS]\n\n", program->name, program->summary, program->name);
	for (size_t i = 0; i < program->flag_count; i++)
		printf("  --%s %s\n", program->flags[i].name, program->flags[i].help);
	printf("%s\n%s", common_help, program->examples ? program->examples : "");
	exit(0);
}

static bool number(int *out, const char *text, int64_t min, int64_t max)
{
	int64_t value;
	if (!number_read(&value, text, min, max))
		return false;
	*out = (int)value;
	return true;
}

/* What a common flag sets. Returns a sentence when the value does not fit, NULL when it does. */
static const char *set_common(struct daemon_options *o, const char *name, const char *value)
{
	if (strcmp(name, "registry") == 0)
		o->registry = value;
	else if (strcmp(name, "user") == 0)
		o->user = value;
	else if (strcmp(name, "host") == 0)
		o->host = value;
	else if (strcmp(name, "control") == 0)
		o->control = value;
	else if (strcmp(name, "threads") == 0)
		return number(&o->threads, value, 1, 1024) ? NULL : "not a number of threads from 1 to 1024";
	else if (strcmp(name, "ready-fd") == 0)
		return number(&o->ready_fd, value, 0, 1 << 20) ? NULL : "not a descriptor number";
	else if (strcmp(name, "listen") == 0) {
		if (o->listen_count == DAEMON_LISTEN_MAX)
			return "too many --listen flags (16 at most)";
		if (!addr_parse(&o->listen[o->listen_count], value))
			return "not [ADDR]:PORT; for example [::1]:5353, 127.0.0.1:53 or :53";
		o->listen_count++;
	} else if (strcmp(name, "metrics") == 0) {
		if (!addr_parse(&o->metrics, value))
			return "not [ADDR]:PORT; for example [::1]:9153";
		o->has_metrics = true;
	} else if (strcmp(name, "log-format") == 0) {
		if (strcmp(value, "json") != 0 && strcmp(value, "text") != 0)
			return "not a log format: text or json";
		o->log_json = value[0] == 'j';
	} else
		return "no such flag";
	return NULL;
}

static const char *add_address(struct daemon_addresses *list, const char *value)
{
	if (list->count == DAEMON_LISTEN_MAX)
		return "more than 16 of this flag";
	struct sockaddr_in6 *at = &list->at[list->count];
	struct in6_addr ip;
	if (list->port && addr_ip_parse(&ip, value))
		*at = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(list->port), .sin6_addr = ip};
	else if (!addr_parse(at, value))
		return list->port ? "not an address or [ADDR]:PORT; for example ::1, 127.0.0.1:5353 or [::1]:5353"
		                  : "not [ADDR]:PORT; for example [::1]:853, 127.0.0.1:853 or :853";
	list->count++;
	return NULL;
}

static const char *set_own(const struct daemon_flag *flag, const char *value)
{
	switch (flag->kind) {
	case DAEMON_TEXT:
		*(const char **)flag->target = value;
		return NULL;
	case DAEMON_NUMBER:
		return number(flag->target, value, 0, INT32_MAX) ? NULL : "not a whole number";
	case DAEMON_SECONDS:
		return number_seconds(flag->target, value) ? NULL : "not a duration; for example 90, 1.5s, 500ms or 2m";
	case DAEMON_PREFIXES:
		return prefix_list_add(flag->target, value);
	case DAEMON_ADDRESSES:
		return add_address(flag->target, value);
	case DAEMON_SWITCH:
		break;
	}
	return NULL;
}

static const struct daemon_flag *own_flag(const struct daemon_program *program, const char *name)
{
	for (size_t i = 0; i < program->flag_count; i++)
		if (strcmp(program->flags[i].name, name) == 0)
			return &program->flags[i];
	return NULL;
}

/* Flags that take no value. */
static bool set_switch(struct daemon_options *o, const struct daemon_program *program, const char *name)
{
	const struct daemon_flag *own = own_flag(program, name);
	if (strcmp(name, "help") == 0)
		help(program);
	if (strcmp(name, "version") == 0) {
		printf("%s %s\n", program->name, FLYCAST_VERSION);
		exit(0);
	}
	if (strcmp(name, "verbose") == 0)
		return o->log_debug = true;
	if (own && own->kind == DAEMON_SWITCH)
		return *(bool *)own->target = true;
	return false;
}

void daemon_options_read(struct daemon_options *out, const struct daemon_program *program, int argc, char **argv)
{
	const char *registry = getenv("FLYCAST_REGISTRY");
	*out = (struct daemon_options){.registry = registry && *registry ? registry : "/var/lib/flycast/registry.db",
	                               .ready_fd = -1};
	for (int i = 1; i < argc; i++) {
		char name[32];
		if (strncmp(argv[i], "--", 2) != 0)
			misuse(program, "not a flag", argv[i]);
		const char *equals = strchr(argv[i], '=');
		size_t len = equals ? (size_t)(equals - argv[i] - 2) : strlen(argv[i] + 2);
		if (len >= sizeof name)
			misuse(program, "no such flag", argv[i]);
		memcpy(name, argv[i] + 2, len);
		name[len] = '\0';
		if (!equals && set_switch(out, program, name))
			continue;
		const char *value = equals ? equals + 1 : i + 1 < argc ? argv[++i] : NULL;
		if (!value)
			misuse(program, "no such flag, or its value is missing", argv[i]);
		const struct daemon_flag *own = own_flag(program, name);
		const char *wrong = own ? set_own(own, value) : set_common(out, name, value);
		if (wrong)
			misuse(program, wrong, argv[i]);
	}
	log_open(program->name, out->log_debug ? LOG_DEBUG : LOG_INFO, out->log_json);
}

static bool kept(const int *keep, int capability)
{
	for (; keep && *keep >= 0; keep++)
		if (*keep == capability)
			return true;
	return false;
}

int daemon_drop(const char *user, const int *keep)
{
	int death_signal = 0;
	if (!user)
		return 0;
	/* Becoming somebody else forgets that we end with our parent. */
	prctl(PR_GET_PDEATHSIG, &death_signal, 0, 0, 0);
	struct passwd *pw = getpwnam(user);
	if (!pw) {
		log_error("user unknown name=%s: create it or leave --user out", user);
		return -1;
	}
	capng_clear(CAPNG_SELECT_BOTH);
	for (int c = 0; c <= CAP_LAST_CAP; c++)
		if (kept(keep, c))
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET, (unsigned)c);
	int rc = capng_change_id((int)pw->pw_uid, (int)pw->pw_gid, CAPNG_INIT_SUPP_GRP | CAPNG_CLEAR_BOUNDING);
	if (rc < 0) {
		log_error("privileges not dropped user=%s code=%d: %s", user, rc, strerror(errno));
		return -1;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		log_error("no_new_privs not set: %s", strerror(errno));
		return -1;
	}
	if (death_signal)
		prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0);
	return 0;
}

const char *daemon_beside(const char *registry, const char *name)
{
	const char *slash = strrchr(registry, '/');
	size_t dir = slash ? (size_t)(slash - registry) + 1 : 0;
	size_t size = dir + strlen(name) + 1;
	char *path = mem_new(size);
	memcpy(path, registry, dir);
	memcpy(path + dir, name, size - dir);
	return path;
}

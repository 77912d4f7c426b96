/* app_config.h - an app's configuration (fly.toml, fly.json, a release's) as a struct. Pure: JSON in, struct out.
 *
 * fly.toml(5) has what each key means. Reading brings every spelling flyctl takes into one: durations, numbers written
 * as strings, services[].concurrency = "20,25", a service's port and start_port/end_port; [http_service] is the first
 * of the services, on ports 80 (http) and 443 (tls,http). What can be wrong with each other is told by
 * app_config_check() (app_config_check.h); only a configuration without an error there may be carried out.
 *
 * struct app_config owns everything in it. Texts live as long as it does; where one was not said it is NULL, a number 0
 * and a duration -1, unless the comment names a default. */
#ifndef STORE_APP_CONFIG_H
#define STORE_APP_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "guest.h"
#include "service.h"

struct json_t;

struct config_texts {
	const char **items;
	size_t count;
};

struct config_pair {
	const char *name;
	const char *value;
};

struct config_pairs { /* in the order of the JSON; for fly.toml that is by name */
	struct config_pair *items;
	size_t count;
};

struct config_port {
	struct port port; /* its internal port is the service's */
	bool force_https;
	char *options; /* JSON as column service_port.options has it; NULL: all defaults */
};

struct config_check {     /* of a service, or [checks.NAME] */
	const char *name; /* NULL: a service's */
	bool http;
	int64_t port;     /* 0: the service's */
	int64_t interval; /* these three in milliseconds; -1: not said */
	int64_t timeout;
	int64_t grace_period;
	const char *method; /* http only, like all below but processes */
	const char *path;
	const char *protocol; /* http https */
	const char *tls_server_name;
	bool tls_skip_verify;
	struct config_pairs headers;
	struct config_texts processes; /* of [checks.NAME]; empty: the default group */
};

struct config_service {
	char where[24]; /* "http_service", "services[3]": for sentences about it */
	enum catalog_protocol protocol;
	int64_t internal_port; /* 1..65535 once checked */
	struct service_policy policy;
	struct config_port *ports;
	size_t port_count;
	struct config_check *checks;
	size_t check_count;
	struct config_texts processes; /* empty: the default group */
};

struct config_process {
	const char *name;
	const char *command; /* as it is written; words_split() makes words of it. NULL or "": no command */
};

struct config_restart {
	const char *policy;            /* no always on-failure, as column machine.restart has it */
	int64_t retries;               /* -1: not said */
	struct config_texts processes; /* empty: every group */
};

struct config_vm {
	const char *size; /* as it is written, "shared-cpu-1x" */
	int64_t memory_mb;
	int64_t cpus;
	const char *cpu_kind;          /* shared performance */
	struct config_texts processes; /* empty: every group without one of its own */
};

struct config_metrics {
	int64_t port;
	const char *path;
	bool https;
	struct config_texts processes; /* empty: every group */
};

struct app_config {
	struct json_t *json; /* the whole, in one spelling: app_config_read() of it gives the same again */
	const char *app;
	const char *primary_region;
	const char *kill_signal;
	int64_t kill_timeout; /* seconds, rounded up; -1: not said */
	int64_t swap_size_mb;
	const char *image;               /* [build] */
	const char *ignorefile;          /* [build] */
	const char *release_command;     /* [deploy], like the four below */
	int64_t release_command_timeout; /* ms */
	const char *strategy;            /* rolling canary immediate bluegreen */
	double max_unavailable;          /* over 0: a share below 1, a number from 1 on; 0: not said */
	int64_t wait_timeout;            /* ms */
	struct config_texts command;     /* [experimental] cmd: the words a group without a command runs */
	bool auto_rollback;              /* [experimental]; default true */
	struct config_pairs env;
	struct config_process *processes; /* by name; empty: one group, "app", without a command */
	size_t process_count;
	struct config_service *services;
	size_t service_count;
	struct config_check *checks; /* [checks.NAME]: told of, they do not change where requests go */
	size_t check_count;
	struct config_restart *restarts;
	size_t restart_count;
	struct config_vm *vms;
	size_t vm_count;
	struct config_metrics *metrics;
	size_t metrics_count;
};

enum config_grade {
	CONFIG_ERROR,   /* it cannot be carried out */
	CONFIG_FOLLY,   /* it can, and nobody wants that: an error, but for deploy --force */
	CONFIG_WARNING, /* it can, but hardly as it was meant */
	CONFIG_UNKNOWN, /* a section or key that does not exist; path names it */
	CONFIG_IGNORED  /* one that means something at Fly and nothing here; path names it */
};

struct config_finding {
	enum config_grade grade;
	char *path; /* "services[0].ports[1].handlers": where; "" for the whole */
	char *text; /* a sentence */
};

enum { CONFIG_FINDINGS_MOST = 200 };

struct config_findings { /* { 0 } to begin with */
	struct config_finding *items;
	size_t count; /* what comes after CONFIG_FINDINGS_MOST is left out */
	size_t room;
	size_t errors; /* those left out as well */
};

/* Reads the object; keeps a reference to it and changes it to the one spelling. NULL: there is an error in `findings`
 * (others may be, and findings may be there with a result as well). */
struct app_config *app_config_read(struct json_t *json, struct config_findings *findings);
void app_config_free(struct app_config *config); /* NULL is fine */

void config_findings_add(struct config_findings *findings, enum config_grade grade, const char *path,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));
void config_findings_free(struct config_findings *findings);

/* The group for what names none: "app" when there is such a group or none at all, else the first by name. */
const char *app_config_default_group(const struct app_config *config);
/* Does a service or check with these `processes` belong to the group? None named: to the default group. */
bool app_config_in_group(const struct app_config *config, const struct config_texts *processes, const char *group);
/* The size of a group's Machines: of its own [[vm]], else the one that names no group. */
struct guest app_config_guest(const struct app_config *config, const char *group);
struct guest_wish app_config_vm(const struct config_vm *vm);

#endif

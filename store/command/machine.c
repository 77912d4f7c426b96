/* machine.c - the table of flycast machine. */
#include <stddef.h>

#include "command/commands.h"
#include "command/machine_commands.h"

#define WAIT_FLAG                                                                                                      \
	{                                                                                                              \
		"wait-timeout", 'w', FLAG_SECONDS, "TIME", "how long to wait for it (default 5m; 0: not at all)",      \
		    NULL, NULL                                                                                         \
	}

/* What of a size is not said follows from the rest. */
#define SIZE_FLAGS                                                                                                     \
	{"vm-size",                                                                                                    \
	 0,                                                                                                            \
	 FLAG_TEXT,                                                                                                    \
	 "NAME",                                                                                                       \
	 "shared-cpu-1x to -8x or performance-1x to -16x (default: it is not limited)",                                \
	 NULL,                                                                                                         \
	 NULL},                                                                                                        \
	    {"vm-cpu-kind", 0, FLAG_TEXT, "KIND", "shared or performance CPUs", NULL, "shared performance"},           \
	    {"vm-cpus", 0, FLAG_NUMBER, "N", "how many CPUs it may use at once", NULL, NULL},                          \
	{                                                                                                              \
		"vm-memory", 0, FLAG_TEXT, "SIZE", "how much memory: 512, 512mb, 1gb; more is death", NULL, NULL       \
	}

static const struct command_flag run_flags[] = {
    {"region", 'r', FLAG_TEXT, "CODE", "where it runs (default: on this host)", NULL, NULL},
    {"name", 'n', FLAG_TEXT, "NAME", "unique in the app (default: one is made up)", NULL, NULL},
    {"port", 'p', FLAG_LIST, "SPEC", "port[:machinePort][/tcp[:http]]: a port of the app's addresses that leads to it",
     NULL, NULL},
    {"check", 0, FLAG_LIST, "SPEC",
     "machinePort/tcp or machinePort/http[s][:PATH][,interval=TIME...]: when a service is well", NULL, NULL},
    {"autostart", 0, FLAG_SWITCH, NULL, "start it when somebody connects (default true)", NULL, NULL},
    {"autostop", 0, FLAG_TEXT, "WHAT", "when nobody uses it: off, stop or suspend (default off; alone: stop)", "stop",
     "off stop suspend true false"},
    {"soft-limit", 0, FLAG_NUMBER, "N", "from so many on other Machines come first (default 20)", NULL, NULL},
    {"hard-limit", 0, FLAG_NUMBER, "N", "never more than so many (default: no limit)", NULL, NULL},
    {"concurrency-type", 0, FLAG_TEXT, "WHAT", "what the limits count: connections or requests", NULL,
     "connections requests"},
    {"min-machines-running", 0, FLAG_NUMBER, "N", "so many are never stopped for want of use (default 0)", NULL, NULL},
    {"env", 'e', FLAG_LIST, "NAME=VALUE", "set in its environment", NULL, NULL},
    {"metadata", 'm', FLAG_LIST, "KEY=VALUE", "found as VALUE.KEY.kv._metadata.APP.internal", NULL, NULL},
    {"process-group", 'g', FLAG_TEXT, "NAME", "found as NAME.process.APP.internal (default app)", NULL, NULL},
    {"restart", 0, FLAG_TEXT, "POLICY", "when it ends: no, always or on-failure (default on-failure; with --rm no)",
     NULL, NULL},
    {"kill-signal", 0, FLAG_TEXT, "SIGNAL", "what asks it to end (default SIGINT)", NULL, NULL},
    {"kill-timeout", 0, FLAG_SECONDS, "TIME", "how long it may take to end, at most 300 s (default 5)", NULL, NULL},
    {"machine-config", 0, FLAG_TEXT, "FILE", "what it is, as JSON: a file or the object itself; flags count more", NULL,
     NULL},
    SIZE_FLAGS,
    {"entrypoint", 0, FLAG_TEXT, "WORDS", "over the image's own, before the command", NULL, NULL},
    {"rm", 0, FLAG_SWITCH, NULL, "destroy it when it ended", NULL, NULL},
    {"skip-dns-registration", 0, FLAG_SWITCH, NULL, "keep it out of DNS", NULL, NULL},
    {"detach", 'd', FLAG_SWITCH, NULL, "do not wait until it has started", NULL, NULL},
    WAIT_FLAG,
    {0}};

static const struct command_flag clone_flags[] = {
    {"region", 'r', FLAG_TEXT, "CODE", "where it runs (default: where the other one does)", NULL, NULL},
    {"name", 'n', FLAG_TEXT, "NAME", "unique in the app (default: one is made up)", NULL, NULL},
    {"process-group", 'g', FLAG_TEXT, "NAME", "(default: the other one's)", NULL, NULL},
    {"clear-auto-destroy", 0, FLAG_SWITCH, NULL, "keep it when it ended, even if the other one has --rm", NULL, NULL},
    {"detach", 'd', FLAG_SWITCH, NULL, "do not wait until it has started", NULL, NULL},
    WAIT_FLAG,
    {0}};

static const struct command_flag update_flags[] = {
    {"image", 'i', FLAG_TEXT, "IMAGE", "what it is made of, from its next start on", NULL, NULL},
    {"port", 'p', FLAG_LIST, "SPEC", "another port, or one that leads elsewhere; 80/tcp:- takes it away", NULL, NULL},
    {"check", 0, FLAG_LIST, "SPEC", "as of machine run; in the place of the checks its service has", NULL, NULL},
    {"autostart", 0, FLAG_SWITCH, NULL, "start it when somebody connects", NULL, NULL},
    {"autostop", 0, FLAG_TEXT, "WHAT", "when nobody uses it: off, stop or suspend (alone: stop)", "stop",
     "off stop suspend true false"},
    {"soft-limit", 0, FLAG_NUMBER, "N", "from so many on other Machines come first", NULL, NULL},
    {"hard-limit", 0, FLAG_NUMBER, "N", "never more than so many; 0: no limit", NULL, NULL},
    {"concurrency-type", 0, FLAG_TEXT, "WHAT", "what the limits count: connections or requests", NULL,
     "connections requests"},
    {"min-machines-running", 0, FLAG_NUMBER, "N", "so many are never stopped for want of use", NULL, NULL},
    {"env", 'e', FLAG_LIST, "NAME=VALUE", "set in its environment; the rest of it stays", NULL, NULL},
    {"metadata", 'm', FLAG_LIST, "KEY=VALUE", "set in its metadata; the rest of it stays", NULL, NULL},
    {"restart", 0, FLAG_TEXT, "POLICY", "when it ends: no, always or on-failure", NULL, NULL},
    {"kill-signal", 0, FLAG_TEXT, "SIGNAL", "what asks it to end", NULL, NULL},
    {"kill-timeout", 0, FLAG_SECONDS, "TIME", "how long it may take to end, at most 300 s", NULL, NULL},
    {"machine-config", 0, FLAG_TEXT, "FILE", "what it is, as JSON: a file or the object itself; flags count more", NULL,
     NULL},
    SIZE_FLAGS,
    {"skip-dns-registration", 0, FLAG_SWITCH, NULL, "keep it out of DNS", NULL, NULL},
    {"skip-start", 0, FLAG_SWITCH, NULL, "do not start it when it does not run", NULL, NULL},
    {"skip-health-checks", 0, FLAG_SWITCH, NULL, "do not wait until it passes its checks", NULL, NULL},
    WAIT_FLAG,
    {0}};

static const struct command_flag list_flags[] = {{"quiet", 'q', FLAG_SWITCH, NULL, "ids only", NULL, NULL}, {0}};
static const struct command_flag wait_flags[] = {WAIT_FLAG, {0}};
static const struct command_flag end_flags[] = {
    {"signal", 's', FLAG_TEXT, "SIGNAL", "what asks it to end (default: its kill signal)", NULL, NULL},
    {"timeout", 0, FLAG_SECONDS, "TIME", "how long it may take to end (default: its kill timeout)", NULL, NULL},
    WAIT_FLAG,
    {0}};
static const struct command_flag destroy_flags[] = {
    {"force", 'f', FLAG_SWITCH, NULL, "also when it runs: it is killed", NULL, NULL}, WAIT_FLAG, {0}};
static const struct command_flag state_flags[] = {
    {"state", 0, FLAG_TEXT, "STATE", "started, stopped, suspended, destroyed or settled (default settled)", NULL,
     "created started stopped suspended failed destroyed settled"},
    WAIT_FLAG,
    {0}};

#define RUN_DETAILS                                                                                                    \
	"A Machine is a command, or the program of an image of this host's store (podman), with its own network and\n" \
	"addresses. Its program listens on 0.0.0.0 for what comes\n"                                                   \
	"through the app's Flycast address, and on fly-local-6pn for other Machines of its network."

static const struct command machine_commands[] = {
    {.name = "run",
     .args = "[IMAGE]",
     .summary = "Create a Machine and start it",
     .details = RUN_DETAILS,
     .examples = "flycast machine run -a my-app -p 80:8080/tcp:http -- python3 -m http.server 8080\n"
                 "flycast machine run -a my-app -p 80:80/tcp:http docker.io/library/nginx:1.25\n"
                 "flycast machine run -a db -p 5432 --autostop=suspend --kill-signal SIGTERM -- postgres -D /srv/db",
     .max_args = ARGS_ANY,
     .takes = TAKES_APP | TAKES_JSON | TAKES_REST,
     .flags = run_flags,
     .run = machine_command_run},
    {.name = "create",
     .args = "[IMAGE]",
     .summary = "Create a Machine without starting it",
     .details = RUN_DETAILS,
     .examples = "flycast machine create -a my-app -p 80:8080/tcp:http -- python3 -m http.server 8080",
     .max_args = ARGS_ANY,
     .takes = TAKES_APP | TAKES_JSON | TAKES_REST,
     .flags = run_flags,
     .run = machine_command_create},
    {.name = "clone",
     .args = "ID",
     .summary = "Create a Machine like another one and start it",
     .examples = "flycast machine clone 148e21dad76789 --region ams",
     .max_args = 1,
     .takes = TAKES_APP | TAKES_JSON | TAKES_REST,
     .flags = clone_flags,
     .run = machine_command_clone},
    {.name = "update",
     .args = "ID",
     .summary = "Change a Machine: its command, environment, ports, size and how it is treated",
     .details = "What changes is shown first. What was not named stays. A Machine is restarted when its command,\n"
                "environment, size or secrets change, and only then; one that does not run is started.",
     .examples = "flycast machine update 148e21dad76789 -e MODE=fast --vm-memory 512\n"
                 "flycast machine update 148e21dad76789 -p 443:8080/tcp:http:tls -p 80/tcp:- -y\n"
                 "flycast machine update 148e21dad76789 -y -- python3 -m http.server 8080",
     .max_args = 1,
     .takes = TAKES_APP | TAKES_JSON | TAKES_REST,
     .flags = update_flags,
     .run = machine_command_update},
    {.name = "list",
     .aliases = "ls",
     .summary = "List the Machines of an app",
     .examples = "flycast machine list -a my-app\nflycast machine list -a my-app --json",
     .takes = TAKES_APP | TAKES_JSON,
     .flags = list_flags,
     .run = machine_command_list},
    {.name = "status",
     .aliases = "show",
     .args = "ID",
     .summary = "Show a Machine and what happened to it",
     .examples = "flycast machine status 148e21dad76789",
     .max_args = 1,
     .takes = TAKES_APP | TAKES_JSON,
     .run = machine_command_status},
    {.name = "start",
     .args = "ID ...",
     .summary = "Start Machines, or wake suspended ones",
     .examples = "flycast machine start 148e21dad76789",
     .max_args = ARGS_ANY,
     .takes = TAKES_APP,
     .flags = wait_flags,
     .run = machine_command_start},
    {.name = "stop",
     .args = "ID ...",
     .summary = "Stop Machines",
     .examples = "flycast machine stop 148e21dad76789\nflycast machine stop -a my-app web-1 web-2 --signal SIGTERM",
     .max_args = ARGS_ANY,
     .takes = TAKES_APP,
     .flags = end_flags,
     .run = machine_command_stop},
    {.name = "suspend",
     .args = "ID ...",
     .summary = "Suspend Machines: they keep their memory and wake within milliseconds",
     .examples = "flycast machine suspend 148e21dad76789",
     .max_args = ARGS_ANY,
     .takes = TAKES_APP,
     .flags = wait_flags,
     .run = machine_command_suspend},
    {.name = "restart",
     .args = "ID ...",
     .summary = "Stop Machines and start them again",
     .examples = "flycast machine restart 148e21dad76789",
     .max_args = ARGS_ANY,
     .takes = TAKES_APP,
     .flags = end_flags,
     .run = machine_command_restart},
    {.name = "destroy",
     .aliases = "remove rm delete",
     .args = "ID ...",
     .summary = "Destroy Machines that do not run",
     .examples = "flycast machine destroy 148e21dad76789\nflycast machine destroy --force 148e21dad76789",
     .max_args = ARGS_ANY,
     .takes = TAKES_APP,
     .flags = destroy_flags,
     .run = machine_command_destroy},
    {.name = "cordon",
     .args = "ID ...",
     .summary = "Take Machines out of the proxy's choice; what is open stays open",
     .examples = "flycast machine cordon 148e21dad76789",
     .max_args = ARGS_ANY,
     .takes = TAKES_APP,
     .run = machine_command_cordon},
    {.name = "uncordon",
     .args = "ID ...",
     .summary = "Put Machines back into the proxy's choice",
     .examples = "flycast machine uncordon 148e21dad76789",
     .max_args = ARGS_ANY,
     .takes = TAKES_APP,
     .run = machine_command_uncordon},
    {.name = "wait",
     .args = "ID",
     .summary = "Wait until a Machine is in a state",
     .examples = "flycast machine wait 148e21dad76789 --state stopped --wait-timeout 30",
     .max_args = 1,
     .takes = TAKES_APP,
     .flags = state_flags,
     .run = machine_command_wait},
    {0}};

const struct command machine_command = {.name = "machine",
                                        .aliases = "machines m",
                                        .summary = "Machines: commands that run on hosts",
                                        .commands = machine_commands};

/* stress: what one process of tests/integration/stress.sh does until it is killed.
 *
 *   stress write REGISTRY NAME       allocates apps NAME-1, NAME-2 ... with an address each; prints "app address" for each
 *                                    one that was committed
 *   stress read REGISTRY READY       holds a catalog and is a standby checkpointer; touches READY; at SIGTERM compares the
 *                                    catalog with the file, exit 0: they say the same
 *   stress checkpoint REGISTRY       is the checkpointer */
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rcu.h"
#include "catalog.h"
#include "checkpoint.h"
#include "registry.h"
#include "statement.h"

enum { SETTLE_MS = 10000, STANDBY_MS = 500, LINE = 160 };

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "stress: %s: %s\n", what, why);
	return 1;
}

/* ------------------------------------------------------------------------------------------------ write */

static int run_with(struct registry *r, const char *sql, const char *app)
{
	struct statement s;
	statement_open(&s, r, sql);
	statement_bind_text(&s, 1, app);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc < 0 ? -1 : 0;
}

static int read_address(struct registry *r, const char *app, char *line)
{
	struct statement s;
	statement_open(&s, r, "SELECT address FROM address WHERE app = ?1");
	statement_bind_text(&s, 1, app);
	int rc = statement_step(&s);
	snprintf(line, LINE, "%s %s\n", app, statement_text(&s, 0));
	statement_close(&s);
	return rc > 0 ? 0 : -1;
}

static int allocate(struct registry *r, const char *app, char *line)
{
	if (registry_begin(r, "stress") < 0)
		return -1;
	if (run_with(r, "INSERT INTO app (name, org, network) SELECT ?1, org, id FROM network LIMIT 1", app) == 0 &&
	    run_with(r, "INSERT INTO flycast (app) VALUES (?1)", app) == 0 && read_address(r, app, line) == 0)
		return registry_commit(r);
	registry_rollback(r);
	return -1;
}

static int write_apps(const char *path, const char *name)
{
	char app[64], line[LINE];
	struct registry *r = registry_open(path, REGISTRY_WRITE);
	if (registry_failed(r))
		return fail(name, registry_error(r));
	for (int i = 1;; i++) {
		snprintf(app, sizeof app, "%s-%d", name, i);
		while (allocate(r, app, line) < 0) {
			fail(app, registry_error(r));
			/* On a slow disk a shell may really take longer than that; we do as the sentence says. */
			if (!strstr(registry_error(r), "is locked by another program"))
				return 1;
		}
		/* One call, after the commit: what is on paper was acknowledged. */
		if (write(STDOUT_FILENO, line, strlen(line)) < 0)
			return fail(app, "cannot write it down");
	}
}

/* ------------------------------------------------------------------------------------------------ read */

/* NULL when the catalog has of every app what the file has, and nothing else. */
static const char *compare(struct catalog *catalog, struct registry *r)
{
	static char difference[LINE];
	struct statement s;
	uint64_t apps = 0;
	difference[0] = '\0';
	statement_open(&s, r, "SELECT app.name, address.address FROM app LEFT JOIN address ON address.app = app.name");
	while (!difference[0] && statement_step(&s) > 0) {
		struct in6_addr ip;
		const char *text = statement_text(&s, 1);
		const struct catalog_app *app = catalog_app(catalog, bytes_of(statement_text(&s, 0)));
		bool right = app && (*text ? addr_ip_parse(&ip, text) && catalog_app_at(catalog, &ip) == app
		                           : app->address_count == 0);
		if (!right)
			snprintf(difference, sizeof difference, "%.64s %.64s is in the file only",
			         statement_text(&s, 0), text);
		apps++;
	}
	bool failed = s.failed;
	statement_close(&s);
	if (failed)
		snprintf(difference, sizeof difference, "%.150s", registry_error(r));
	else if (!difference[0] && apps != catalog_stats(catalog).apps)
		snprintf(difference, sizeof difference, "%llu apps in the file, %llu in the catalog",
		         (unsigned long long)apps, (unsigned long long)catalog_stats(catalog).apps);
	return difference[0] ? difference : NULL;
}

static int read_apps(const char *path, const char *ready)
{
	char *error;
	const struct catalog_observer observer = {0};
	sigset_t end;
	int signal_number;
	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigprocmask(SIG_BLOCK, &end, NULL);
	struct catalog *catalog = catalog_start(path, &observer, &error);
	if (!catalog)
		return fail("read", error);
	struct checkpoint *standby = checkpoint_start(path, "stress-read", STANDBY_MS);
	close(open(ready, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	sigwait(&end, &signal_number);
	struct registry *r = registry_open(path, REGISTRY_READ);
	const char *difference = registry_failed(r) ? registry_error(r) : "";
	int64_t deadline = clock_mono_ms() + SETTLE_MS;
	rcu_register();
	while (!registry_failed(r) && (difference = compare(catalog, r)) && clock_mono_ms() < deadline) {
		rcu_quiescent();
		rcu_offline();
		usleep(20000);
		rcu_online();
	}
	rcu_unregister();
	int code = difference ? fail("the catalog is not the file", difference) : 0;
	registry_close(r);
	checkpoint_stop(standby);
	catalog_stop(catalog);
	return code;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return fail("usage", "stress write|read|checkpoint REGISTRY [NAME|READY]");
	log_open("stress", LOG_WARN, false);
	if (argc == 4 && strcmp(argv[1], "write") == 0)
		return write_apps(argv[2], argv[3]);
	if (argc == 4 && strcmp(argv[1], "read") == 0)
		return read_apps(argv[2], argv[3]);
	if (strcmp(argv[1], "checkpoint") != 0)
		return fail("no such part", argv[1]);
	checkpoint_start(argv[2], "stress", CHECKPOINT_AGENT);
	for (;;)
		pause();
}

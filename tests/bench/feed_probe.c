/* feed_probe: how long it takes from a write until others show it.
 *
 *   feed_probe REGISTRY APPS CHANGES catalog     a child holds a catalog and notes when its observer meets the change
 *   feed_probe REGISTRY APPS CHANGES PORT PID    flycast-dns on [::1]:PORT is asked until its answer is another one
 *   feed_probe REGISTRY APPS CHANGES write RATE  only writes, so many a second; prints the seconds it took
 *
 * Random apps app-0000001 ... of network 1 have their Machine hidden from DNS and shown again, by libstore and by a
 * sqlite3 shell in turns. Prints one line per writer for the table of feed.sh. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "catalog.h"
#include "registry.h"
#include "statement.h"

enum { PATIENCE_MS = 10000, PAUSE_US = 20000, QUESTION = 512, APP_NAME = 32, BATCH = 20 };

struct shared { /* between the child with the catalog and the parent */
	char wanted[APP_NAME];
	int64_t seen_ns;
	int64_t load_ms;
	bool loaded;
};

struct probe {
	struct registry *registry;
	FILE *shell;
	struct shared *shared; /* NULL: a name server is asked */
	pid_t pid;             /* of who follows */
	int socket;
};

struct times {
	int64_t *ns;
	size_t count;
};

static void fail(const char *what)
{
	fprintf(stderr, "feed_probe: %s\n", what);
	exit(1);
}

/* ------------------------------------------------------------------------------------------------ a catalog follows */

static void on_app(void *owner, const struct catalog_app *old, const struct catalog_app *now)
{
	struct shared *s = owner;
	(void)old;
	/* The parent wrote the name before it committed, and we see it after: no more than that is needed. */
	if (now && s->loaded && strcmp(now->name, s->wanted) == 0)
		__atomic_store_n(&s->seen_ns, clock_mono_ns(), __ATOMIC_RELEASE);
}

static void follow(const char *path, struct shared *s)
{
	char *error;
	const struct catalog_observer observer = {.owner = s, .app = on_app};
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	int64_t began = clock_mono_ms();
	if (!catalog_start(path, &observer, &error))
		fail(error);
	s->load_ms = clock_mono_ms() - began;
	__atomic_store_n(&s->loaded, true, __ATOMIC_RELEASE);
	for (;;)
		pause();
}

static void start_catalog(struct probe *p, const char *path)
{
	p->shared = mmap(NULL, sizeof *p->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p->shared == MAP_FAILED)
		fail("no shared memory");
	p->pid = fork();
	if (p->pid == 0)
		follow(path, p->shared);
	while (!__atomic_load_n(&p->shared->loaded, __ATOMIC_ACQUIRE))
		usleep(1000);
}

static bool catalog_shows(const struct probe *p)
{
	return __atomic_load_n(&p->shared->seen_ns, __ATOMIC_ACQUIRE) != 0;
}

/* ------------------------------------------------------------------------------------------------ a name server follows */

static void start_asking(struct probe *p, const char *port, const char *pid)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)atoi(port))};
	const struct timeval patience = {.tv_sec = 2};
	to.sin6_addr = in6addr_loopback;
	p->pid = atoi(pid);
	p->socket = socket(AF_INET6, SOCK_DGRAM, 0);
	if (connect(p->socket, (struct sockaddr *)&to, sizeof to) < 0 ||
	    setsockopt(p->socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0)
		fail("cannot reach the name server");
}

/* How many AAAA records <app>.internal has. */
static int ask(const struct probe *p, const char *app)
{
	static uint16_t id;
	uint8_t question[QUESTION] = {0}, answer[QUESTION];
	size_t len = strlen(app), at = 12;
	question[0] = (uint8_t)(++id >> 8);
	question[1] = (uint8_t)id;
	question[5] = 1; /* one question */
	question[at++] = (uint8_t)len;
	memcpy(question + at, app, len);
	at += len;
	memcpy(question + at, "\x08internal\x00\x00\x1c\x00\x01", 14);
	at += 14;
	if (send(p->socket, question, at, 0) < 0 || recv(p->socket, answer, sizeof answer, 0) < 12)
		fail("the name server does not answer");
	if (answer[0] != question[0] || answer[1] != question[1] || (answer[3] & 15) != 0)
		fail("the name server answers something else");
	return answer[6] << 8 | answer[7];
}

/* ------------------------------------------------------------------------------------------------ measuring */

static const char sql_toggle[] = "UPDATE machine SET skip_dns = 1 - skip_dns WHERE app = '%s'";

static void begin(const struct probe *p)
{
	if (registry_begin(p->registry, "feed_probe") < 0)
		fail(registry_error(p->registry));
}

static void change(const struct probe *p, const char *app)
{
	char sql[160];
	snprintf(sql, sizeof sql, sql_toggle, app);
	if (statement_run(p->registry, sql) < 0)
		fail(registry_error(p->registry));
}

static void commit(const struct probe *p)
{
	if (registry_commit(p->registry) < 0)
		fail(registry_error(p->registry));
}

/* Returns when it began: by libstore, when no other writer was in the way any more. */
static int64_t write_change(const struct probe *p, const char *app, bool by_shell)
{
	int64_t began = clock_mono_ns();
	if (by_shell) {
		fprintf(p->shell, sql_toggle, app);
		fprintf(p->shell, ";\n");
		fflush(p->shell);
		return began;
	}
	begin(p);
	began = clock_mono_ns();
	change(p, app);
	commit(p);
	return began;
}

/* Nanoseconds from the write until it shows. */
static int64_t one_change(const struct probe *p, const char *app, bool by_shell)
{
	int before = 0;
	if (p->shared) {
		__atomic_store_n(&p->shared->seen_ns, 0, __ATOMIC_RELEASE);
		snprintf(p->shared->wanted, sizeof p->shared->wanted, "%s", app);
	} else {
		before = ask(p, app);
	}
	int64_t began = write_change(p, app, by_shell), deadline = clock_mono_ms() + PATIENCE_MS;
	while (p->shared ? !catalog_shows(p) : ask(p, app) == before) {
		if (clock_mono_ms() > deadline)
			fail("a change was never shown");
		if (p->shared)
			usleep(200);
	}
	return (p->shared ? p->shared->seen_ns : clock_mono_ns()) - began;
}

/* Seconds of CPU the follower has used. */
static double cpu_of(pid_t pid)
{
	char name[64], line[1024] = "";
	unsigned long user = 0, system = 0;
	snprintf(name, sizeof name, "/proc/%d/stat", (int)pid);
	FILE *f = fopen(name, "r");
	if (!f || !fgets(line, sizeof line, f))
		fail("the follower is gone");
	fclose(f);
	const char *rest = strrchr(line, ')');
	if (!rest || sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
		fail("cannot read its CPU time");
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static long resident_kb(pid_t pid)
{
	char name[64], line[256];
	long kb = 0;
	snprintf(name, sizeof name, "/proc/%d/status", (int)pid);
	FILE *f = fopen(name, "r");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "VmRSS: %ld", &kb) == 1)
			break;
	if (f)
		fclose(f);
	return kb;
}

static int by_size(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
	return (left > right) - (left < right);
}

static double ms_at(const struct times *t, double share)
{
	size_t at = (size_t)(share * (double)t->count);
	return (double)t->ns[at < t->count ? at : t->count - 1] / 1e6;
}

static void measure(const struct probe *p, long apps, size_t changes, bool by_shell)
{
	unsigned seed = 4711;
	struct times t = {calloc(changes, sizeof(int64_t)), changes};
	double cpu = cpu_of(p->pid), wall = (double)clock_mono_ms();
	for (size_t i = 0; i < changes; i++) {
		char app[APP_NAME];
		/* Irregular, so that no timer is in step with us. */
		usleep((useconds_t)(rand_r(&seed) % PAUSE_US));
		snprintf(app, sizeof app, "app-%07ld", 1 + rand_r(&seed) % apps);
		t.ns[i] = one_change(p, app, by_shell);
	}
	cpu = cpu_of(p->pid) - cpu;
	wall = ((double)clock_mono_ms() - wall) / 1000;
	qsort(t.ns, changes, sizeof *t.ns, by_size);
	printf("%9ld  %-8s %-8s %8.2f %8.2f %8.2f   ", apps, p->shared ? "catalog" : "dns",
	       by_shell ? "shell" : "libstore", ms_at(&t, 0.5), ms_at(&t, 0.99), ms_at(&t, 1));
	if (p->shared)
		printf("%7.0f us %8.2f s %6.2f KB\n", cpu / (double)changes * 1e6, (double)p->shared->load_ms / 1000,
		       (double)resident_kb(p->pid) / (double)apps);
	else
		printf("%10s %10s %6.2f KB   (%.0f s)\n", "", "", (double)resident_kb(p->pid) / (double)apps, wall);
	free(t.ns);
}

/* By libstore, some changes with each commit, as many programs together would. */
static void write_only(const struct probe *p, long apps, size_t changes, double rate)
{
	unsigned seed = 4712;
	int64_t start = clock_mono_ns();
	for (size_t i = 0; i < changes; i += BATCH) {
		int64_t early_ns = start + (int64_t)((double)i / rate * 1e9) - clock_mono_ns();
		if (early_ns > 0)
			usleep((useconds_t)(early_ns / 1000));
		begin(p);
		for (int k = 0; k < BATCH; k++) {
			char app[APP_NAME];
			snprintf(app, sizeof app, "app-%07ld", 1 + rand_r(&seed) % apps);
			change(p, app);
		}
		commit(p);
	}
	printf("%.1f\n", (double)(clock_mono_ns() - start) / 1e9);
}

int main(int argc, char **argv)
{
	struct probe p = {0};
	char command[512];
	if (argc < 5)
		fail("usage: feed_probe REGISTRY APPS CHANGES catalog|PORT PID|write RATE");
	p.registry = registry_open(argv[1], REGISTRY_WRITE);
	if (registry_failed(p.registry))
		fail(registry_error(p.registry));
	if (strcmp(argv[4], "write") == 0) {
		write_only(&p, atol(argv[2]), (size_t)atol(argv[3]), argc > 5 ? atof(argv[5]) : 1000);
		registry_close(p.registry);
		return 0;
	}
	if (argc == 5)
		start_catalog(&p, argv[1]);
	else
		start_asking(&p, argv[4], argv[5]);
	snprintf(command, sizeof command, "sqlite3 -cmd '.timeout 5000' '%s'", argv[1]);
	p.shell = popen(command, "w");
	if (!p.shell)
		fail("no sqlite3 shell");
	usleep(300000); /* the shell has started and the follower is quiet */
	measure(&p, atol(argv[2]), (size_t)atol(argv[3]), false);
	measure(&p, atol(argv[2]), (size_t)atol(argv[3]), true);
	pclose(p.shell);
	registry_close(p.registry);
	if (p.shared)
		kill(p.pid, SIGKILL);
	return 0;
}

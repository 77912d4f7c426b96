/* daemon.h - what every daemon does the same way: read its flags, drop privileges, end on a signal.
 * Owns nothing after daemon_options_read(); never opens anything. Only a main.c includes it. */
#ifndef BASE_DAEMON_H
#define BASE_DAEMON_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

enum { DAEMON_LISTEN_MAX = 16 };

struct daemon_options {
	const char *registry; /* --registry, else $FLYCAST_REGISTRY, else /var/lib/flycast/registry.db */
	struct sockaddr_in6 listen[DAEMON_LISTEN_MAX];
	size_t listen_count;
	int threads;         /* --threads; 0: one per core */
	const char *user;    /* --user; NULL: stay who we are */
	int ready_fd;        /* --ready-fd; -1: none */
	const char *control; /* --control PATH; NULL: the daemon's default */
	struct sockaddr_in6 metrics;
	bool has_metrics;
	bool log_json;
	bool log_debug;   /* --verbose */
	const char *host; /* --host NAME: which row of table host this machine is; NULL: by hostname, or the only one */
};

struct daemon_addresses { /* zero-initialise */
	uint16_t port;    /* of an address that is given without; 0: it must have one */
	struct sockaddr_in6 at[DAEMON_LISTEN_MAX];
	size_t count;
};

/* A flag of one daemon only. target is, by kind: const char **; int *; double * ("90", "1.5", "500ms", "2m"); bool *;
 * struct prefix_list *, where the flag is repeatable. */
struct daemon_flag {
	const char *name; /* "agent" for --agent */
	enum { DAEMON_TEXT, DAEMON_NUMBER, DAEMON_SECONDS, DAEMON_SWITCH, DAEMON_PREFIXES, DAEMON_ADDRESSES } kind;
	void *target;
	const char *help; /* "PATH  socket of the agent" */
};

struct daemon_program {
	const char *name;    /* "flycast-dns" */
	const char *summary; /* one line */
	const struct daemon_flag *flags;
	size_t flag_count;
	const char *examples;
};

/* Exits with 0 after --help and --version, with 2 and a sentence on stderr after misuse. Opens the log. */
void daemon_options_read(struct daemon_options *out, const struct daemon_program *program, int argc, char **argv);

/* Becomes `user` (NULL: nothing) and keeps only the capabilities in `keep` (CAP_... numbers, -1 ends the list);
 * sets no_new_privs. -1 with one log line. */
int daemon_drop(const char *user, const int *keep);

/* "<directory of the registry>/<name>", in memory that lives as long as the process. */
const char *daemon_beside(const char *registry, const char *name);

#endif

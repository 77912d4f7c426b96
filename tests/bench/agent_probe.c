/* agent_probe.c - asks an agent the way a proxy does and tells how long its answers take.
 *
 *   agent_probe SOCKET MACHINE COUNT VERB [BACK]   VERB is measured COUNT times; BACK (not measured) leads back
 *   agent_probe SOCKET MACHINE once VERB           one ask; prints the answer */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { SIZE = 8192, SAMPLES = 100000 };

static unsigned serial;

static double now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int open_socket(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = 10};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at) < 0) {
		perror(path);
		exit(1);
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	return fd;
}

/* Leaves the answer in text[SIZE]; true when it says ok. */
static bool ask(int fd, const char *verb, const char *machine, char *text)
{
	char prefix[32];
	int len = snprintf(text, SIZE, "%u %s %s", ++serial, verb, machine);
	if (send(fd, text, (size_t)len, 0) < 0)
		return false;
	int head = snprintf(prefix, sizeof prefix, "%u ", serial);
	for (;;) {
		ssize_t got = recv(fd, text, SIZE - 1, 0);
		if (got <= 0) {
			snprintf(text, SIZE, "no answer");
			return false;
		}
		text[got] = '\0';
		if (strncmp(text, prefix, (size_t)head) == 0)
			return strncmp(text + head, "ok ", 3) == 0 || strncmp(text + head, "told ", 5) == 0;
	}
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return left < right ? -1 : left > right;
}

int main(int argc, char **argv)
{
	char text[SIZE];
	if (argc < 5)
		return 2;
	int fd = open_socket(argv[1]);
	if (strcmp(argv[3], "once") == 0) {
		bool ok = ask(fd, argv[4], argv[2], text);
		puts(text);
		return ok ? 0 : 1;
	}
	size_t count = strtoul(argv[3], NULL, 10);
	static double took[SAMPLES];
	if (count == 0 || count > SAMPLES)
		return 2;
	for (size_t i = 0; i < count; i++) {
		if (argc > 5 && !ask(fd, argv[5], argv[2], text)) {
			fprintf(stderr, "%s: %s\n", argv[5], text);
			return 1;
		}
		/* The agent writes what it did to the disk after its answer; the next ask meets it at rest. */
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
		double start = now_ms();
		if (!ask(fd, argv[4], argv[2], text)) {
			fprintf(stderr, "%s: %s\n", argv[4], text);
			return 1;
		}
		took[i] = now_ms() - start;
	}
	qsort(took, count, sizeof *took, compare);
	printf("%-28s %6zu %9.3f %9.3f %9.3f\n", argv[4], count, took[count / 2], took[count * 99 / 100],
	       took[count - 1]);
	return 0;
}

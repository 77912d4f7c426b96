/* sandbox.h - what flycast-dns can still do once its sockets are bound: the system calls it is made of (seccomp), the
 * directories its files are in (Landlock, where the kernel has it), and nothing that gives privileges back. There is no way
 * out, for every thread that starts after it; a call that is not on the list ends the process, and the kernel logs it. */
#ifndef DNS_SANDBOX_H
#define DNS_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

enum { SANDBOX_PLACES_MAX = 16 };

enum sandbox_access {
	SANDBOX_READ,   /* what is in the file's directory: it may be replaced by a newer one */
	SANDBOX_WRITE,  /* and write and create files there */
	SANDBOX_REMOVE, /* remove what is in it, nothing else */
};

struct sandbox { /* zero-initialise */
	size_t count;
	struct sandbox_place {
		const char *file;
		enum sandbox_access access;
	} places[SANDBOX_PLACES_MAX];
};

/* The file, which need not be there, will be used so. NULL: there is none. Borrowed until sandbox_enter(). */
void sandbox_file(struct sandbox *sandbox, const char *file, enum sandbox_access access);
/* Before there is a second thread. -1 with one log line. */
int sandbox_enter(const struct sandbox *sandbox);

#endif

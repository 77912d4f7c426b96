/* guest.h - a Machine's size: how many CPUs of which kind, how much memory; "guest" in the Machines API. Pure.
 *
 * No size at all ({0}) means no limit. Where anything of a size is said, the rest of it follows: the CPUs and memory of a
 * named size, shared-cpu-1x when none is named, and memory for as many CPUs as there are. */
#ifndef STORE_GUEST_H
#define STORE_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct guest {
	const char *cpu_kind; /* "shared" or "performance", a literal; NULL: no size */
	int64_t cpus;
	int64_t memory_mb; /* MiB */
};

struct guest_wish {           /* what somebody said; {0}: nothing */
	const char *size;     /* "shared-cpu-1x" */
	const char *cpu_kind; /* "shared" */
	int64_t cpus;
	int64_t memory_mb;
};

enum { GUEST_NAME = 64 };

/* 0, or -1 with a sentence added to why. */
int guest_read(struct guest *out, const struct guest_wish *wish, struct text *why);
/* As columns machine.cpu_kind ("" or NULL: none), cpus and memory_mb have it. */
struct guest guest_of(const char *cpu_kind, int64_t cpus, int64_t memory_mb);
bool guest_size_known(const char *size);
/* "512", "512mb", "1gb": MiB. 0: no amount of memory. */
int64_t guest_memory(const char *text);
/* "shared-cpu-1x:256MB"; "" without a size. Returns out. */
const char *guest_name(char out[GUEST_NAME], const struct guest *guest);

#endif

/* guest.c - see guest.h. */
#include "guest.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"

enum { CPUS_MOST = 1024, MEMORY_LEAST = 16, MEMORY_MOST = 1 << 24, DIGITS = 12 };

static const struct kind {
	const char *name;
	const char *prefix; /* of its sizes */
	int64_t cpus_most;  /* of its sizes, which are powers of two */
	int64_t memory;     /* MiB for each CPU */
} kinds[] = {{"shared", "shared-cpu-", 8, 256}, {"performance", "performance-", 16, 2048}};

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

/* NULL: no size of this name. */
static const struct kind *find_size(const char *size, int64_t *cpus)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		for (*cpus = 1; *cpus <= kinds[i].cpus_most; *cpus *= 2) {
			char name[GUEST_NAME];
			snprintf(name, sizeof name, "%s%" PRId64 "x", kinds[i].prefix, *cpus);
			if (strcmp(name, size) == 0)
				return &kinds[i];
		}
	return NULL;
}

bool guest_size_known(const char *size)
{
	int64_t cpus;
	return find_size(size, &cpus);
}

int guest_read(struct guest *out, const struct guest_wish *wish, struct text *why)
{
	const struct kind *kind = &kinds[0];
	int64_t cpus = 1;
	*out = (struct guest){0};
	if (!wish->size && !wish->cpu_kind && !wish->cpus && !wish->memory_mb)
		return 0;
	if (wish->size && !(kind = find_size(wish->size, &cpus))) {
		text_format(why,
		            "'%.80s' is an invalid machine size, choose one of: [shared-cpu-1x shared-cpu-2x "
		            "shared-cpu-4x shared-cpu-8x performance-1x performance-2x performance-4x performance-8x "
		            "performance-16x]",
		            wish->size);
		return -1;
	}
	if (wish->cpu_kind && !(kind = find_kind(wish->cpu_kind))) {
		text_format(why, "CPU kind \"%.40s\" is not known: write \"shared\" or \"performance\"",
		            wish->cpu_kind);
		return -1;
	}
	if (wish->cpus)
		cpus = wish->cpus;
	if (cpus < 1 || cpus > CPUS_MOST) {
		text_format(why, "a Machine has 1 to %d CPUs, not %" PRId64, CPUS_MOST, cpus);
		return -1;
	}
	int64_t memory = wish->memory_mb ? wish->memory_mb : kind->memory * cpus;
	if (memory < MEMORY_LEAST || memory > MEMORY_MOST) {
		text_format(why, "a Machine has %d to %d MB of memory, not %" PRId64, MEMORY_LEAST, MEMORY_MOST,
		            memory);
		return -1;
	}
	*out = (struct guest){kind->name, cpus, memory};
	return 0;
}

struct guest guest_of(const char *cpu_kind, int64_t cpus, int64_t memory_mb)
{
	const struct kind *kind = cpu_kind ? find_kind(cpu_kind) : NULL;
	bool fits = kind && cpus >= 1 && cpus <= CPUS_MOST && memory_mb >= MEMORY_LEAST && memory_mb <= MEMORY_MOST;
	return fits ? (struct guest){kind->name, cpus, memory_mb} : (struct guest){0};
}

int64_t guest_memory(const char *text)
{
	static const struct {
		const char *name;
		int64_t mb;
	} units[] = {{"", 1}, {"m", 1}, {"mb", 1}, {"mib", 1}, {"g", 1024}, {"gb", 1024}, {"gib", 1024}};
	char digits[DIGITS];
	int64_t number = 0;
	size_t len = strspn(text, "0123456789");
	const char *unit = text + len + strspn(text + len, " ");
	if (len == 0 || len >= sizeof digits)
		return 0;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (!number_read(&number, digits, 0, INT32_MAX))
		return 0;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (strcasecmp(unit, units[i].name) == 0)
			return number * units[i].mb;
	return 0;
}

const char *guest_name(char out[GUEST_NAME], const struct guest *guest)
{
	const struct kind *kind = guest->cpu_kind ? find_kind(guest->cpu_kind) : NULL;
	out[0] = '\0';
	if (kind)
		snprintf(out, GUEST_NAME, "%s%" PRId64 "x:%" PRId64 "MB", kind->prefix, guest->cpus, guest->memory_mb);
	return out;
}

/* check: what a --check says is either refused with a sentence or is within the bounds of the registry. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool so)
{
	if (!so)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text spec = {0}, why = {0};
	struct check c;
	text_add(&spec, (const char *)data, size);
	text_add(&spec, "", 1);
	if (check_parse(&c, spec.at, &why) == 0) {
		must(c.internal_port > 0 && !why.len);
		must(c.interval == -1 || (c.interval >= 1000 && c.interval <= 3600000));
		must(c.timeout == -1 || (c.timeout >= 100 && c.timeout <= 60000));
		must(c.grace_period >= -1 && c.grace_period <= 3600000);
		must(!c.path || c.path[0] == '/');
		must(c.http || (!c.method && !c.path && !c.headers));
	} else {
		must(why.len > 0);
	}
	check_fini(&c);
	text_free(&spec);
	text_free(&why);
	return 0;
}

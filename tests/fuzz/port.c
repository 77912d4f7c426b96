/* port: whatever --port says, the parser reads it or says why not; what it reads is within bounds. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "port.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *spec = mem_new(size + 1);
	struct text why = {0};
	struct port ports[2];
	if (size)
		memcpy(spec, data, size);
	if (port_parse(&ports[0], spec, &why) < 0) {
		assert(why.len > 0);
	} else {
		assert(ports[0].start > 0 && ports[0].start <= ports[0].end && ports[0].internal > 0);
		assert(port_handlers_name(ports[0].handlers) && why.len == 0);
		ports[1] = ports[0];
		assert(port_check(ports, 2, &why) < 0 && why.len > 0);
	}
	text_free(&why);
	free(spec);
	return 0;
}

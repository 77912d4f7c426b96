/* layout.c - see layout.h. */
#include "layout.h"

#include <string.h>

#include "base/text.h"

static void put_directory(struct text *out, const char *registry)
{
	const char *slash = strrchr(registry, '/');
	text_add(out, slash ? registry : "./", slash ? (size_t)(slash + 1 - registry) : 2);
}

char *layout_beside(const char *registry, const char *name)
{
	struct text path = {0};
	put_directory(&path, registry);
	text_put(&path, name);
	return path.at;
}

char *layout_machine(const char *registry, const char *machine)
{
	struct text path = {0};
	put_directory(&path, registry);
	text_format(&path, "machines/%s", machine);
	return path.at;
}

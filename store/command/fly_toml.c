/* fly_toml.c - see fly_toml.h. */
#include "command/fly_toml.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* The quoted value of `app = "..."` or `app = '...'`, cut out of the line; NULL: another line. */
static char *app_value(char *line)
{
	static const char blank[] = " \t";
	line += strspn(line, blank);
	if (strncmp(line, "app", 3) != 0)
		return NULL;
	line += 3 + strspn(line + 3, blank);
	if (*line++ != '=')
		return NULL;
	line += strspn(line, blank);
	char quote = *line;
	char *end = quote == '"' || quote == '\'' ? strchr(line + 1, quote) : NULL;
	if (!end)
		return NULL;
	*end = '\0';
	return line + 1;
}

char *fly_toml_app(const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL, *app = NULL;
	size_t room = 0;
	if (!file)
		return NULL;
	while (!app && getline(&line, &room, file) >= 0 && line[strspn(line, " \t")] != '[')
		app = mem_text(app_value(line));
	free(line);
	fclose(file);
	return app;
}

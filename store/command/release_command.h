/* release_command.h - [deploy] release_command: run once in the folder of the release, in a Machine of its own that gets
 * no requests and is in no name, before any Machine of the release is made. */
#ifndef COMMAND_RELEASE_COMMAND_H
#define COMMAND_RELEASE_COMMAND_H

#include "base/text.h"

struct deploy_group;

/* The words of the command as a JSON array; NULL after a sentence. free() it. */
char *release_command_words(const char *line);
/* Outside a transaction; group: its name and command are set here. What it writes is shown. The Machine is gone
 * afterwards. 0; or 1 after a sentence, which is also in `why`. */
int release_command_run(const struct deploy_group *group, const char *command, double seconds, struct text *why);

#endif

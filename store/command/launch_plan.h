/* launch_plan.h - what the files of a directory say about how to start its program. Reads them, writes nothing. */
#ifndef COMMAND_LAUNCH_PLAN_H
#define COMMAND_LAUNCH_PLAN_H

#include <jansson.h>
#include <stdint.h>

#include "base/text.h"

struct launch_plan {       /* { 0 } to begin with; launch_plan_fini() */
	struct text what;  /* "a Node.js app (package.json)" */
	json_t *processes; /* name of the group and its command, as [processes] has them */
	struct text group; /* the one that listens on the port; "": none does */
};

/* Looks into the working directory: Procfile, package.json, requirements.txt or pyproject.toml, a folder of pages, a
 * compiled program, in this order. The program is told its port by $PORT, or by its command line where that is known.
 * 0; -1 with a sentence in why: nothing here says how to start, or two files do. */
int launch_plan_read(struct launch_plan *plan, uint16_t port, struct text *why);
/* The words of a command line instead. */
void launch_plan_words(struct launch_plan *plan, char *const *words);
void launch_plan_fini(struct launch_plan *plan);

#endif

/* config_file.h - the configuration of an app as a file: fly.toml, or fly.json. Says nothing by itself. */
#ifndef COMMAND_CONFIG_FILE_H
#define COMMAND_CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "app_config.h"

struct call;

struct config_file {               /* owns everything */
	char *path;                /* as it was named or found */
	bool exists;               /* false: no such file, and nothing below */
	struct app_config *config; /* NULL: an error is in findings */
	struct config_findings findings;
	struct json_t *lines; /* of each path, "services[0].ports[1]"; NULL: not known (JSON) */
};

/* -c, else ./fly.toml, else ./fly.json. Reads and checks it; config_file_fini() in every case. */
void config_file_read(struct config_file *file, const struct call *call);
/* The same for one file. */
void config_file_open(struct config_file *file, const char *path);
void config_file_fini(struct config_file *file);

/* "fly.toml:12: " for what was found, or "fly.toml: " where the line is not known, into out; returns out->at. */
const char *config_file_place(const struct config_file *file, const struct config_finding *finding, struct text *out);

/* For a command that carries the configuration out: says what was found, on stderr. 0; 1 when there is no file or an
 * error in it; with `strict` also when there is something it does not know. */
int config_file_tell(const struct config_file *file, bool strict);

#endif

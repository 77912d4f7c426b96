/* config_file.h - the configuration of an app as a file: fly.toml, or fly.json. */
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
	struct app_config *config; /* NULL: an error that is no folly is in findings */
	struct config_findings findings;
	struct json_t *lines; /* of each path, "services[0].ports[1]"; NULL: not known (JSON) */
};

/* -c, else ./fly.toml, else ./fly.json. */
const char *config_file_path(const struct call *call);
/* Reads and checks it, and says nothing; config_file_fini() in every case. */
void config_file_read(struct config_file *file, const char *path);
void config_file_fini(struct config_file *file);
/* The app of config_file_path(), to be freed; the rest of the file may be wrong. NULL: none, perhaps after a warning. */
char *config_file_app(const struct call *call);

/* "fly.toml:12: " for what was found, or "fly.toml: " where the line is not known, into out; returns out->at. */
const char *config_file_place(const struct config_file *file, const struct config_finding *finding, struct text *out);

/* For a command that carries the configuration out: says what was found, on stderr. 0; 1 when there is no file or an
 * error in it; with `strict` also when there is something it does not know. */
int config_file_tell(const struct config_file *file, bool strict);

/* The object as such a file has it: JSON for a path that ends in .json, else TOML. */
void config_file_text(struct text *out, const char *path, const struct json_t *json);
/* Under another name first, so that whoever reads sees all of it or the old one. 0, or 1 after a sentence. */
int config_file_write(const char *path, const struct text *text);

#endif

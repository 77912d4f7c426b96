/* app_config_check.h - what can be wrong with a configuration although each part of it could be read. Pure. */
#ifndef STORE_APP_CONFIG_CHECK_H
#define STORE_APP_CONFIG_CHECK_H

#include <stdbool.h>

#include "app_config.h"

/* Adds what is wrong or doubtful, in flyctl's words where flyctl has them. True: nothing that is an error. */
bool app_config_check(const struct app_config *config, struct config_findings *findings);
/* What is a folly only becomes a warning. */
void app_config_force(struct config_findings *findings);

#endif

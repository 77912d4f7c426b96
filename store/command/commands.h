/* commands.h - the first level of the command table; each is defined in the file of its name. */
#ifndef COMMAND_COMMANDS_H
#define COMMAND_COMMANDS_H

#include "command/command.h"

extern const struct command apps_command;
extern const struct command backup_command;
extern const struct command certs_command;
extern const struct command check_command;
extern const struct command checks_command;
extern const struct command completion_command;
extern const struct command config_command;
extern const struct command deploy_command;
extern const struct command dig_command;
extern const struct command dns_command;
extern const struct command doctor_command;
extern const struct command export_command;
extern const struct command hosts_command;
extern const struct command import_command;
extern const struct command init_command;
extern const struct command ips_command;
extern const struct command keys_command;
extern const struct command launch_command;
extern const struct command logs_command;
extern const struct command machine_command;
extern const struct command networks_command;
extern const struct command orgs_command;
extern const struct command platform_command;
extern const struct command proxy_command;
extern const struct command releases_command;
extern const struct command rollback_command;
extern const struct command restore_command;
extern const struct command scale_command;
extern const struct command secondaries_command;
extern const struct command secrets_command;
extern const struct command services_command;
extern const struct command status_command;
extern const struct command up_command;
extern const struct command zone_command;

#endif

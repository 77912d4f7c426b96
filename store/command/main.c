/* main.c - the program flycast: reads the command line, runs the command, closes everything. */
#include <stdio.h>
#include <string.h>

#include "command/call.h"
#include "command/commands.h"
#include "command/help.h"
#include "command/say.h"

int main(int argc, char **argv)
{
	/* clang-format off */
	const struct command commands[] = {
	    init_command,
	    orgs_command,
	    networks_command,
	    apps_command,
	    ips_command,
	    machine_command,
	    services_command,
	    status_command,
	    logs_command,
	    hosts_command,
	    platform_command,
	    dig_command,
	    check_command,
	    doctor_command,
	    backup_command,
	    restore_command,
	    export_command,
	    import_command,
	    up_command,
	    {0}};
	/* clang-format on */
	struct call call;
	if (argc == 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0)) {
		printf("flycast %s\n", FLYCAST_VERSION);
		return 0;
	}
	int code = call_read(&call, commands, argc, argv);
	if (code == 0 && (call.help || !call.command))
		help_print(&call, commands);
	else if (code == 0)
		code = call.command->run(&call);
	call_free(&call);
	if (fflush(stdout) != 0 && code == 0)
		code = say_refused("the output could not be written");
	return code;
}

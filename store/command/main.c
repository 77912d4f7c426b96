/* main.c - the program flycast: reads the command line, runs the command, closes everything. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command/call.h"
#include "command/commands.h"
#include "command/complete.h"
#include "command/help.h"
#include "command/say.h"

/* A standard descriptor that is closed would become the next file that is opened, the registry perhaps. What stands in
 * for it fails as the closed one would. */
static void fill_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
			_exit(1);
}

/* Output that was lost is a failure, also when an earlier buffer of it was. */
static int end_output(int code)
{
	if ((fflush(stdout) != 0 || ferror(stdout)) && code == 0)
		return say_refused("the output could not be written");
	return code;
}

int main(int argc, char **argv)
{
	/* clang-format off */
	const struct command commands[] = {
	    init_command,
	    orgs_command,
	    networks_command,
	    apps_command,
	    config_command,
	    launch_command,
	    deploy_command,
	    releases_command,
	    rollback_command,
	    ips_command,
	    machine_command,
	    scale_command,
	    secrets_command,
	    services_command,
	    checks_command,
	    status_command,
	    logs_command,
	    proxy_command,
	    dns_command,
	    hosts_command,
	    platform_command,
	    dig_command,
	    zone_command,
	    certs_command,
	    keys_command,
	    secondaries_command,
    check_command,
	    doctor_command,
	    backup_command,
	    restore_command,
	    export_command,
	    import_command,
	    up_command,
	    completion_command,
	    {0}};
	/* clang-format on */
	struct call call;
	fill_standard_descriptors();
	if (argc == 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0)) {
		printf("flycast %s\n", FLYCAST_VERSION);
		return end_output(0);
	}
	if (argc > 2 && strcmp(argv[1], COMPLETE_WORD) == 0)
		return end_output(complete_print(commands, argv + 2));
	int code = call_read(&call, commands, argc, argv);
	if (code == 0 && (call.help || !call.command))
		help_print(&call, commands);
	else if (code == 0)
		code = call.command->run(&call);
	call_free(&call);
	return end_output(code);
}

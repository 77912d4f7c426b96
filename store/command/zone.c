/* zone.c - flycast zone: what one network sees, as master files. flycast-dns makes them; this finds the network. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/call.h"
#include "command/child.h"
#include "command/commands.h"
#include "command/say.h"
#include "command/session.h"
#include "network.h"
#include "registry.h"

static const char zones[] = "flycast internal reverse";

static int run(struct call *call)
{
	struct network network;
	const char *org = call_org(call), *only = call->arg_count > 1 ? call->args[1] : NULL;
	char which[64];
	if (only && !command_word_in(zones, only))
		return say_misuse(call, "there is no zone %s: flycast, internal or reverse", only);
	if (session_read(call) < 0)
		return 1;
	if (network_need(call->registry, &network, org ? org : "personal", call->args[0]) < 0)
		return session_failed(call);
	snprintf(which, sizeof which, "%u%s%s", network.id, only ? "/" : "", only ? only : "");
	char *program = child_program("flycast-dns");
	fflush(stdout);
	execlp(program, program, "--registry", call->path, "--print", which, (char *)NULL); /* closes the registry */
	int code = say_refused(
	    "flycast-dns, which prints zones, cannot be started: %s: %s; install it beside flycast, or "
	    "put it into PATH",
	    program, strerror(errno));
	free(program);
	return code;
}

const struct command zone_command = {
    .name = "zone",
    .args = "NETWORK [ZONE]",
    .summary = "Print what the clients of a network see, as master files for other name servers",
    .details =
        "ZONE is flycast, internal or reverse (a.a.d.f.ip6.arpa); without it all three are printed.\n"
        "The SOA's serial is the registry's last change. top<n>.nearest.of names are patterns and are not printed.\n"
        "A name that exists without records has one of TYPE65280, or others would deny it.",
    .examples = "flycast zone default internal >internal.zone\nflycast zone blue -o acme",
    .min_args = 1,
    .max_args = 2,
    .takes = TAKES_ORG,
    .run = run};

/* dns_trace.h - flycast dns trace, and the flag that every command of flycast dns has. */
#ifndef COMMAND_DNS_TRACE_H
#define COMMAND_DNS_TRACE_H

#include "command/command.h"

struct call;

extern const struct command_flag dns_flags[];
extern const struct command_flag dns_trace_flags[];

int dns_trace(struct call *call);

#endif

/* help.h - --help, made from the tables. */
#ifndef COMMAND_HELP_H
#define COMMAND_HELP_H

#include "command/call.h"

/* Prints the help of the program, a group or a command on stdout. */
void help_print(const struct call *call, const struct command *commands);

#endif

/* complete.h - what may stand next on a command line, for the scripts of flycast completion. All of it comes from the
 * command table, and names of things from the registry, when there is one that can be read; nothing is ever said about what
 * is wrong. Owns nothing. */
#ifndef COMMAND_COMPLETE_H
#define COMMAND_COMPLETE_H

struct command;

#define COMPLETE_WORD "__complete" /* the word that scripts put before the others */
enum { COMPLETE_FILES = 3 };       /* the exit code for: names of files, which shells know better */

/* words: all behind "flycast", the one that is being written last, "" when it has not begun; NULL-terminated. Prints what it
 * may become, whole, a tabulator and what that is, one to a line. 0 or COMPLETE_FILES. */
int complete_print(const struct command *commands, char *const *words);

#endif

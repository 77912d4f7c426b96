/* check_rules.h - what flycast check looks for: queries of two columns, what is wrong and how to mend it. They hold for
 * any content, also for what went past the registry's own rules (a shell with ignore_check_constraints, a damaged
 * or imported file). */
#ifndef COMMAND_CHECK_RULES_H
#define COMMAND_CHECK_RULES_H

extern const char *const check_rules[]; /* ends with NULL */

#endif

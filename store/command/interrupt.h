/* interrupt.h - Ctrl-C, SIGTERM and a terminal that goes away as a question that is asked where it can be answered: what
 * was begun is brought to an end first. The second one ends the program as usual. A reader of our output who goes away
 * (SIGPIPE) ends nothing. Signals belong to the process, and so does what this keeps. */
#ifndef COMMAND_INTERRUPT_H
#define COMMAND_INTERRUPT_H

#include <stdbool.h>

void interrupt_catch(void);
bool interrupt_came(void);
void interrupt_forget(void); /* it was acted upon: interrupt_came() is false again */

#endif

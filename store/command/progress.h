/* progress.h - a line on the terminal that says what is waited for, and changes in place. Nothing is written to a pipe
 * or a file. */
#ifndef COMMAND_PROGRESS_H
#define COMMAND_PROGRESS_H

/* Takes the place of the line before. */
void progress_show(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Takes it away: before anything else is printed. */
void progress_clear(void);

#endif

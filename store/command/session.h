/* session.h - a command's registry: opened when needed, closed with the call. Says what is wrong on stderr. */
#ifndef COMMAND_SESSION_H
#define COMMAND_SESSION_H

struct call;

/* Each returns 0, or -1 after the sentence; the command then returns 1. */
int session_read(struct call *call);   /* opens it and begins a read transaction: one consistent picture */
int session_write(struct call *call);  /* opens it and begins a transaction in the name of this command line */
int session_commit(struct call *call); /* what was not committed is rolled back when the call ends */

/* Says registry_error(). Returns 1. */
int session_failed(const struct call *call);

#endif

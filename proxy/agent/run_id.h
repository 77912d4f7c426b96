/* run_id.h - names for runs of Machines: 26 letters that sort by time (ULID). Owns nothing. */
#ifndef AGENT_RUN_ID_H
#define AGENT_RUN_ID_H

enum { RUN_ID = 27 };

void run_id_new(char out[RUN_ID]);

#endif

/* fly_dir.h - the directory /.fly that every Machine of this host has: fly-src.pub, the key that verifies who calls it
 * (signer.h). It is kept in the state directory and shown, read only, over an empty /.fly of this host. */
#ifndef AGENT_FLY_DIR_H
#define AGENT_FLY_DIR_H

#include <stdbool.h>

#define FLY_DIR "/.fly"

/* Its path below the state directory, written anew; free() it. NULL: one log line said why Machines have none. */
char *fly_dir_open(int state, const char *state_path, const char *registry);
/* Is there a /.fly of this host? Made if it can be. It stays: without it Machines of other agents would lose theirs. */
bool fly_dir_need(void);

#endif

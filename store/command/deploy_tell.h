/* deploy_tell.h - at the end of a deploy: who may reach the app, and at what. Reads the registry, writes nothing. */
#ifndef COMMAND_DEPLOY_TELL_H
#define COMMAND_DEPLOY_TELL_H

struct call;

/* Inside a read transaction. It warns of whatever reaches the app from outside its own network. 0, or the exit code. */
int deploy_tell(struct call *call, const char *app);

#endif

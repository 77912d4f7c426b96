/* scale_change.h - carries out a plan of scale_app.h: Machines are made like others, or stopped and destroyed. */
#ifndef COMMAND_SCALE_CHANGE_H
#define COMMAND_SCALE_CHANGE_H

struct scale;
struct text;

/* All of it in one transaction, then waits for what was asked. promised: the plan that was shown; it is made again and
 * refused when it is another one now. The exit code. */
int scale_change(struct scale *scale, const struct text *promised);

#endif

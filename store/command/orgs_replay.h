/* orgs_replay.h - flycast orgs replay-sources and cross-network-replays; orgs.c has their rows of the table. */
#ifndef COMMAND_ORGS_REPLAY_H
#define COMMAND_ORGS_REPLAY_H

struct call;

int orgs_replay_sources(struct call *call);
int orgs_cross_network_replays(struct call *call);

#endif

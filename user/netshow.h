#ifndef RXV_USER_NETSHOW_H
#define RXV_USER_NETSHOW_H
// What the kernel knows of the network, as tables on standard output. Each returns 0, or -1 after a message.

#include "kernel/kstat.h"

int show_interfaces(void);  // one line each, with counters
int show_rings(void);
int show_sockets(void);
int show_routes(void);
int show_arp(void);
// Drops by name. all: also those with a count of 0. base: counts to start from, by drop_counts(), or 0.
int show_drops(int all, const struct kstat_drop *base, int nbase);
int show_findings(void);     // what is wrong with the network, if anything is
int show_counters(int all);              // the same for what is no drop
int drop_counts(struct kstat_drop **d);  // by malloc: how many, or -1
int show_frames(int last);               // the last frames that came and went, decoded

#endif

#ifndef RXV_NET_DIAGNOSE_H
#define RXV_NET_DIAGNOSE_H
// What is wrong with the network, in sentences: for kstat() (netstat -d) and the console's ^N.

#include "core/types.h"
#include "kernel/kstat.h"

// Look at the machine twice, 10 ms apart, and again for 100 ms if something is wrong; call say(text, arg) for each thing that
// is wrong then. Spins meanwhile; any context; takes no lock. result: how many things; -EBUSY: somebody else is at it, perhaps
// the process that this hart has just interrupted.
int diagnose(void (*say)(const char *text, void *arg), void *arg);

// Finding number i into r. Number 0 looks; the others are of the same look. 1: filled; -1: there is none.
int diagnose_record(int i, void *rec);

#endif

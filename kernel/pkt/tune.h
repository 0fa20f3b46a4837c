#ifndef RXV_PKT_TUNE_H
#define RXV_PKT_TUNE_H
// What can be changed in the packet's way while it runs (netctl): each parameter has a name, a range, a default.
// They are read where they matter, plainly: a packet more or less under the old value does no harm.

#include "core/types.h"
#include "kernel/kstat.h"

// id, name, words for its values (or ""), default, least, most, what it means
#define TUNE_PARAMS(X)                                                                                                    \
  X(MODE, "mode", "intr thread poll", 2, 0, 2, "who drains the ring: the interrupt; it, for a thread; interrupt, then poll") \
  X(RXQUOTA, "rxquota", "", 64, 0, 4096, "frames that one turn takes from a ring; 0: until it is empty (poll)")           \
  X(TXQUOTA, "txquota", "", 64, 0, 4096, "frames that one turn sends of what it made; 0: all (poll)")                     \
  X(TXDEFER, "txdefer", "", 16, 0, 64, "answers that a program with more requests waiting sends at a time; 0: each at once (poll)") \
  X(FEEDBACK, "feedback", "off on", 1, 0, 1, "a queue 3/4 full stops input, until it is 1/4 full or 1 ms went by (poll)") \
  X(SHARE, "share", "", 0, 0, 95, "percent of each 10 ms that input has, before programs; 0: they take turns (poll)")     \
  X(RXRING, "rxring", "", 255, 8, 255, "descriptors that the card may fill")                                              \
  X(TXRING, "txring", "", 255, 20, 255, "descriptors that may wait to be sent")                                           \
  X(IPQUEUE, "ipqueue", "", 64, 1, 1024, "frames between the interrupt and the thread (thread)")                          \
  X(SPIN, "spin", "", 50, 0, 10000, "microseconds that an idle hart watches the rings before it sleeps (poll)")           \
  X(GLANCE, "glance", "", 50, 0, 1000, "microseconds between two looks at the rings while programs compute; 0: interrupts tell (poll)") \
  X(FORWARD, "forward", "off on", 0, 0, 1, "packets for others go on to where the routes say: a router")                  \
  X(ARPLIFE, "arplife", "", 60, 4, 3600, "seconds until an unused neighbour is forgotten; at 3/4 of it one in use is asked") \
  X(FRAGLIFE, "fraglife", "", 60, 1, 120, "seconds after which fragments give up waiting for the rest of their datagram")

enum tune_param {
#define X(id, name, words, dflt, least, most, text) TUNE_##id,
  TUNE_PARAMS(X)
#undef X
  NTUNE
};

enum { MODE_INTR, MODE_THREAD, MODE_POLL };  // values of TUNE_MODE

extern uint32 tunes[NTUNE];  // [a]
#define TUNE(id) count_get(&tunes[TUNE_##id])

// At boot, for a parameter that is not only read: may_be is asked before a value is set, and refuses it with an error;
// changed is told afterwards. Either may be 0.
void tune_watch(enum tune_param id, int (*may_be)(uint32 value), void (*changed)(uint32 value));

// A new value. name: 12 bytes at the most, as records have it, ended or not.
// result: 0; -ENOENT no such name; -ERANGE out of its range; what may_be() says. With an error nothing has changed.
int tune_set(const char *name, uint32 value);
int tune_record(int i, void *rec);  // 1: filled; -1: no number i

#endif

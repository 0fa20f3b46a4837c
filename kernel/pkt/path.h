#ifndef RXV_PKT_PATH_H
#define RXV_PKT_PATH_H
// Where a packet's time goes: while this is on, packets get a record, and each stage of their way puts its time into
// it. A packet without a record costs a load and a branch a stage.

#include "kernel/kstat.h"
#include "pkt/pktbuf.h"

extern int path_on;  // [a]

// A record for p, if one is free: the hart came to `first` when it last called path_came(), and is at `stage` now.
void path_begin(struct pktbuf *p, int first, int stage);
void path_came_now(void);
void path_mark(struct path *r, int stage);
void path_describe(struct path *r, const struct pktbuf *p);  // whose it is, as far as p knows by now
void path_end(struct path *r, const struct pktbuf *p, int drop);  // drop: a drop_reason plus 1, 0: it arrived

// This hart looks at the rings, was interrupted, or begins to send.
static inline void
path_came(void)
{
  if(unlikely(path_on))
    path_came_now();
}

// A stage of p's way. In a chain the first packet has the record.
static inline void
path_stage(struct pktbuf *p, int stage)
{
  if(unlikely(p->path != 0))
    path_mark(p->path, stage);
}

void path_set(int on);                         // on: records of packets whose way has ended are forgotten
int path_record(int i, void *rec);  // 1: filled; 0: number i is not done; -1: no number i

#endif

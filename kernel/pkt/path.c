// Records of the way of single packets; see path.h.
//
// A record is taken by one packet and never moves to another: whoever owns the packet writes it. When all are taken
// recording is over until it is turned on again. Times are the cycle counter's, which on QEMU is the host's and much
// finer than the clock; two pairs of both, when it was turned on and when it is read, tell what a cycle is worth.

#include "pkt/path.h"
#include "core/cpu.h"
#include "core/csr.h"
#include "core/string.h"
#include "kernel/net.h"
#include "pkt/drop.h"
#include "sched/timer.h"

#define RECORDS 64

enum { FREE, ACTIVE, DONE };

struct moment {
  uint64 cycle, insn;
  uint8 seen, hart;
};

struct path {
  int state;             // [a]
  struct kstat_path is;  // whose it is, but for its stages
  struct moment stage[NPATH];
};

int path_on;
static struct path records[RECORDS];
static uint32 nrecords;        // [a] taken; RECORDS and above: no more
static struct moment came[NCPU];  // each the hart's own
static uint64 cycle0, time0;   // when it was turned on
static int counts_insns;       // instret is what its name says

static inline void
set(struct moment *m)
{
  push_off();
  *m = (struct moment){ csr_read(cycle), csr_read(instret), 1, mycpu()->id };
  pop_off();
}

void
path_came_now(void)
{
  set(&came[mycpu()->id]);
}

void
path_begin(struct pktbuf *p, int first, int stage)
{
  uint32 n = __atomic_fetch_add(&nrecords, 1, __ATOMIC_RELAXED);
  if(n >= RECORDS){
    path_on = 0;
    return;
  }
  struct path *r = &records[n];
  memset(r, 0, sizeof(*r));
  r->is.number = n;
  r->is.len = pkt_len(p);
  r->state = ACTIVE;
  r->stage[first] = came[mycpu()->id];
  set(&r->stage[stage]);
  p->path = r;
}

void
path_mark(struct path *r, int stage)
{
  set(&r->stage[stage]);
}

// Ports are at the same place in UDP and TCP.
void
path_describe(struct path *r, const struct pktbuf *p)
{
  struct kstat_path *is = &r->is;
  const struct ip *h = (const struct ip *)(p->page + p->l3);
  if(p->l3 == 0)
    return;
  is->proto = h->ip_p;
  is->src = p->src;
  is->dst = p->dst;
  if((h->ip_p == IPPROTO_UDP || h->ip_p == IPPROTO_TCP) && p->l4){
    const struct udp *u = (const struct udp *)(p->page + p->l4);
    is->sport = ntohs(u->sport);
    is->dport = ntohs(u->dport);
  }
}

void
path_end(struct path *r, const struct pktbuf *p, int drop)
{
  if(p)
    path_describe(r, p);
  if(drop)
    safestrcpy(r->is.drop, drop_names[drop - 1], sizeof(r->is.drop));
  r->is.copies = r->stage[PATH_COPIED].seen + r->stage[PATH_GATHER].seen;
  __atomic_store_n(&r->state, DONE, __ATOMIC_RELEASE);
}

void
path_set(int on)
{
  path_on = 0;
  if(!on)
    return;
  for(int i = 0; i < RECORDS; i++)
    __atomic_store_n(&records[i].state, FREE, __ATOMIC_SEQ_CST);
  counts_insns = csr_counts_insns();
  cycle0 = csr_read(cycle);
  time0 = now();
  __atomic_store_n(&nrecords, 0, __ATOMIC_SEQ_CST);
  __atomic_store_n(&path_on, 1, __ATOMIC_SEQ_CST);
}

static uint32
nanoseconds(uint64 cycles)
{
  uint64 dc = csr_read(cycle) - cycle0, dt = (now() - time0) * (1000000000 / TIMER_HZ);
  return dc ? cycles * (dt >> 10) / (dc >> 10 ? dc >> 10 : 1) : 0;
}

int
path_record(int i, struct kstat_path *out)
{
  if(i < 0 || i >= RECORDS)
    return -1;
  const struct path *r = &records[i];
  if(__atomic_load_n(&r->state, __ATOMIC_ACQUIRE) != DONE)
    return 0;
  const struct moment *first = 0;  // stages are in the order of any way, but for what is sent: SEND is its first
  *out = r->is;
  for(int s = 0; s < NPATH; s++){
    const struct moment *m = &r->stage[s];
    if(!m->seen)
      continue;
    if(first == 0)
      first = m;
    out->stage[s].seen = 1;
    out->stage[s].hart = m->hart;
    out->stage[s].ns = m->cycle > first->cycle ? nanoseconds(m->cycle - first->cycle) : 0;
    out->stage[s].insns = counts_insns && m->hart == first->hart ? m->insn - first->insn : 0;
  }
  return 1;
}

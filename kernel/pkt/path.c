// Records of the way of single packets; see path.h.
//
// A record is taken by one packet and is that packet's until its way ends: whoever owns the packet writes it. Turning
// recording on takes back those that are done; packets under way keep theirs. When all are taken recording is over
// until it is turned on again: a reader that was killed, or does not read, costs 64 packets a little and no more.
// Times are the cycle counter's, which on QEMU is the host's and much
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
static uint32 npackets;        // [a] packets that wanted a record
static struct moment came[NCPU];  // each the hart's own
static uint64 cycle0, time0;   // when it was turned on
static int counts_insns;       // instret is what its name says

static inline void
path_set_moment(struct moment *m)
{
  push_off();
  *m = (struct moment){ csr_read(cycle), csr_read(instret), 1, mycpu()->id };
  pop_off();
}

void
path_came_now(void)
{
  push_off();
  path_set_moment(&came[mycpu()->id]);
  pop_off();
}

// A record that is free, the n-th if it is; 0: all are taken.
static struct path *
path_take(uint32 n)
{
  for(uint i = 0; i < RECORDS; i++){
    struct path *r = &records[(n + i) % RECORDS];
    int was = FREE;
    if(__atomic_compare_exchange_n(&r->state, &was, ACTIVE, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
      return r;
  }
  return 0;
}

void
path_begin(struct pktbuf *p, int first, int stage)
{
  uint32 n = __atomic_fetch_add(&npackets, 1, __ATOMIC_RELAXED);
  struct path *r = path_take(n);
  if(r == 0){
    path_on = 0;
    return;
  }
  r->is = (struct kstat_path){ .number = n, .len = pkt_len(p) };
  memset(r->stage, 0, sizeof(r->stage));
  push_off();
  r->stage[first] = came[mycpu()->id];
  pop_off();
  path_set_moment(&r->stage[stage]);
  p->path = r;
}

void
path_mark(struct path *r, int stage)
{
  path_set_moment(&r->stage[stage]);
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
  if(on && !path_on){
    counts_insns = csr_counts_insns();
    cycle0 = csr_read(cycle);
    time0 = now();
  }
  for(int i = 0; on && i < RECORDS; i++){
    int done = DONE;
    __atomic_compare_exchange_n(&records[i].state, &done, FREE, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
  }
  __atomic_store_n(&path_on, on, __ATOMIC_SEQ_CST);
}

static uint32
nanoseconds(uint64 cycles)
{
  uint64 dc = csr_read(cycle) - cycle0, dt = (now() - time0) * (1000000000 / TIMER_HZ);
  return dc ? cycles * (dt >> 10) / (dc >> 10 ? dc >> 10 : 1) : 0;
}

int
path_record(int i, void *rec)
{
  struct kstat_path *out = rec;
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
  // Another reader may have given it to another packet meanwhile.
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  return count_get(&r->state) == DONE && r->is.number == out->number;
}

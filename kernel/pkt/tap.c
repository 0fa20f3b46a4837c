// The tap: the last frames that came in or went out, and what became of them.
//
// A ring of slots without a lock, for it is on the way of every packet. A writer claims the next slot by a count;
// a slot's seq is 0 while it is written, and the count afterwards, so that a reader knows a whole record.

#include "pkt/tap.h"
#include "core/string.h"
#include "pkt/drop.h"
#include "pkt/netif.h"
#include "pkt/pktbuf.h"
#include "sched/timer.h"

// The beginning of a frame, in the words that it lies in: from the aligned address at or before it on.
struct beginning {
  uint64 words[KSTAT_TAPBYTES / 8 + 1];
} __attribute__((may_alias));

struct slot {
  uint32 seq;       // [a] number of the frame, from 1; 0: being written
  uint8 out;        // 1: sent
  uint8 verdict;    // [a] drop_reason + 1; 0: it went on
  uint16 len;
  struct netif *nif;
  uint8 skip;       // bytes in front of the frame in words
  uint64 when;      // now()
  struct beginning beginning;
} __attribute__((aligned(128)));

static struct slot slots[TAP_N];
static uint32 count;  // [a] frames so far

void
tap_frame(struct netif *nif, struct pktbuf *p, int out)
{
  uint32 seq = __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
  struct slot *s = &slots[seq % TAP_N];
  __atomic_store_n(&s->seq, 0, __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_RELEASE);  // nobody takes what follows for the old record
  s->out = out;
  s->verdict = 0;
  s->len = pkt_len(p);
  s->nif = nif;
  s->when = p->stamp ? p->stamp : now();
  s->skip = p->head % 8;
  s->beginning = *(struct beginning *)(p->page + MIN(p->head - s->skip, PGSIZE - sizeof(s->beginning)));
  __atomic_store_n(&s->seq, seq, __ATOMIC_RELEASE);
  p->tap = seq;
}

void
tap_drop(struct pktbuf *p, int why)
{
  struct slot *s = &slots[p->tap % TAP_N];
  if(p->tap && __atomic_load_n(&s->seq, __ATOMIC_RELAXED) == p->tap)
    s->verdict = why + 1;
}

int
tap_read(int i, void *rec)
{
  struct kstat_tap *out = rec;
  uint32 n = count_get(&count), seq = (n > TAP_N ? n - TAP_N : 0) + 1 + i;
  struct slot *s = &slots[seq % TAP_N], c;
  if(i < 0 || i >= TAP_N)
    return -1;
  if(seq > n || __atomic_load_n(&s->seq, __ATOMIC_ACQUIRE) != seq)
    return 0;
  c = *s;
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  if(count_get(&s->seq) != seq)
    return 0;
  memset(out, 0, sizeof(*out));
  out->when_ns = c.when * (1000000000 / TIMER_HZ);
  safestrcpy(out->ifname, c.nif->name, sizeof(out->ifname));
  if(c.verdict)
    safestrcpy(out->drop, drop_names[c.verdict - 1], sizeof(out->drop));
  out->out = c.out;
  out->len = c.len;
  memcpy(out->bytes, (uint8 *)c.beginning.words + c.skip, MIN(c.len, KSTAT_TAPBYTES));
  return 1;
}

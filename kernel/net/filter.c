// Packets that the program has not seen, in a queue; and those that it has and must answer for, in a table: each has a number,
// which the program is told and gives back with its answer. So several processes may share the work.
// The queue gives feedback to the cards: a program that cannot keep up costs no work for packets that it would not see.

#include "net/filter.h"
#include "core/spinlock.h"
#include "kernel/netctl.h"
#include "mm/uaccess.h"
#include "net/forward.h"
#include "net/sockpriv.h"
#include "pkt/drop.h"
#include "pkt/gate.h"
#include "sched/waitq.h"

// f filterlock
static struct spinlock filterlock = SPINLOCK("filter");
static int active;                // [f] [a] a program has it open
static struct pktq unseen;        // [f]
static struct {
  uint32 id;                      // its place, plus a multiple of FILTER_ASKED; 0: free
  struct pktbuf *p;               // 0: somebody still copies it
} asked[FILTER_ASKED];            // [f]
static uint nasked;               // [f] [a]
static uint32 turn;               // [f] of the last id
static struct feedback feedback;  // [f]
static WAITQ(readers);

static void
filter_ask(struct pktbuf *p)
{
  acquire(&filterlock);
  if(!active || unseen.n >= FILTER_QUEUE){
    release(&filterlock);
    pkt_drop(p, DROP_IP_FILTERQ, 0);
    return;
  }
  pkt_own(p, PKT_STACK, PKT_SOCK);
  pktq_put(&unseen, p);
  if(4 * unseen.n >= 3 * FILTER_QUEUE)
    gate_choke(&feedback);
  wq_wake_one(&readers);
  release(&filterlock);
  sock_tell(0);
}

int
filter_open(void)
{
  acquire(&filterlock);
  int was = active;
  active = 1;
  __atomic_store_n(&ip_forward_ask, filter_ask, __ATOMIC_RELAXED);
  release(&filterlock);
  return was ? -EBUSY : 0;
}

// Place i is free again. result: the packet that had it. The lock is held.
static struct pktbuf *
take(uint i)
{
  struct pktbuf *p = asked[i].p;
  asked[i].id = 0;
  asked[i].p = 0;
  nasked--;
  return p;
}

void
filter_close(void)
{
  acquire(&filterlock);
  struct pktq q = unseen;
  struct pktbuf *p;
  unseen = (struct pktq){ 0 };
  for(uint i = 0; i < FILTER_ASKED; i++)
    if(asked[i].p)
      pktq_put(&q, take(i));
  active = 0;
  __atomic_store_n(&ip_forward_ask, 0, __ATOMIC_RELAXED);
  if(feedback.choked)
    gate_relax(&feedback);
  release(&filterlock);
  while((p = pktq_get(&q)) != 0)
    pkt_drop(p, DROP_IP_FILTERED, 0);
}

// A place for one more packet that is asked about. The lock is held; there is one.
static uint
place(void)
{
  uint i = 0;
  while(asked[i].id)
    i++;
  turn += FILTER_ASKED;
  if(turn == 0)
    turn = FILTER_ASKED;
  asked[i].id = turn + i;
  nasked++;
  return i;
}

// The oldest packet that was not seen, and the place that it will have, with the lock held; 0: *err says why not.
static struct pktbuf *
next_unseen(int nonblock, uint *at, int *err)
{
  struct pktbuf *p = 0;
  *err = 0;
  while(*err == 0 && p == 0){
    if(nasked >= MIN(FILTER_ASKED, FILTER_QUEUE))
      *err = -ENOBUFS;
    else if((p = pktq_get(&unseen)) == 0)
      *err = nonblock ? -EAGAIN : wq_sleep(&readers, &filterlock);
  }
  if(p)
    *at = place();
  return p;
}

// The number and n bytes of the packet to the program. result: bytes; -EFAULT
static int
tell(const struct netctl_packet *h, struct pktbuf *p, uint64 uva, uint n)
{
  n = MIN(n, pkt_len(p));
  if(copyout(uva, h, sizeof(*h)) < 0 || copyout(uva + sizeof(*h), pkt_data(p), n) < 0)
    return -EFAULT;
  return sizeof(*h) + n;
}

int
filter_read(uint64 uva, int n, int nonblock)
{
  struct netctl_packet h;
  uint at;
  int err;
  if(n < (int)sizeof(h))
    return -EINVAL;
  acquire(&filterlock);
  struct pktbuf *p = next_unseen(nonblock, &at, &err);
  if(p && feedback.choked)
    gate_read(&feedback, 4 * unseen.n <= FILTER_QUEUE);
  if(p)
    h.id = asked[at].id;
  release(&filterlock);
  if(p == 0)
    return err;
  err = tell(&h, p, uva, n - sizeof(h));
  acquire(&filterlock);
  if(err < 0){
    take(at);
    pktq_unget(&unseen, p);
    wq_wake_one(&readers);  // the wake-up that this one has not used
  } else {
    asked[at].p = p;
  }
  release(&filterlock);
  return err;
}

// What becomes of p. Where it goes, and whether it may, is looked up again: that may have changed while the program was thinking.
static void
verdict(struct pktbuf *p, int yes)
{
  uint32 next;
  struct netif *out;
  pkt_own(p, PKT_SOCK, PKT_STACK);
  if(!yes)
    pkt_drop(p, DROP_IP_FILTERED, 0);
  else if((out = ip_forward_check(p, &next)) != 0)
    ip_forward_out(out, p, next);
}

int
filter_write(uint64 uva, int n)
{
  struct netctl_verdict v[FILTER_ASKED];
  struct pktbuf *p;
  if(n < 0 || n > (int)sizeof(v) || n % sizeof(v[0]) != 0)
    return -EINVAL;
  if(copyin(v, uva, n) < 0)
    return -EFAULT;
  for(uint i = 0; i < n / sizeof(v[0]); i++){
    uint at = v[i].id % FILTER_ASKED;
    acquire(&filterlock);
    p = v[i].id && asked[at].id == v[i].id && asked[at].p ? take(at) : 0;
    release(&filterlock);
    if(p == 0)
      return i ? (int)(i * sizeof(v[0])) : -EINVAL;
    verdict(p, v[i].pass);
  }
  return n;
}

int
filter_poll(void)
{
  return POLLOUT | (count_get(&unseen.n) ? POLLIN : 0);
}

uint
filter_waits(void)
{
  return count_get(&unseen.n) + count_get(&nasked);
}

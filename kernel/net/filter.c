// Two queues: packets that the program has not seen, and those that it has and must answer for, in the same order.
// The first one gives feedback to the cards: a program that cannot keep up costs no work for packets that it would not see.

#include "net/filter.h"
#include "core/spinlock.h"
#include "mm/uaccess.h"
#include "net/forward.h"
#include "net/netstat.h"
#include "net/sock.h"
#include "pkt/drop.h"
#include "pkt/gate.h"
#include "sched/waitq.h"

// f filterlock
static struct spinlock filterlock = SPINLOCK("filter");
static int active;                // [f] [a] a program has it open
static struct pktq unseen, asked;  // [f]
static struct feedback feedback;  // [f]
static WAITQ(readers);

int
filter_open(void)
{
  acquire(&filterlock);
  int was = active;
  active = 1;
  release(&filterlock);
  return was ? -EBUSY : 0;
}

static void
drop_all(struct pktq *q)
{
  struct pktbuf *p;
  while((p = pktq_get(q)) != 0)
    pkt_drop(p, DROP_IP_FILTERED, 0);
}

void
filter_close(void)
{
  acquire(&filterlock);
  struct pktq q = unseen, r = asked;
  unseen = asked = (struct pktq){ 0 };
  active = 0;
  if(feedback.choked)
    gate_relax(&feedback);
  release(&filterlock);
  drop_all(&q);
  drop_all(&r);
}

int
filter_active(void)
{
  return count_get(&active);
}

void
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
  if(4 * unseen.n >= 3 * FILTER_QUEUE && !feedback.choked)
    gate_choke(&feedback);
  wq_wake_one(&readers);
  release(&filterlock);
  if(sock_changed)
    sock_changed(0);
}

// The oldest packet that was not seen, with the lock held; 0: *err says why not.
static struct pktbuf *
next_unseen(int nonblock, int *err)
{
  struct pktbuf *p = 0;
  *err = asked.n >= MIN(FILTER_ASKED, FILTER_QUEUE) ? -ENOBUFS : 0;
  while(*err == 0 && (p = pktq_get(&unseen)) == 0)
    *err = nonblock ? -EAGAIN : wq_sleep(&readers, &filterlock);
  return p;
}

int
filter_read(uint64 uva, int n, int nonblock)
{
  int err;
  acquire(&filterlock);
  struct pktbuf *p = next_unseen(nonblock, &err);
  if(p && feedback.choked)
    gate_read(&feedback, 4 * unseen.n <= FILTER_QUEUE);
  release(&filterlock);
  if(p == 0)
    return err;
  n = MIN(n, (int)pkt_len(p));
  err = copyout(uva, pkt_data(p), n) < 0 ? -EFAULT : n;
  acquire(&filterlock);
  if(err < 0)
    pktq_unget(&unseen, p);
  else
    pktq_put(&asked, p);
  if(err < 0)
    wq_wake_one(&readers);  // the wake-up that this one has not used
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
  uint8 yes[FILTER_ASKED];
  struct pktbuf *p;
  if(n < 0 || n > FILTER_ASKED)
    return -EINVAL;
  if(copyin(yes, uva, n) < 0)
    return -EFAULT;
  for(int i = 0; i < n; i++){
    acquire(&filterlock);
    p = pktq_get(&asked);
    release(&filterlock);
    if(p == 0)
      return i ? i : -EINVAL;
    verdict(p, yes[i]);
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
  return count_get(&unseen.n) + count_get(&asked.n);
}

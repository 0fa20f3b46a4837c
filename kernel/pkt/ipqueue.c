// The second of the textbook's three queues: ring, IP input queue, socket queue. In the mode `thread` the interrupt
// handler only moves frames from the ring to here, and a thread takes them up the stack. What that is worth under
// load the chapter on livelock tells: the handler always comes first, and the thread never.

#include "core/assert.h"
#include "core/spinlock.h"
#include "pkt/drop.h"
#include "pkt/poll.h"
#include "pkt/tune.h"
#include "sched/proc.h"
#include "sched/waitq.h"

static struct spinlock iplock = SPINLOCK("ipq");
static struct pktq ipqueue;  // under iplock
static WAITQ(ipwaits);

void
ipqueue_put(struct netif *nif, struct pktbuf *p)
{
  if(!netif_came(nif, p))
    return;
  acquire(&iplock);
  if(ipqueue.n >= MIN(TUNE(IPQUEUE), pkt_parts[PART_IPQ])){
    release(&iplock);
    count_add(&nif->stat.rx_drops, 1);
    pkt_drop(p, DROP_IPQ_FULL, 0);
    return;
  }
  pktq_put(&ipqueue, p);
  wq_wake_one(&ipwaits);
  release(&iplock);
}

uint
ipqueue_waits(void)
{
  return count_get(&ipqueue.n);
}

static void
ip_thread(void *arg)
{
  struct pktbuf *p;
  for(;;){
    acquire(&iplock);
    while((p = pktq_get(&ipqueue)) == 0)
      wq_sleep_hard(&ipwaits, &iplock);
    release(&iplock);
    push_off();  // as for all who take frames up the stack
    netif_input(p->nif, p);
    pop_off();
  }
}

void
ipqueue_init(void)
{
  if(kthread_create("ip", ip_thread, 0) == 0)
    panic("ipqueue: no memory for the IP thread");
}

// Faults on purpose.
//
//   stack  <-  rx_return()  <-  line of received frames  <-  faults  <-  the card's rx_return()
//   stack  ->  tx_provide() ->  faults  ->  line of frames to be sent  ->  the card's tx_provide()
//
// Every frame meets the faults once, in the order in which it comes. What is not lost stands in line until its time has
// come: at once for most. A reordered frame waits for so long that those behind it pass. Each direction has a random
// generator of its own, and each frame makes the same number of draws whatever becomes of it, so that the same seed
// and the same frames give the same faults.
//
// A frame that waits keeps its packet, but not its descriptor: a fresh buffer is on the ring in its place at once. The
// lines are bounded; a timer sees to frames that wait when no others come. The loopback interface has only one way:
// what is sent there is what comes in.

#include "debug/debug.h"
#include "core/cpu.h"
#include "core/string.h"
#include "pkt/cksum.h"
#include "pkt/netif.h"
#include "pkt/pktbuf.h"
#include "pkt/poll.h"
#include "sched/timer.h"
#include "kernel/kstat.h"
#include "kernel/netctl.h"

#define LINE_MAX 64               // frames that wait, each way
#define REORDER_BY (10 * MSEC)    // how long a reordered one waits
#define SOONEST (MSEC / 10)       // before the timer comes: it must not come again and again within one interrupt
#define BATCH 16                  // frames from the card at a time
#define BATCHES 8                 // ... for one that goes up, at the most

enum { RX, TX };

// f faulty.lock   h every queue held, and txlock
struct faulty {
  struct spinlock lock;
  struct netif *nif;              // [h]
  int stopped;                    // [h] the card is
  const struct nic_ops *card;     // [h] the driver's own verbs. They stay when the faults go: somebody may still be in one of ours
  struct netctl_faulty set;       // [f]
  struct timer timer;             // set under lock
  struct way {
    uint64 random;                // [f] state of the generator
    struct kstat_faulty_way count;  // [f] but for `waiting`
    struct {
      struct pktbuf *p;
      uint64 due;                 // now()
    } line[LINE_MAX];             // [f] earliest first
    uint n;                       // [f] in line
  } way[2];
};

static struct faulty faults[NETIF_MAX] = { [0 ... NETIF_MAX - 1] = { .lock = SPINLOCK("faulty") } };

// Steele, Lea, Flood: Fast splittable pseudorandom number generators (2014), figure 17.
static uint64
draw(struct way *w)
{
  uint64 z = w->random += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

static int
happens(struct way *w, uint share)
{
  return draw(w) % FAULTY_ALL < share;
}

// ----- what is done to a frame -----

// The card would put a right checksum on wrong bytes: so it is put in before.
static void
finish_checksum(struct pktbuf *p)
{
  uint16 *field = (uint16 *)(p->page + p->csum_off);

  *field = cksum_field(cksum_add(0, p->page + p->csum_start, p->tail - p->csum_start));
  if(*field == 0)
    *field = 0xffff;  // UDP's 0 says that there is none (RFC 768)
  p->csum_offload = 0;
}

// One bit turns over. 1: done.
static int
damage(struct pktbuf *p, uint64 where)
{
  uint bit = pkt_len(p) ? where % (pkt_len(p) * 8) : 0;

  if(pkt_len(p) == 0 || p->nfrag > 0)
    return 0;  // pieces are pages of others
  if(p->csum_offload)
    finish_checksum(p);
  pkt_data(p)[bit / 8] ^= 1 << bit % 8;
  return 1;
}

// The same frame again; 0: no packet for it, or it is in pieces.
static struct pktbuf *
copy_of(const struct pktbuf *p)
{
  struct pktbuf *c = p->nfrag > 0 ? 0 : pkt_alloc();

  if(c == 0)
    return 0;
  c->head = p->head;
  c->tail = p->tail;
  memcpy(c->page + c->head, p->page + p->head, pkt_len(p));
  c->csum_offload = p->csum_offload;
  c->csum_start = p->csum_start;
  c->csum_off = p->csum_off;
  c->nif = p->nif;
  pkt_own(c, PKT_STACK, p->owner);
  return c;
}

// The end of p.
static void
lose(struct faulty *f, int dir, struct pktbuf *p, enum drop_reason why)
{
  pkt_own(p, p->owner, PKT_STACK);
  count_add(dir == RX ? &f->nif->stat.rx_drops : &f->nif->stat.tx_drops, 1);
  pkt_drop(p, why, 0);
}

// Into the line, behind all that are due before it or with it.
static void
faulty_queue(struct faulty *f, int dir, struct pktbuf *p, uint64 due)
{
  struct way *w = &f->way[dir];
  uint at = w->n;

  if(w->n == LINE_MAX || count_get(&netif_delayed) >= pkt_parts[PART_FAULTY]){
    w->count.full++;
    return lose(f, dir, p, DROP_FAULTY_FULL);
  }
  count_add(&netif_delayed, 1);
  for(; at > 0 && w->line[at - 1].due > due; at--)
    w->line[at] = w->line[at - 1];
  w->line[at].p = p;
  w->line[at].due = due;
  w->n++;
}

// The first in line, if it is due at time t; 0: none is.
static struct pktbuf *
next_due(struct way *w, uint64 t)
{
  return w->n > 0 && w->line[0].due <= t ? w->line[0].p : 0;
}

static void
leave(struct way *w)
{
  w->n--;
  count_add(&netif_delayed, -1);
  memmove(&w->line[0], &w->line[1], w->n * sizeof(w->line[0]));
  w->count.out++;
}

// A frame comes at time t, and meets its fate.
static void
meet(struct faulty *f, int dir, struct pktbuf *p, uint64 t)
{
  struct way *w = &f->way[dir];
  const struct netctl_faulty *s = &f->set;
  int lost = happens(w, s->lose), twice = happens(w, s->dup), late = happens(w, s->reorder), bad = happens(w, s->corrupt);
  uint64 where = draw(w), wait[2] = { draw(w), draw(w) };
  struct pktbuf *copy;

  w->count.in++;
  if(lost){
    w->count.lost++;
    return lose(f, dir, p, DROP_FAULTY_LOST);
  }
  if(bad && damage(p, where))
    w->count.corrupted++;
  for(int i = 0; i < 2; i++){
    wait[i] %= s->delay_us * USEC + 1;
    if(late)
      wait[i] += REORDER_BY;
  }
  w->count.delayed += wait[0] > 0;
  w->count.reordered += late;
  if(twice && (copy = copy_of(p)) != 0){
    w->count.duplicated++;
    faulty_queue(f, dir, copy, t + wait[1]);
  }
  faulty_queue(f, dir, p, t + wait[0]);
}

// ----- the verbs -----

static inline struct faulty *
faults_of(const struct netif *nif)
{
  return &faults[nif->index];
}

// For the first in line, of either way. f->lock is held.
static void
set_timer(struct faulty *f, uint64 t, int at_once)
{
  uint64 due = at_once ? t : ~0UL;

  for(int i = 0; i < 2; i++)
    if(f->way[i].n > 0)
      due = MIN(due, f->way[i].line[0].due);
  if(due != ~0UL && (!f->timer.set || f->timer.when > MAX(due, t + SOONEST)))
    timer_set(&f->timer, MAX(due, t + SOONEST));
}

// A driver asks for each frame that it takes off its ring, with the queue's turn: the card's rx verb is called by ours.
int
check_rx_damaged(struct netif *nif)
{
  struct faulty *f = faults_of(nif);

  return f->set.on && f->set.bad > 0 && happens(&f->way[RX], f->set.bad);
}

// Frames from the card, which gets others for them. result: frames that remain.
static int
from_card(struct faulty *f, int q, struct pktbuf **got)
{
  struct pktbuf *fresh[BATCH];
  int n = f->card->rx_return(f->nif, q, got, BATCH);

  // Whoever starts a card that is stopped fills its ring.
  return f->stopped ? n : poll_replace(f->nif, f->card, q, got, fresh, n);
}

// When all that came were lost or wait, the card may have more, and whoever gets 0 from here does not come back: the
// timer does, then.
static int
faulty_rx_return(struct netif *nif, int q, struct pktbuf **out, int n)
{
  struct faulty *f = faults_of(nif);
  struct way *w = &f->way[RX];
  struct pktbuf *got[BATCH], *p;
  uint64 t = now();
  int done = 0, came = 1;

  if(nif->loopback)  // they met the faults when they were sent
    return f->card->rx_return(nif, q, out, n);
  acquire(&f->lock);
  for(int i = 0; i < BATCHES && done == 0 && came > 0; i++){
    came = from_card(f, q, got);
    for(int j = 0; j < came; j++)
      meet(f, RX, got[j], t);
    for(; done < n && (p = next_due(w, t)) != 0; done++){
      out[done] = p;
      leave(w);
    }
  }
  set_timer(f, t, done == 0 && came > 0);
  release(&f->lock);
  return done;
}

// The card has its buffers already.
static int
faulty_rx_provide(struct netif *nif, int q, struct pktbuf **in, int n)
{
  return 0;
}

static int
faulty_rx_pending(struct netif *nif, int q)
{
  struct faulty *f = faults_of(nif);
  struct way *w = &f->way[RX];

  return f->card->rx_pending(nif, q) || (count_get(&w->n) > 0 && count_get(&w->line[0].due) <= now());
}

// Frames whose time has come to the card. What it has no room for waits on. txlock and f->lock are held.
static void
to_card(struct faulty *f, uint64 t)
{
  struct way *w = &f->way[TX];
  struct pktbuf *p;

  while((p = next_due(w, t)) != 0 && f->card->tx_provide(f->nif, 0, &p, 1) == 1){
    leave(w);
    f->nif->unclaimed++;  // not all were counted when the stack sent them, and somebody must take them back
  }
}

static int
faulty_tx_provide(struct netif *nif, int q, struct pktbuf **in, int n)
{
  struct faulty *f = faults_of(nif);
  uint64 t = now();

  acquire(&f->lock);
  for(int i = 0; i < n; i++)
    meet(f, TX, in[i], t);
  to_card(f, t);
  set_timer(f, t, 0);
  release(&f->lock);
  return n;
}

static int
faulty_tx_return(struct netif *nif, int q, struct pktbuf **out, int n)
{
  return faults_of(nif)->card->tx_return(nif, q, out, n);
}

static void
faulty_irq(struct netif *nif, int q, int on)
{
  faults_of(nif)->card->irq(nif, q, on);
}

static int
faulty_stop(struct netif *nif)
{
  struct faulty *f = faults_of(nif);
  int err = f->card->stop(nif);

  f->stopped = err == 0;
  return err;
}

static void
faulty_start(struct netif *nif)
{
  faults_of(nif)->stopped = 0;
  faults_of(nif)->card->start(nif);
}

static void
faulty_ring(struct netif *nif, int q, int is_tx, struct kstat_ring *r)
{
  faults_of(nif)->card->ring(nif, q, is_tx, r);
}

static const struct nic_ops faulty_ops = {
  .rx_return = faulty_rx_return,
  .rx_provide = faulty_rx_provide,
  .rx_pending = faulty_rx_pending,
  .tx_provide = faulty_tx_provide,
  .tx_return = faulty_tx_return,
  .irq = faulty_irq,
  .stop = faulty_stop,
  .start = faulty_start,
  .ring = faulty_ring,
};

// The timer: a frame that waited is due, or the card has more than one look could take.
static void
time_has_come(void *arg)
{
  struct faulty *f = arg;
  struct netif *nif = f->nif;
  uint64 t = now();

  acquire(&nif->txlock);
  acquire(&f->lock);
  to_card(f, t);
  set_timer(f, t, 0);
  release(&f->lock);
  release(&nif->txlock);
  if(nif->sent)
    nif->sent(nif);
  else if(nif->ops->rx_pending(nif, 0))
    netif_interrupt(nif, 0);
}

// ----- on and off: every queue is held -----

static void
turn_on(struct faulty *f, const struct netctl_faulty *s)
{
  struct netif *nif = f->nif;

  if(f->timer.fn == 0)
    timer_init(&f->timer, time_has_come, f);
  acquire(&nif->txlock);
  acquire(&f->lock);
  f->set = *s;
  for(int i = 0; i < 2; i++){
    f->way[i].random = s->seed * 2 + i;
    f->way[i].count = (struct kstat_faulty_way){ 0 };
  }
  f->card = nif->ops;
  __atomic_store_n(&nif->ops, &faulty_ops, __ATOMIC_RELEASE);
  release(&f->lock);
  release(&nif->txlock);
}

static void
turn_off(struct faulty *f)
{
  struct netif *nif = f->nif;
  struct pktq up = { 0 };
  struct pktbuf *p;

  acquire(&nif->txlock);
  acquire(&f->lock);
  f->set.on = 0;
  __atomic_store_n(&nif->ops, f->card, __ATOMIC_RELEASE);
  for(; (p = next_due(&f->way[RX], ~0UL)) != 0; leave(&f->way[RX]))
    pktq_put(&up, p);
  to_card(f, ~0UL);
  for(; (p = next_due(&f->way[TX], ~0UL)) != 0; leave(&f->way[TX]))
    lose(f, TX, p, DROP_TX_FULL);
  release(&f->lock);
  release(&nif->txlock);
  push_off();  // as for all who take frames up the stack
  while((p = pktq_get(&up)) != 0)
    netif_rx(nif, p);
  pop_off();
}

// As s says: on, with counters that start at 0, or off; frames that still waited go on their way.
// 0, -ENODEV, or -EINVAL: a share above FAULTY_ALL, or a delay above FAULTY_DELAY_MAX. Process context.
int
check_set_faults(const struct netctl_faulty *s)
{
  struct netif *nif = netif_find(s->ifname);

  if(nif == 0)
    return -ENODEV;
  if(s->lose > FAULTY_ALL || s->dup > FAULTY_ALL || s->reorder > FAULTY_ALL || s->corrupt > FAULTY_ALL ||
     s->bad > FAULTY_ALL ||
     s->delay_us > FAULTY_DELAY_MAX)
    return -EINVAL;
  struct faulty *f = faults_of(nif);
  poll_hold(nif);
  f->nif = nif;
  if(f->set.on)
    turn_off(f);
  if(s->on)
    turn_on(f, s);
  poll_release(nif);
  if(nif->sent)
    nif->sent(nif);
  return 0;
}

// 1: *out is what faults interface i has, and what they did so far; 0: none.
int
check_get_faults(int i, struct kstat_faulty *out)
{
  struct faulty *f = &faults[i];

  acquire(&f->lock);
  memset(out, 0, sizeof(*out));  // it goes to a program whole: what lies between its fields, too
  out->set = f->set;
  for(int w = 0; w < 2; w++){
    out->way[w] = f->way[w].count;
    out->way[w].waiting = f->way[w].n;
  }
  release(&f->lock);
  return out->set.on;
}

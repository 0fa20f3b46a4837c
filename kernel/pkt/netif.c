// Interfaces: the table, and the way of a frame to and from a card.

#include "pkt/netif.h"
#include "core/check.h"
#include "core/cpu.h"
#include "core/printf.h"
#include "core/string.h"
#include "kernel/kstat.h"
#include "pkt/tune.h"

#define RECLAIM_EVERY 16  // frames sent between two looks for packets that the card is done with
#define RECLAIM_MAX 32    // packets taken back at a look, and sent at a time
#define OUTQ_MAX 256      // frames that wait for the end of a turn
#define OUTQ_ALL (OUTQ_MAX + NCPU)  // ... and the one that each hart sends at once behind them
#define DEFER_MAX (200 * USEC)  // that a frame waits for others (netif_tx_defer)
#define PATIENCE 2        // seconds in which a card may send nothing of what it has

struct netif *netifs[NETIF_MAX + 1];
int nnetif;
uint netif_delayed;
static struct spinlock netif_lock = SPINLOCK("netconfig");

// Set with the first frame that is put off. Whoever puts one off behind it sees that it is set, or the timer sees the frame.
static struct timer defer_timer;
static int defer_set;  // [a]
static void defer_over(void *arg);

void (*netif_input)(struct netif *nif, struct pktbuf *p);
void (*netif_changed)(struct netif *nif);
void (*netif_stopped)(struct netif *nif);

// The stack hears of it, and sends: it may need any lock.
static void
netif_notify(struct netif *nif)
{
  check_no_locks("news of an interface");
  if(netif_changed)
    netif_changed(nif);
}

int
netif_register(struct netif *nif)
{
  initlock(&nif->txlock, "txlock");
  acquire(&netif_lock);
  if(nnetif == 0)
    timer_init(&defer_timer, defer_over, 0);
  if(nnetif == NETIF_MAX){
    release(&netif_lock);
    return -ENOSPC;
  }
  nif->index = nnetif;
  nif->driver_ops = nif->ops;
  nif->up = 0;
  nif->addr = nif->mask = 0;
  netifs[nnetif] = nif;
  __atomic_store_n(&nnetif, nnetif + 1, __ATOMIC_RELEASE);  // whoever counts it in sees it whole
  release(&netif_lock);
  netif_share();
  netif_notify(nif);
  return 0;
}

int
netif_nics(void)
{
  int n = 0;

  for(int i = 0; i < count_get(&nnetif); i++)
    n += !netifs[i]->loopback;
  return n;
}

// What all NICs may keep is shared out evenly. A frame in the most pieces must fit an empty transmit ring, though.
void
netif_share(void)
{
  uint n = MAX(1, netif_nics());

  for(int i = 0; i < count_get(&nnetif); i++){
    struct netif *nif = netifs[i];
    nif->rxmost = MIN(TUNE(RXRING), pkt_parts[PART_RX] / n);
    nif->txmost = MIN(TUNE(TXRING), MAX(PKT_MAXFRAG + 4, pkt_parts[PART_TX] / n));
    nif->outmost = MIN(OUTQ_MAX, pkt_parts[PART_OUTQ] / n);
  }
}

void
netif_link(struct netif *nif, int link)
{
  if(__atomic_exchange_n(&nif->link, link, __ATOMIC_SEQ_CST) == link)
    return;
  printf_notice("%s: link %s\n", nif->name, link ? "up" : "down");
  count_add(&nif->stat.link_changes, 1);
  netif_notify(nif);
}

static inline int
netif_arrive(struct netif *nif, struct pktbuf *p)
{
  debug_assert(p->owner == PKT_STACK);
  check_no_locks("a frame goes up the stack");
  p->nif = nif;
  count_add(&nif->stat.rx_frames, 1);
  count_add(&nif->stat.rx_bytes, pkt_len(p));
  trace_in(&p->trace, nif->name, p->stamp, p->page, p->head, pkt_len(p));
  if(likely(nif->up))
    return 1;
  count_add(&nif->stat.rx_drops, 1);
  return pkt_drop(p, DROP_RX_DOWN, 0);
}

int
netif_came(struct netif *nif, struct pktbuf *p)
{
  return netif_arrive(nif, p);
}

void
netif_rx(struct netif *nif, struct pktbuf *p)
{
  if(likely(netif_arrive(nif, p)))
    netif_input(nif, p);
}

// A look at a card that owes frames, once a second.
static void
watch(void *arg)
{
  struct netif *nif = arg;
  struct kstat_ring r = { 0 };

  nif->ops->ring(nif, 0, 1, &r);
  if(r.owned == 0){
    __atomic_store_n(&nif->watched, 0, __ATOMIC_RELEASE);
    return;
  }
  nif->stuck_for = nif->link && r.head == nif->stuck_at ? nif->stuck_for + 1 : 0;
  nif->stuck_at = r.head;
  if(nif->stuck_for == PATIENCE && netif_stopped){
    printf("%s: the card sends nothing: reset\n", nif->name);
    check_no_locks("a card that sends nothing");
    netif_stopped(nif);
  }
  timer_set(&nif->watch, now() + SEC);
}

void
netif_owes(struct netif *nif)
{
  if(nif->loopback || __atomic_exchange_n(&nif->watched, 1, __ATOMIC_ACQUIRE))
    return;
  nif->stuck_for = 0;
  timer_init(&nif->watch, watch, nif);
  timer_set(&nif->watch, now() + SEC);
}

// ----- out -----

static uint8 held[NCPU];      // each the hart's own: what it sends waits
static uint8 deferred[NCPU];  // each the hart's own: frames that it has put off since it last sent all
static int send_waiting(struct netif *nif, int most);

// Packets that the card has sent. txlock is held; the caller frees them without it.
static int
netif_reclaim(struct netif *nif, struct pktbuf **done)
{
  int n = nif->ops->tx_return(nif, 0, done, RECLAIM_MAX);

  nif->unclaimed = 0;
  if(n == 0)
    netif_owes(nif);
  return n;
}

static void
free_all(struct pktbuf **done, int n)
{
  for(int i = 0; i < n; i++)
    pkt_free(done[i]);
}

// tx_provide() while stages are recorded. The frames may be gone as soon as the NIC has them, so their records are set apart.
static int __attribute__((noinline))
netif_provide_traced(struct netif *nif, struct pktbuf **in, int n)
{
  struct trace t[RECLAIM_MAX];

  for(int i = 0; i < n; i++){
    t[i] = in[i]->trace;
    in[i]->trace.kept = 0;
  }
  int taken = nif->ops->tx_provide(nif, 0, in, n);
  for(int i = 0; i < n; i++){
    if(i >= taken){
      in[i]->trace = t[i];
    } else if(t[i].kept){
      trace_mark(&t[i], PATH_CARD);
      trace_end(&t[i]);
    }
  }
  return taken;
}

static int
netif_provide(struct netif *nif, struct pktbuf **in, int n)
{
  return unlikely(trace_on | nif->loopback) ? netif_provide_traced(nif, in, n) : nif->ops->tx_provide(nif, 0, in, n);
}

static uint
bytes_of(struct pktbuf **in, int n)
{
  uint bytes = 0;

  for(int i = 0; i < n; i++){
    bytes += pkt_len(in[i]);
    for(int k = 0; k < in[i]->nfrag; k++)
      bytes += in[i]->frags[k].len;
  }
  return bytes;
}

// Frames to the card, which counts as sent what it takes; *ndone sent ones come back into done. txlock is held. result: how many
// it took.
static int
netif_submit(struct netif *nif, struct pktbuf **in, int n, struct pktbuf **done, int *ndone)
{
  int taken;
  uint bytes = bytes_of(in, n);  // the frames may be gone as soon as the card has them

  *ndone = nif->unclaimed >= RECLAIM_EVERY ? netif_reclaim(nif, done) : 0;
  taken = netif_provide(nif, in, n);
  if(unlikely(taken < n) && *ndone == 0 && (*ndone = netif_reclaim(nif, done)) > 0)
    taken += netif_provide(nif, in + taken, n - taken);
  nif->unclaimed += taken;
  if(unlikely(taken < n))
    bytes -= bytes_of(in + taken, n - taken);
  nif->stat.tx_frames += taken;
  nif->stat.tx_bytes += bytes;
  return taken;
}

// p waits for the end of this hart's turn; or, sent at once, goes behind others that wait. txlock is held. 0: too many do.
static int
netif_queue(struct netif *nif, struct pktbuf *p, int turn)
{
  if(nif->outq.n >= nif->outmost && turn)
    return 0;
  pktq_put(&nif->outq, p);
  return 1;
}

int
netif_tx(struct netif *nif, struct pktbuf *p)
{
  struct pktbuf *done[RECLAIM_MAX];
  int taken, ndone = 0, turn, waits;

  check_no_locks("a frame is sent");
  trace_out(&p->trace, nif->name, now(), p->page, p->head, pkt_len(p));
  if(unlikely(!nif->up || !nif->link)){
    count_add(&nif->stat.tx_drops, 1);
    return pkt_drop(p, DROP_TX_DOWN, -ENETDOWN);
  }
  pkt_own(p, PKT_STACK, PKT_NIC);
  acquire(&nif->txlock);
  turn = held[mycpu()->id];  // under the lock: who sends from a program's call may be moved after it
  waits = (turn && !nif->loopback) || nif->outq.n > 0;
  taken = waits ? netif_queue(nif, p, turn) : netif_submit(nif, &p, 1, done, &ndone);
  release(&nif->txlock);

  free_all(done, ndone);
  if(unlikely(taken == 0)){
    pkt_own(p, PKT_NIC, PKT_STACK);
    count_add(&nif->stat.tx_full, 1);
    count_add(&nif->stat.tx_drops, 1);
    return pkt_drop(p, waits ? DROP_TX_QUEUE : DROP_TX_FULL, -ENOBUFS);
  }
  if(waits && !turn)
    send_waiting(nif, OUTQ_ALL);
  if(unlikely(nif->sent != 0))
    nif->sent(nif);
  return 0;
}

void
netif_tx_hold(void)
{
  held[mycpu()->id] = 1;
}

// One batch of what waits, at most n. result: how many left the queue; those that the card did not take are dropped.
static int
send_batch(struct netif *nif, int n)
{
  struct pktbuf *in[RECLAIM_MAX], *done[RECLAIM_MAX];
  int k = 0, taken, ndone;

  acquire(&nif->txlock);
  while(k < MIN(n, RECLAIM_MAX) && (in[k] = pktq_get(&nif->outq)) != 0)
    k++;
  taken = netif_submit(nif, in, k, done, &ndone);
  release(&nif->txlock);
  free_all(done, ndone);
  for(int i = taken; i < k; i++){
    pkt_own(in[i], PKT_NIC, PKT_STACK);
    count_add(&nif->stat.tx_full, 1);
    count_add(&nif->stat.tx_drops, 1);
    pkt_drop(in[i], DROP_TX_FULL, 0);
  }
  return k;
}

// What waits for this card, or `most` of it. result: 1: some still does.
static int
send_waiting(struct netif *nif, int most)
{
  for(int n = 0; n < most && count_get(&nif->outq.n) > 0;)
    n += send_batch(nif, most - n);
  return count_get(&nif->outq.n) > 0;
}

int
netif_tx_release(void)
{
  int left = 0, quota = TUNE(TXQUOTA) ? TUNE(TXQUOTA) : OUTQ_MAX;

  held[mycpu()->id] = 0;
  for(int i = 0; i < count_get(&nnetif); i++)
    left |= send_waiting(netifs[i], quota);
  return left;
}

static void
send_all(void)
{
  for(int i = 0; i < count_get(&nnetif); i++)
    send_waiting(netifs[i], OUTQ_ALL);
}

static void
defer_over(void *arg)
{
  __atomic_store_n(&defer_set, 0, __ATOMIC_SEQ_CST);
  send_all();
}

void
netif_tx_defer(void)
{
  int here = mycpu()->id;

  held[here] = 0;
  if(++deferred[here] >= TUNE(TXDEFER)){
    deferred[here] = 0;
    send_all();
  } else if(!__atomic_exchange_n(&defer_set, 1, __ATOMIC_SEQ_CST)){
    timer_set(&defer_timer, now() + DEFER_MAX);
  }
}

struct netif *
netif_find(const char *name)
{
  for(int i = 0; i < nnetif; i++)
    if(strncmp(netifs[i]->name, name, sizeof(netifs[i]->name)) == 0)
      return netifs[i];
  return 0;
}

// Of each NIC's address its last 6 bits, as a bit. Nearly every address that is not ours is told by that.
static uint64 our_last_bits;  // [a]

static inline uint64
last_bits(uint32 addr)
{
  return 1ul << (addr & 63);
}

int
netif_is_ours(uint32 addr)
{
  if(loopback.up && netif_net_has(netif_net(&loopback), addr))
    return 1;
  if(likely((count_get(&our_last_bits) & last_bits(addr)) == 0))
    return 0;
  for(int i = 0; i < nnetif; i++)
    if(netifs[i]->up && addr && netif_net(netifs[i]).addr == addr)
      return 1;
  return 0;
}

int
netif_is_broadcast(const struct netif *nif, uint32 addr)
{
  if(addr == 0xffffffff)
    return 1;
  struct netif_net n = netif_net(nif);
  uint32 hosts = ~n.mask, host = addr & hosts;  // a net of one or two addresses has no broadcast address (RFC 3021)
  // All ones; all zeros is the form of old, and no host's address either (RFC 1122 3.2.1.3, 3.3.6).
  return hosts > 1 && (host == hosts || host == 0) && netif_net_has(n, addr);
}

// An address that one host may have, under a mask of the form 1...10...0.
static int
valid(uint32 addr, uint32 mask)
{
  uint32 hosts = ~mask, host = addr & hosts;
  if(addr == 0)
    return 1;
  if((hosts & (hosts + 1)) != 0 || mask == 0)
    return 0;
  if(addr >> 24 == 0 || addr >> 28 >= 0xe)
    return 0;  // this net, multicast, reserved, broadcast
  return hosts <= 1 || (host != 0 && host != hosts);
}

int
netif_set_mtu(struct netif *nif, uint mtu)
{
  if(mtu < NETIF_MTU_MIN || mtu > NETIF_MTU_MAX)
    return -EINVAL;
  __atomic_store_n(&nif->mtu, mtu, __ATOMIC_RELAXED);
  return 0;
}

int
netif_config(struct netif *nif, uint32 addr, uint32 mask, int up)
{
  if(!valid(addr, mask) || (addr >> 24 == 127 && addr && !nif->loopback))
    return -EINVAL;
  acquire(&netif_lock);
  struct netif_net net = { addr, addr ? mask : 0 };
  __atomic_fetch_or(&our_last_bits, last_bits(addr), __ATOMIC_RELAXED);  // before it is anybody's: bits stay
  __atomic_store(&nif->net, &net, __ATOMIC_RELAXED);
  nif->up = up != 0;
  release(&netif_lock);
  netif_notify(nif);
  return 0;
}

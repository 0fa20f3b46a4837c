#ifndef RXV_PKT_NETIF_H
#define RXV_PKT_NETIF_H
// The waist: where drivers and protocols meet. A driver has four verbs and an interrupt mask, and knows of no
// protocol; the stack knows interfaces, and of no card.

#include "core/spinlock.h"
#include "core/types.h"
#include "pkt/drop.h"
#include "pkt/pktbuf.h"
#include "sched/timer.h"

#define NETIF_MAX 9         // lo, and eight NICs
#define NETIF_MTU_MIN 68    // every link carries so much (RFC 791 3.2)
#define NETIF_MTU_MAX 1500  // Ethernet's (RFC 894)

struct netif;
struct kstat_ring;
struct nic_facts;

// What a driver gives. Rings are bounded; no verb sleeps, each may be called from an interrupt. The rx verbs of
// one queue are called by one hart at a time (poll.c sees to it); the tx verbs under netif.txlock.
struct nic_ops {
  // Received frames out, up to n: packets with head and tail set, owned by the stack now. result: how many.
  int (*rx_return)(struct netif *nif, int q, struct pktbuf **out, int n);
  // Empty packets in, one tail write for all. result: how many were taken; the rest stays the caller's.
  int (*rx_provide)(struct netif *nif, int q, struct pktbuf **in, int n);
  // 1: a received frame waits. Reads memory only, never the card.
  int (*rx_pending)(struct netif *nif, int q);
  // Frames in to be sent, without CRC, one tail write for all. result: how many were taken.
  int (*tx_provide)(struct netif *nif, int q, struct pktbuf **in, int n);
  // Sent packets out, up to n. result: how many.
  int (*tx_return)(struct netif *nif, int q, struct pktbuf **out, int n);
  // Receive interrupts of queue q on or off. On: causes from before are forgotten, so look at the ring afterwards.
  void (*irq)(struct netif *nif, int q, int on);
  // No DMA from here on, in either direction; what is on the rings stays there to be read. 0; -EIO: the card does not
  // obey; -EOPNOTSUPP. Every queue is held (poll_hold) and netif.txlock, here and in start, so neither may call the stack.
  // Between them nothing is provided for reception.
  int (*stop)(struct netif *nif);
  // A card that stop has stopped works again, as after boot, with its receive ring full. Frames that it had not sent are
  // dropped by name.
  void (*start)(struct netif *nif);
  // State of a ring, for kstat and the debugger. size 0: no such queue.
  void (*ring)(struct netif *nif, int q, int is_tx, struct kstat_ring *r);
};

#define NETIF_CSUM 1  // caps: the card fills in transport checksums (pktbuf.csum_offload)

// An interface's address and mask: one word, stored whole. Whoever needs both loads them with netif_net(), or could have the
// address of before and the mask of after a change.
struct netif_net {
  uint32 addr, mask;  // host order, 0: none yet
} __attribute__((aligned(8)));

// I constant after registration   n netif_lock   x txlock   a atomic   w the function of `watch`
struct netif {
  char name[8];        // [I] "lo", "e0", "e1"
  const char *driver;  // [I]
  int index;           // [I] in the table
  uint8 mac[6];        // [I]
  uint8 loopback;      // [I] 1: what is sent comes in again
  uint8 nqueue;        // [I] receive queues
  uint8 caps;          // [I] NETIF_...
  uint16 mtu;          // [a] bytes of the longest IP packet that is sent
  uint16 irqno;        // [I]
  uint8 up;            // [n] in use
  int link;            // [a] carrier, by the driver
  union {
    struct {
      uint32 addr, mask;  // [n] [a] host order, 0: none yet
    };
    struct netif_net net;
  };
  const struct nic_ops *driver_ops;  // [I] the driver's own, by netif_register()
  const struct nic_ops *ops;  // changed with every queue held and txlock (debug/faulty.c)
  void *drv;           // [I] the driver's own
  void (*sent)(struct netif *nif);  // [I] told after each frame that is sent, without a lock; 0 for NICs
  void (*facts)(struct netif *nif, struct nic_facts *f);  // [I] its state, for net/diagnose.c; takes no lock. 0: no NIC
  uint16 rxmost, txmost, outmost;  // [a] packets on each receive ring, on the transmit ring, in outq: its share of the pool
  struct spinlock txlock;
  uint32 unclaimed;           // [x] frames sent since sent packets were last taken back
  struct pktq outq;           // [x] frames that wait for the end of a turn (netif_tx_hold)
  struct {
    int busy;          // [a] a hart polls this queue
    int thread;        // [a] not 0: left to the net thread, interrupts are masked (poll.c)
    int watched;       // [a] idle harts, or a timer, watch it: interrupts are masked
  } rxq[4];
  uint64 polled;              // [a] when an interrupt or the timer last took frames from it, while its hart computed
  struct timer watch;         // while the card owes frames
  uint32 stuck_at;            // [w] the transmit ring's head at the last look
  uint32 stuck_for;           // [w] looks in a row at which frames waited and none had been sent since the one before
  int watched;                // [a] the timer is set
  int dead;                   // [a] the card sends nothing: the net thread resets it
  struct {
    uint64 rx_frames, rx_bytes, rx_drops, rx_errors;
    uint64 tx_frames, tx_bytes;   // [x] given to the NIC
    uint64 tx_drops;
    uint64 irqs, polls, link_changes, tx_full, resets;
  } stat;              // [a]
};

static inline struct netif_net
netif_net(const struct netif *nif)
{
  struct netif_net v;
  __atomic_load(&nif->net, &v, __ATOMIC_RELAXED);
  return v;
}

// 1: addr is in the net that this address and mask stand for.
static inline int
netif_net_has(struct netif_net n, uint32 addr)
{
  return n.addr && ((addr ^ n.addr) & n.mask) == 0;
}

extern struct netif *netifs[NETIF_MAX + 1];  // [I] once registered; 0-ended
extern int nnetif;

// Driver's side. The fields marked I, ops and drv are set; the interface is down and has no address.
int netif_register(struct netif *nif);         // 0, or -ENOSPC. Its receive rings may have packets after netif_fill_rings()
void netif_interrupt(struct netif *nif, int q);  // receive interrupt of queue q: drains a quota, see poll.c
void netif_link(struct netif *nif, int link);  // carrier came or went; no lock is held: the stack sends at once

// The card and its rings as after boot, while traffic flows. Frames that had come go up the stack; those not yet sent
// are dropped as tx.reset. Process context: waits for its turn. 0; -EOPNOTSUPP; -EIO: the card does not come out of its
// reset, and the link counts as down.
int netif_reset(struct netif *nif);  // in poll.c

// Nothing that was sent has come back from the card. That is nothing yet; but from now on it is looked at, once a second,
// and when it goes on sending nothing of what it has, netif_stopped is told: poll.c, that has it reset. Any context.
void netif_owes(struct netif *nif);
extern void (*netif_stopped)(struct netif *nif);

extern uint netif_delayed;  // [a] packets that faults on purpose hold back, on all interfaces (debug/faulty.c)

// One frame up the stack: to whatever the stack has put in netif_input. Its stamp is set.
void netif_rx(struct netif *nif, TAKES struct pktbuf *p);
// ... only its first half: counted, and in the trace. result: 1; 0: the interface is down, and p is dropped.
int netif_came(struct netif *nif, TAKES struct pktbuf *p);
extern void (*netif_input)(struct netif *nif, TAKES struct pktbuf *p);     // set by net/ether.c
extern void (*netif_changed)(struct netif *nif);                           // new, up, down, link, address: net/ wants to know

// Stack's side: a frame with its Ethernet header to the card.
// result: 0 sent or queued; -ENOBUFS no free descriptor; -ENETDOWN; counted and freed in any case. Any context.
int netif_tx(struct netif *nif, TAKES struct pktbuf *p);

// Between these two, on one hart, frames to be sent wait for the second, which gives each card its own with one tail write.
// At most TUNE_TXQUOTA go out; a card that takes no more loses the rest (tx.full). Interrupts are off.
// result: 1: some still wait.
void netif_tx_hold(void);
int netif_tx_release(void);

// Instead of the second, for who is about to send more: the frames wait on, until this hart has put off TUNE_TXDEFER, somebody
// sends at once, a turn ends, or 200 us are over. Interrupts are off.
void netif_tx_defer(void);

int netif_nics(void);                          // interfaces that have rings: all but lo
void netif_share(void);                        // rxmost, txmost, outmost of all of them anew, after their number or a tune changed

struct netif *netif_find(const char *name);    // 8 bytes at the most, as records have it, ended or not; 0: none
// 1: addr is one of ours, on any interface.
int netif_is_ours(uint32 addr);
// Address and state; checks them: 0, -EINVAL. addr 0: none.
int netif_config(struct netif *nif, uint32 addr, uint32 mask, int up);
int netif_set_mtu(struct netif *nif, uint mtu);  // 0, -EINVAL. Ways that are kept have the old one: the caller sees to them
// 1: every host of this interface's net is meant by addr.
int netif_is_broadcast(const struct netif *nif, uint32 addr);

extern struct netif loopback;                  // "lo"
void loop_init(void);                          // registers it; net_init() calls this
uint loop_waits(void);                         // packets in its queue

#endif

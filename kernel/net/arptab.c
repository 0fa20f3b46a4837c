// The ARP cache.
//
// An entry is PENDING while its address is asked for, REACHABLE once somebody answered, and STALE when it has
// grown old and is asked for again, by unicast, while packets still go to the old place. What is not used any
// more is forgotten. A STATIC entry comes from the administrator and never changes. Nothing but our own wish to
// send, or a request to us, makes a new entry: an answer that nobody asked for teaches us nothing new.
//
// One timer ticks while there is an entry that ages. The way of a packet reads no clock: it marks the entry used.

#include "net/arptab.h"
#include "core/printf.h"
#include "core/rand.h"
#include "core/string.h"
#include "net/arpmsg.h"
#include "net/count.h"
#include "net/generation.h"
#include "pkt/drop.h"
#include "pkt/tune.h"
#include "sched/timer.h"

#define TICK_MS 250
#define SEND_TURNS 8  // times that what was held meanwhile is sent, too
#define BUCKET_BITS 6
#define BUCKETS (1 << BUCKET_BITS)

// a arplock
struct entry {
  struct entry *link;   // [a] next in its bucket
  struct netif *nif;    // [a]
  uint32 addr;          // [a] host order
  uint8 mac[6] ETHER_EVEN;  // [a] once it is not PENDING
  uint8 state;          // [a] ARP_FREE, PENDING, REACHABLE, STALE, STATIC
  uint8 used;           // 1: since it was last confirmed; set without the lock, too
  uint8 tries;          // [a] requests without an answer
  uint8 sending;        // [a] somebody sends what was held, for the answer is here: the state to come, until then PENDING
  uint64 confirmed;     // [a] when it was made or confirmed
  uint64 asked;         // [a] when the last request went out
  struct pktq held;     // [a] wait for the answer
};

static struct spinlock arplock = SPINLOCK("arp");
static struct entry entries[ARP_ENTRIES];
static struct entry *buckets[BUCKETS];  // [a]
static uint32 hash_key;                 // constant after boot
static uint nheld;                      // [a] packets held by all entries
static struct timer ticker;
static uint64 told;                     // [a] when the console last heard that a neighbour had moved

void (*arp_undeliverable)(struct pktbuf *p, enum drop_reason why);
void (*arp_silent)(struct netif *nif, uint32 addr);

// Multiplicative hashing, keyed: nobody can choose addresses that all fall into one bucket.
static inline struct entry **
arptab_bucket(uint32 addr)
{
  return &buckets[(addr ^ hash_key) * 0x9e3779b1u >> (32 - BUCKET_BITS)];
}

static inline struct entry *
arptab_find(struct netif *nif, uint32 addr)
{
  struct entry *e = *arptab_bucket(addr);
  while(e && (e->addr != addr || e->nif != nif))
    e = e->link;
  return e;
}

// Forget e; result: the packets that it held.
static struct pktq
arptab_forget(struct entry *e)
{
  struct entry **at = arptab_bucket(e->addr);
  struct pktq held = e->held;
  while(*at != e)
    at = &(*at)->link;
  *at = e->link;
  nheld -= held.n;
  memset(e, 0, sizeof(*e));
  net_changed();
  return held;
}

// An entry that may give way: one that nobody uses rather than one in use, then the oldest. 0: none.
static struct entry *
victim(void)
{
  struct entry *v = 0;
  for(struct entry *e = entries; e < entries + ARP_ENTRIES; e++){
    if(e->state != ARP_REACHABLE && e->state != ARP_STALE)
      continue;
    if(v == 0 || e->used < v->used || (e->used == v->used && e->confirmed < v->confirmed))
      v = e;
  }
  return v;
}

// A new entry, in its bucket, PENDING; 0: all others are pending or static.
static struct entry *
arptab_make(struct netif *nif, uint32 addr)
{
  struct entry *e = entries;
  while(e < entries + ARP_ENTRIES && e->state != ARP_FREE)
    e++;
  if(e == entries + ARP_ENTRIES){
    if((e = victim()) == 0)
      return 0;
    arptab_forget(e);  // it holds nothing: it was resolved
    net_count(ARP_EVICTED);
  }
  struct entry **b = arptab_bucket(addr);
  e->nif = nif;
  e->addr = addr;
  e->state = ARP_PENDING;
  e->link = *b;
  *b = e;
  if(!ticker.set)
    timer_set(&ticker, now() + TICK_MS * MSEC);
  return e;
}

// p must wait for e. result: as arp_output(). arplock is held, and let go.
static int
arptab_queue(struct entry *e, struct pktbuf *p, int first)
{
  struct netif *nif = e->nif;
  uint32 addr = e->addr;
  if(p && (e->held.n >= ARP_HOLD || nheld >= ARP_HOLD_TOTAL)){
    release(&arplock);
    return pkt_drop(p, DROP_ARP_FULL, -ENOBUFS);
  }
  if(p){
    pktq_put(&e->held, p);
    nheld++;
  }
  if(first){
    e->asked = now();
    e->tries = 1;
  }
  release(&arplock);
  if(first)
    arp_request(nif, addr, 0);
  return 0;
}

// The slow half of arp_output(): the address is not known. arplock is held, and let go.
static int
resolve(struct netif *nif, struct pktbuf *p, uint32 next, struct entry *e)
{
  int first = e == 0;
  if(first && (e = arptab_make(nif, next)) == 0){
    release(&arplock);
    return p ? pkt_drop(p, DROP_ARP_TABLE, -ENOBUFS) : -ENOBUFS;
  }
  return arptab_queue(e, p, first);
}

int
arp_output(struct netif *nif, struct pktbuf *p, uint32 next)
{
  uint8 mac[6] ETHER_EVEN;
  acquire(&arplock);
  struct entry *e = arptab_find(nif, next);
  if(unlikely(e == 0 || e->state == ARP_PENDING))
    return resolve(nif, p, next, e);
  for(int i = 0; i < 6; i++)
    mac[i] = e->mac[i];
  e->used = 1;
  release(&arplock);
  return ether_output(nif, p, mac, ETHTYPE_IP);
}

uint8 *
arp_known(struct netif *nif, uint32 next, uint8 mac[6])
{
  acquire(&arplock);
  struct entry *e = arptab_find(nif, next);
  int known = e && e->state != ARP_PENDING;
  if(known)
    memcpy(mac, e->mac, 6);
  release(&arplock);
  return known ? &e->used : 0;
}

void
arp_ask(struct netif *nif, uint32 addr)
{
  acquire(&arplock);
  if(arptab_find(nif, addr) == 0)
    resolve(nif, 0, addr, 0);
  else
    release(&arplock);
}

static void
send_held(struct netif *nif, struct pktq *held, const uint8 mac[6])
{
  uint8 to[6] ETHER_EVEN;
  struct pktbuf *p;
  memcpy(to, mac, 6);
  while((p = pktq_get(held)) != 0)
    ether_output(nif, p, to, ETHTYPE_IP);
}

// Everything that e holds. arplock is held.
static struct pktq
take_held(struct entry *e)
{
  struct pktq held = e->held;
  nheld -= held.n;
  e->held = (struct pktq){ 0 };
  return held;
}

// e is at mac, and REACHABLE or STATIC now. What waited goes out, in order: who sends to it meanwhile finds it PENDING
// still, and joins the queue; the last turn ends that. arplock is held, and let go.
static void
answered(struct entry *e, const uint8 mac[6], int state)
{
  struct netif *nif = e->nif;
  uint32 addr = e->addr;
  struct pktq held = { 0 };
  if(!ether_same(e->mac, mac)){
    memcpy(e->mac, mac, 6);
    net_changed();
  }
  if(e->sending){  // another hart is at it
    e->sending = MAX(e->sending, state);
    release(&arplock);
    return;
  }
  e->asked = now();  // no tick asks again, or gives up, meanwhile
  e->sending = state;
  for(int turn = 0; turn < SEND_TURNS && e && e->sending && e->state == ARP_PENDING && e->held.n; turn++){
    held = take_held(e);
    release(&arplock);
    send_held(nif, &held, mac);
    acquire(&arplock);
    e = arptab_find(nif, addr);  // it may have been forgotten
  }
  if(e && e->sending){
    held = take_held(e);
    e->state = e->sending;
    e->sending = e->used = e->tries = 0;
    e->confirmed = now();
  }
  release(&arplock);
  send_held(nif, &held, mac);
}

static void
fail_held(struct pktq *held)
{
  struct pktbuf *p;
  while((p = pktq_get(held)) != 0)
    arp_undeliverable(p, DROP_ARP_TIMEOUT);
}

// May the console hear of it? Whoever makes neighbours move with every packet must not flood it. arplock is held.
static int
may_tell(void)
{
  uint64 t = now();
  if(told && t - told < ARP_DEFEND_MS * MSEC)
    return 0;
  told = t;
  return 1;
}

int
arptab_learn(struct netif *nif, uint32 addr, const uint8 mac[6], int add)
{
  int moved = 0, tell = 0;
  acquire(&arplock);
  struct entry *e = arptab_find(nif, addr);
  if(e == 0 && add)
    e = arptab_make(nif, addr);
  if(e == 0){
    release(&arplock);
    return 0;
  }
  if(e->state != ARP_STATIC){
    moved = e->state != ARP_PENDING && !ether_same(e->mac, mac);
    tell = moved && may_tell();
    answered(e, mac, ARP_REACHABLE);
  } else {
    release(&arplock);
  }
  if(moved){
    net_count(ARP_MOVED);
    if(tell)
      printf_notice("arp: %s: %I moved to %M\n", nif->name, addr, mac);
  }
  return 1;
}

// What a tick has to do about an entry, once arplock is let go.
struct action {
  struct netif *nif;
  uint32 addr;
  uint8 mac[6] ETHER_EVEN;
  uint8 ask, unicast;
  uint8 silent;         // 1: addr does not answer
  struct pktq failed;
};

static void
age(struct entry *e, uint64 t, struct action *a)
{
  uint64 old = t - e->confirmed, since = t - e->asked, life = TUNE(ARPLIFE) * SEC;
  if(e->state == ARP_REACHABLE && old >= life / 4 * 3){
    if(e->used){
      e->state = ARP_STALE;
      e->tries = 0;
    } else if(old >= life){
      arptab_forget(e);
      return;
    }
  }
  if((e->state != ARP_PENDING && e->state != ARP_STALE) || since < ARP_INTERVAL_MS * MSEC)
    return;
  *a = (struct action){ .nif = e->nif, .addr = e->addr };
  if(e->tries >= ARP_TRIES){
    a->silent = 1;
    a->failed = arptab_forget(e);
    return;
  }
  e->tries++;
  e->asked = t;
  a->ask = 1;
  a->unicast = e->state == ARP_STALE;
  memcpy(a->mac, e->mac, 6);
}

static void
tick(void *arg)
{
  uint64 t = now();
  int alive = 0;
  for(int i = 0; i < ARP_ENTRIES; i++){
    struct action a = { 0 };
    if(count_get(&entries[i].state) == ARP_FREE)
      continue;
    acquire(&arplock);
    if(entries[i].state != ARP_FREE && entries[i].state != ARP_STATIC){
      age(&entries[i], t, &a);
      alive |= entries[i].state != ARP_FREE;
    }
    release(&arplock);
    if(a.ask)
      arp_request(a.nif, a.addr, a.unicast ? a.mac : 0);
    if(a.silent)
      arp_silent(a.nif, a.addr);
    fail_held(&a.failed);
  }
  if(alive)
    timer_set(&ticker, t + TICK_MS * MSEC);
}

void
arptab_clear(struct netif *nif, int statics)
{
  for(int i = 0; i < ARP_ENTRIES; i++){
    struct entry *e = &entries[i];
    struct pktq held = { 0 };
    acquire(&arplock);
    if(e->state != ARP_FREE && (nif == 0 || e->nif == nif) && (statics || e->state != ARP_STATIC))
      held = arptab_forget(e);
    release(&arplock);
    fail_held(&held);
  }
}

int
arp_add_static(struct netif *nif, uint32 addr, const uint8 mac[6])
{
  if(nif->loopback || (mac[0] & 1) || addr == nif->addr || !netif_net_has(netif_net(nif), addr) || netif_is_broadcast(nif, addr))
    return -EINVAL;
  acquire(&arplock);
  struct entry *e = arptab_find(nif, addr);
  if(e == 0 && (e = arptab_make(nif, addr)) == 0){
    release(&arplock);
    return -ENOSPC;
  }
  answered(e, mac, ARP_STATIC);
  return 0;
}

int
arp_delete(uint32 addr)
{
  int found = 0;
  for(int i = 0; i < nnetif; i++){
    struct pktq held = { 0 };
    acquire(&arplock);
    struct entry *e = arptab_find(netifs[i], addr);
    if(e){
      held = arptab_forget(e);
      found = 1;
    }
    release(&arplock);
    fail_held(&held);
  }
  return found ? 0 : -ENOENT;
}

void
arp_flush(void)
{
  arptab_clear(0, 0);
}

int
arp_record(int i, void *rec)
{
  struct kstat_arp *r = rec;
  if(i < 0 || i >= ARP_ENTRIES)
    return -1;
  acquire(&arplock);
  struct entry e = entries[i];
  release(&arplock);
  if(e.state == ARP_FREE)
    return 0;
  memset(r, 0, sizeof(*r));
  safestrcpy(r->ifname, e.nif->name, sizeof(r->ifname));
  r->addr = e.addr;
  memcpy(r->mac, e.mac, 6);
  r->state = e.state;
  r->held = e.held.n;
  if(e.state == ARP_REACHABLE || e.state == ARP_STALE){
    uint64 old = now() - e.confirmed, life = TUNE(ARPLIFE) * SEC;
    r->age_ms = old / MSEC;
    r->ttl_ms = old < life ? (life - old) / MSEC : 0;
  }
  return 1;
}

void
arptab_init(void)
{
  timer_init(&ticker, tick, 0);
  hash_key = rand32();
}

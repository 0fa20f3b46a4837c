// The ARP cache.
//
// An entry is PENDING while its address is asked for, REACHABLE once somebody answered, and STALE when it has
// grown old and is asked for again, by unicast, while packets still go to the old place. What is not used any
// more is forgotten. A STATIC entry comes from the administrator and never changes. Nothing but our own wish to
// send, or a request to us, makes a new entry: an answer that nobody asked for teaches us nothing new.
//
// One timer ticks while there is an entry that ages. The way of a packet reads no clock: it marks the entry used.

#include "net/arp.h"
#include "core/printf.h"
#include "core/string.h"
#include "net/ether.h"
#include "net/ip.h"
#include "net/netstat.h"
#include "pkt/drop.h"
#include "sched/timer.h"

#define TICK_MS 250
#define BUCKETS 64
#define ANNOUNCEMENTS 2  // RFC 5227: ANNOUNCE_NUM, 2 seconds apart

// a arplock
struct entry {
  struct entry *link;   // [a] next in its bucket
  struct netif *nif;    // [a]
  uint32 addr;          // [a] host order
  uint8 mac[6] ETHER_EVEN;  // [a] once it is not PENDING
  uint8 state;          // [a] ARP_FREE, PENDING, REACHABLE, STALE, STATIC
  uint8 used;           // [a] 1: since it was last confirmed
  uint8 tries;          // [a] requests without an answer
  uint64 confirmed;     // [a] when it was made or confirmed
  uint64 asked;         // [a] when the last request went out
  struct pktq held;     // [a] wait for the answer
};

// An ARP message in host order.
struct message {
  uint16 op;
  uint8 sha[6] ETHER_EVEN, tha[6] ETHER_EVEN;
  uint32 sip, tip;
};

static struct spinlock arplock = SPINLOCK("arp");
static struct entry entries[ARP_ENTRIES];
static struct entry *buckets[BUCKETS];  // [a]
static uint nheld;                      // [a] packets held by all entries
static struct timer ticker;
static struct {
  uint8 announce;     // [a] announcements still to be made
  uint64 announced;   // [a] when the last one was made
  uint64 defended;    // [a]
  uint64 told;        // [a] when the console last heard that a neighbour had moved
} own[NETIF_MAX];

static inline struct entry **
bucket(struct netif *nif, uint32 addr)
{
  return &buckets[(addr ^ addr >> 8 ^ nif->index) % BUCKETS];
}

static inline struct entry *
find(struct netif *nif, uint32 addr)
{
  struct entry *e = *bucket(nif, addr);
  while(e && (e->addr != addr || e->nif != nif))
    e = e->link;
  return e;
}

// Forget e; result: the packets that it held.
static struct pktq
forget(struct entry *e)
{
  struct entry **at = bucket(e->nif, e->addr);
  struct pktq held = e->held;
  while(*at != e)
    at = &(*at)->link;
  *at = e->link;
  nheld -= held.n;
  memset(e, 0, sizeof(*e));
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
make(struct netif *nif, uint32 addr)
{
  struct entry *e = entries;
  while(e < entries + ARP_ENTRIES && e->state != ARP_FREE)
    e++;
  if(e == entries + ARP_ENTRIES){
    if((e = victim()) == 0)
      return 0;
    forget(e);  // it holds nothing: it was resolved
    net_count(ARP_EVICTED);
  }
  struct entry **b = bucket(nif, addr);
  e->nif = nif;
  e->addr = addr;
  e->state = ARP_PENDING;
  e->link = *b;
  *b = e;
  if(!ticker.set)
    timer_set(&ticker, now() + TICK_MS * MSEC);
  return e;
}

static void
learn(struct entry *e, const uint8 mac[6])
{
  memcpy(e->mac, mac, 6);
  e->state = ARP_REACHABLE;
  e->used = e->tries = 0;
  e->confirmed = now();
}

// One message out. No lock is held.
static void
emit(struct netif *nif, const uint8 *ether_dst, const struct message *m)
{
  struct pktbuf *p = pkt_alloc();
  if(p == 0){
    drop_count(DROP_NOMEM, 0);
    return;
  }
  struct arp *a = pkt_put(p, sizeof(*a));
  a->hrd = htons(ARP_HRD_ETHER);
  a->pro = htons(ETHTYPE_IP);
  a->hln = ETHADDR_LEN;
  a->pln = sizeof(uint32);
  a->op = htons(m->op);
  memcpy(a->sha, m->sha, 6);
  memcpy(a->tha, m->tha, 6);
  a->sip = htonl(m->sip);
  a->tip = htonl(m->tip);
  ether_output(nif, p, ether_dst, ETHTYPE_ARP);
}

// Ask who has addr; mac: whom to ask, 0: everybody.
static void
request(struct netif *nif, uint32 addr, const uint8 *mac)
{
  struct message m = { .op = ARP_OP_REQUEST, .sip = nif->addr, .tip = addr };
  memcpy(m.sha, nif->mac, 6);
  net_count(ARP_ASKED);
  emit(nif, mac ? mac : ether_broadcast, &m);
}

// Tell everybody that our address is ours (RFC 5227 2.3).
static void
announce(struct netif *nif)
{
  request(nif, nif->addr, 0);
}

// p must wait for e. result: as arp_output(). arplock is held, and let go.
static int
hold(struct entry *e, struct pktbuf *p, int first)
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
    request(nif, addr, 0);
  return 0;
}

// The slow half of arp_output(): the address is not known. arplock is held, and let go.
static int
resolve(struct netif *nif, struct pktbuf *p, uint32 next, struct entry *e)
{
  int first = e == 0;
  if(first && (e = make(nif, next)) == 0){
    release(&arplock);
    return p ? pkt_drop(p, DROP_ARP_TABLE, -ENOBUFS) : -ENOBUFS;
  }
  return hold(e, p, first);
}

int
arp_output(struct netif *nif, struct pktbuf *p, uint32 next)
{
  uint8 mac[6] ETHER_EVEN;
  acquire(&arplock);
  struct entry *e = find(nif, next);
  if(unlikely(e == 0 || e->state == ARP_PENDING))
    return resolve(nif, p, next, e);
  for(int i = 0; i < 6; i++)
    mac[i] = e->mac[i];
  e->used = 1;
  release(&arplock);
  return ether_output(nif, p, mac, ETHTYPE_IP);
}

void
arp_ask(struct netif *nif, uint32 addr)
{
  acquire(&arplock);
  if(find(nif, addr) == 0)
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

static void
fail_held(struct pktq *held)
{
  struct pktbuf *p;
  while((p = pktq_get(held)) != 0)
    ip_undeliverable(p, DROP_ARP_TIMEOUT);
}

// May the console hear of it? Whoever makes neighbours move with every packet must not flood it.
static int
may_tell(struct netif *nif)
{
  uint64 t = now();
  acquire(&arplock);
  int yes = own[nif->index].told == 0 || t - own[nif->index].told >= ARP_DEFEND_MS * MSEC;
  if(yes)
    own[nif->index].told = t;
  release(&arplock);
  return yes;
}

// Somebody says that addr is at mac. add: make an entry if there is none. result: 1 if it is known now.
static int
merge(struct netif *nif, uint32 addr, const uint8 mac[6], int add)
{
  struct pktq held = { 0 };
  int moved = 0;
  acquire(&arplock);
  struct entry *e = find(nif, addr);
  if(e == 0 && add)
    e = make(nif, addr);
  if(e == 0){
    release(&arplock);
    return 0;
  }
  if(e->state != ARP_STATIC){
    moved = e->state != ARP_PENDING && !ether_same(e->mac, mac);
    held = e->held;
    nheld -= held.n;
    e->held = (struct pktq){ 0 };
    learn(e, mac);
  }
  release(&arplock);
  if(moved){
    net_count(ARP_MOVED);
    if(may_tell(nif))
      printf("arp: %s: %I moved to %M\n", nif->name, addr, mac);
  }
  send_held(nif, &held, mac);
  return 1;
}

// Somebody at mac uses our address: keep it, and say so, but not so often that two such hosts shout for ever.
static void
defend(struct netif *nif, const uint8 mac[6])
{
  uint64 t = now();
  acquire(&arplock);
  int quiet = own[nif->index].defended && t - own[nif->index].defended < ARP_DEFEND_MS * MSEC;
  if(!quiet)
    own[nif->index].defended = t;
  release(&arplock);
  if(quiet)
    return;
  net_count(ARP_DEFENDED);
  printf("arp: %s: %M uses our address %I\n", nif->name, mac, nif->addr);
  announce(nif);
}

// The message at a, n bytes, in host order. result: 0, or why it is dropped, plus 1.
static int
parse(const struct arp *a, uint n, struct message *m)
{
  if(n < sizeof(*a))
    return DROP_ARP_SHORT + 1;
  if(ntohs(a->hrd) != ARP_HRD_ETHER || ntohs(a->pro) != ETHTYPE_IP || a->hln != ETHADDR_LEN || a->pln != sizeof(uint32))
    return DROP_ARP_FORMAT + 1;
  m->op = ntohs(a->op);
  m->sip = ntohl(a->sip);
  m->tip = ntohl(a->tip);
  memcpy(m->sha, a->sha, 6);
  memcpy(m->tha, a->tha, 6);
  if(m->op != ARP_OP_REQUEST && m->op != ARP_OP_REPLY)
    return DROP_ARP_OP + 1;
  return 0;
}

// Can the sender be a host of this link? The address 0 is a host that has none yet, and asks (RFC 5227).
static int
plausible(const struct netif *nif, const struct message *m)
{
  static const uint8 nobody[6];
  if((m->sha[0] & 1) || ether_same(m->sha, nobody) || ether_same(m->sha, nif->mac))
    return 0;
  if(m->sip == 0)
    return m->op == ARP_OP_REQUEST;
  return m->sip >> 24 != 0 && m->sip >> 24 != 127 && m->sip >> 28 < 0xe && !netif_is_broadcast(nif, m->sip);
}

static void
answer(struct netif *nif, const struct message *asked)
{
  struct message m = { .op = ARP_OP_REPLY, .sip = nif->addr, .tip = asked->sip };
  memcpy(m.sha, nif->mac, 6);
  memcpy(m.tha, asked->sha, 6);
  net_count(ARP_ANSWERED);
  emit(nif, asked->sha, &m);
}

// RFC 826, "Packet Reception": merge what is known, add who asks for us, answer.
static void
arp_input(struct netif *nif, struct pktbuf *p)
{
  static int seen;
  if(unlikely(!count_get(&seen)) && !__atomic_exchange_n(&seen, 1, __ATOMIC_RELAXED))
    printf("arp_rx: received an ARP packet\n");

  struct message m;
  int why = parse((struct arp *)pkt_data(p), pkt_len(p), &m);
  if(why == 0 && !plausible(nif, &m))
    why = DROP_ARP_SENDER + 1;
  if(why == 0 && nif->addr && m.sip == nif->addr)
    why = DROP_ARP_CONFLICT + 1;
  if(why){
    count_add(&nif->stat.rx_drops, 1);
    pkt_drop(p, why - 1, 0);
    if(why == DROP_ARP_CONFLICT + 1)
      defend(nif, m.sha);
    return;
  }
  int for_us = nif->addr && m.op == ARP_OP_REQUEST && m.tip == nif->addr;
  int on_link = nif->addr && ((m.sip ^ nif->addr) & nif->mask) == 0;
  int known = m.sip && merge(nif, m.sip, m.sha, for_us && on_link);
  if(for_us)
    answer(nif, &m);
  if(known || for_us)
    pkt_free(p);
  else
    pkt_drop(p, DROP_ARP_UNASKED, 0);
}

// What a tick has to do about an entry, once arplock is let go.
struct action {
  struct netif *nif;
  uint32 addr;
  uint8 mac[6] ETHER_EVEN;
  uint8 ask, unicast;
  struct pktq failed;
};

static void
age(struct entry *e, uint64 t, struct action *a)
{
  uint64 old = t - e->confirmed, since = t - e->asked;
  if(e->state == ARP_REACHABLE && old >= ARP_FRESH_MS * MSEC){
    if(e->used){
      e->state = ARP_STALE;
      e->tries = 0;
    } else if(old >= ARP_LIFE_MS * MSEC){
      forget(e);
      return;
    }
  }
  if((e->state != ARP_PENDING && e->state != ARP_STALE) || since < ARP_INTERVAL_MS * MSEC)
    return;
  if(e->tries >= ARP_TRIES){
    a->failed = forget(e);
    return;
  }
  e->tries++;
  e->asked = t;
  *a = (struct action){ .nif = e->nif, .addr = e->addr, .ask = 1, .unicast = e->state == ARP_STALE };
  memcpy(a->mac, e->mac, 6);
}

// Announcements that are due. result: 1, some are still to come.
static int
announcements(uint64 t)
{
  int more = 0;
  for(int i = 0; i < nnetif; i++){
    struct netif *nif = netifs[i];
    acquire(&arplock);
    int due = own[i].announce && t - own[i].announced >= 2 * SEC;
    if(due){
      own[i].announce--;
      own[i].announced = t;
    }
    more |= own[i].announce;
    release(&arplock);
    if(due && nif->up && nif->addr)
      announce(nif);
  }
  return more;
}

static void
tick(void *arg)
{
  uint64 t = now();
  int alive = announcements(t);
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
      request(a.nif, a.addr, a.unicast ? a.mac : 0);
    fail_held(&a.failed);
  }
  if(alive)
    timer_set(&ticker, t + TICK_MS * MSEC);
}

// Forget all entries of nif (0: of any interface) that are not static, or really all of them.
static void
drop_entries(struct netif *nif, int statics)
{
  for(int i = 0; i < ARP_ENTRIES; i++){
    struct entry *e = &entries[i];
    struct pktq held = { 0 };
    acquire(&arplock);
    if(e->state != ARP_FREE && (nif == 0 || e->nif == nif) && (statics || e->state != ARP_STATIC))
      held = forget(e);
    release(&arplock);
    fail_held(&held);
  }
}

void
arp_netif(struct netif *nif)
{
  drop_entries(nif, !nif->up);
  if(nif->loopback || !nif->up || !nif->link || nif->addr == 0)
    return;
  acquire(&arplock);
  own[nif->index].announce = ANNOUNCEMENTS - 1;
  own[nif->index].announced = now();
  own[nif->index].defended = 0;
  if(!ticker.set)
    timer_set(&ticker, now() + TICK_MS * MSEC);
  release(&arplock);
  announce(nif);
}

int
arp_add_static(struct netif *nif, uint32 addr, const uint8 mac[6])
{
  struct pktq held = { 0 };
  if(nif->loopback || (mac[0] & 1) || addr == nif->addr || ((addr ^ nif->addr) & nif->mask) || netif_is_broadcast(nif, addr))
    return -EINVAL;
  acquire(&arplock);
  struct entry *e = find(nif, addr);
  if(e == 0 && (e = make(nif, addr)) == 0){
    release(&arplock);
    return -ENOSPC;
  }
  held = e->held;
  nheld -= held.n;
  e->held = (struct pktq){ 0 };
  learn(e, mac);
  e->state = ARP_STATIC;
  release(&arplock);
  send_held(nif, &held, mac);
  return 0;
}

int
arp_delete(uint32 addr)
{
  int found = 0;
  for(int i = 0; i < nnetif; i++){
    struct pktq held = { 0 };
    acquire(&arplock);
    struct entry *e = find(netifs[i], addr);
    if(e){
      held = forget(e);
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
  drop_entries(0, 0);
}

int
arp_record(int i, struct kstat_arp *r)
{
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
    uint64 old = now() - e.confirmed;
    r->age_ms = old / MSEC;
    r->ttl_ms = old < ARP_LIFE_MS * MSEC ? ARP_LIFE_MS - r->age_ms : 0;
  }
  return 1;
}

void
arp_init(void)
{
  timer_init(&ticker, tick, 0);
  ether_register(ETHTYPE_ARP, arp_input);
}

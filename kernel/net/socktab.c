// The table of sockets: which one gets a datagram, and which ports are taken.
//
// A socket that has a port is in two tables. One is by its port alone, for bind(): changes are rare, and one lock guards
// them all. The other one is for datagrams: a connected socket is found by both of its ends, any other socket by its port.
// A lookup takes no lock in it; it looks again if the version moved meanwhile, as with routes. That is why a page of sockets
// stays one: what a lookup follows is always a socket, though perhaps no longer the one that it wants.

#include "net/socktab.h"
#include "core/printf.h"
#include "core/rand.h"
#include "core/string.h"
#include "mm/kalloc.h"
#include "net/count.h"
#include "net/sockmem.h"

#define SOCK_PAGES 512       // pages of sockets at the most,
#define SOCK_PAGES_OF 64     // ... and one of so many pages of memory
#define PER_PAGE (PGSIZE / (int)sizeof(struct sock))
#define PAIR_BITS 10
#define PORTS 256

// t tablock   a atomic
static struct spinlock tablock = SPINLOCK("socktab");
static struct sock *sockpages[SOCK_PAGES];  // [t] [a] npages of them
static uint npages;                         // [t] [a]
static struct sock *freelist;               // [t]
static uint nused;                          // [t] [a]
static struct list ports[PORTS];            // [t] all that have a port
static struct sock *pairs[1 << PAIR_BITS];  // [a] those that have a peer
static struct sock *bound[PORTS];           // [a] those that have none
static uint version;                        // [a] of the last two, and of the ends of what is in them; odd: being written
static uint64 key;                          // constant after boot; odd

void
socktab_init(void)
{
  for(int i = 0; i < PORTS; i++)
    list_init(&ports[i]);
  rand_bytes(&key, sizeof(key));
  key |= 1;
}

// --- their memory ---

static uint
sock_pages_max(void)
{
  return MIN(SOCK_PAGES, ktotal_pages() / SOCK_PAGES_OF);
}

// One more page of free sockets, if there may be one. The table is locked.
static void
socktab_grow(void)
{
  struct sock *page = npages < sock_pages_max() ? kzalloc() : 0;
  if(page == 0)
    return;
  for(int i = PER_PAGE - 1; i >= 0; i--){
    initlock(&page[i].lock, "sock");
    sockmem_add_account(&page[i].room);
    page[i].link = freelist;
    freelist = &page[i];
  }
  sockpages[npages] = page;
  __atomic_store_n(&npages, npages + 1, __ATOMIC_RELEASE);
}

// A socket with one reference and nothing set; 0: none left.
struct sock *
socktab_alloc(void)
{
  const uint keep = __builtin_offsetof(struct sock, link);
  acquire(&tablock);
  if(freelist == 0)
    socktab_grow();
  struct sock *s = freelist;
  if(s){
    freelist = s->link;
    nused++;
  }
  release(&tablock);
  if(s == 0){
    net_count(SOCK_REFUSED);
    return 0;
  }
  acquire(&s->lock);  // somebody may be looking at it, for netstat
  memset((uint8 *)s + keep, 0, sizeof(*s) - keep);
  list_init(&s->port_link);
  s->refs = 1;
  release(&s->lock);
  return s;
}

// Nobody has a reference any more.
void
socktab_free(struct sock *s)
{
  acquire(&tablock);
  s->proto = 0;
  s->link = freelist;
  freelist = s;
  nused--;
  release(&tablock);
}

uint
sock_count(void)
{
  return count_get(&nused);
}

void
sock_memory(uint *most, uint *pages)
{
  *most = sock_pages_max() * PER_PAGE;
  *pages = count_get(&npages);
}

struct sock *
sock_number(int i)
{
  if(i < 0 || i / PER_PAGE >= (int)__atomic_load_n(&npages, __ATOMIC_ACQUIRE))
    return 0;
  return &sockpages[i / PER_PAGE][i % PER_PAGE];
}

// --- who gets a datagram ---

// The chain of a connected socket. Nobody who does not know the key can choose ends that meet in one chain.
static inline struct sock **
pair_chain(uint16 lport, uint32 faddr, uint16 fport)
{
  return &pairs[((uint64)faddr << 32 | (uint32)lport << 16 | fport) * key >> (64 - PAIR_BITS)];
}

static inline struct sock **
bound_chain(uint16 lport)
{
  return &bound[lport % PORTS];
}

static inline struct sock *
find_connected(uint8 proto, uint32 laddr, uint16 lport, uint32 faddr, uint16 fport)
{
  struct sock *s = count_get(pair_chain(lport, faddr, fport));
  while(s && !(s->peer.addr == faddr && s->peer.port == fport && s->local.port == lport && s->local.addr == laddr && s->ipproto == proto))
    s = count_get(&s->link);
  return s;
}

// Of two on one port the one that is bound to laddr.
static inline struct sock *
find_bound(uint8 proto, uint32 laddr, uint16 lport)
{
  struct sock *any = 0;
  for(struct sock *s = count_get(bound_chain(lport)); s; s = count_get(&s->link)){
    if(s->local.port != lport || s->ipproto != proto)
      continue;
    if(s->local.addr == laddr)
      return s;
    if(s->local.addr == 0)
      any = s;
  }
  return any;
}

struct sock *
sock_find(uint8 proto, uint32 laddr, uint16 lport, uint32 faddr, uint16 fport)
{
  for(;;){
    uint v = __atomic_load_n(&version, __ATOMIC_ACQUIRE);
    struct sock *s = find_connected(proto, laddr, lport, faddr, fport);
    if(s == 0)
      s = find_bound(proto, laddr, lport);
    if(s)
      acquire(&s->lock);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if(likely(count_get(&version) == v && (v & 1) == 0))
      return s;
    if(s)
      release(&s->lock);
  }
}

// --- ends and ports ---

static void
ends_write_begin(void)
{
  __atomic_store_n(&version, version + 1, __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void
ends_write_end(void)
{
  __atomic_store_n(&version, version + 1, __ATOMIC_RELEASE);
}

static inline struct sock **
sock_chain_of(const struct sock *s)
{
  return s->peer.addr ? pair_chain(s->local.port, s->peer.addr, s->peer.port) : bound_chain(s->local.port);
}

static inline struct list *
port_list(uint16 port)
{
  return &ports[port % PORTS];
}

static inline struct sock *
by_port(struct list *n)
{
  return container_of(n, struct sock, port_link);
}

// Out of both tables, if it is there.
static void
table_remove(struct sock *s)
{
  struct sock **at = sock_chain_of(s);
  if(list_empty(&s->port_link))
    return;
  list_del(&s->port_link);
  while(*at != s)
    at = &(*at)->link;
  __atomic_store_n(at, s->link, __ATOMIC_RELAXED);
}

static void
table_put(struct sock *s)
{
  struct sock **at = sock_chain_of(s);
  list_add(port_list(s->local.port), &s->port_link);
  s->link = *at;
  __atomic_store_n(at, s, __ATOMIC_RELEASE);
}

void
socktab_lock(struct sock *s)
{
  acquire(&tablock);
  acquire(&s->lock);
}

void
socktab_unlock(struct sock *s)
{
  release(&s->lock);
  release(&tablock);
}

void
socktab_set_ends(struct sock *s, struct endpoint local, struct endpoint peer)
{
  ends_write_begin();
  table_remove(s);
  endpoint_store(&s->local, local);
  endpoint_store(&s->peer, peer);
  if(local.port)
    table_put(s);
  ends_write_end();
}

void
socktab_remove(struct sock *s)
{
  socktab_lock(s);
  ends_write_begin();
  table_remove(s);
  ends_write_end();
  socktab_unlock(s);
}

// Two of the lab's connections differ in their peers, and may have one port.
static int
same_peer(const struct sock *a, const struct sock *b)
{
  return !a->dialed || !b->dialed || (a->peer.addr == b->peer.addr && a->peer.port == b->peer.port);
}

// Would s at addr, port get datagrams that are another's? What counts is what that one was bound to: while it has a peer its
// address may be one of several. The table is locked.
static int
port_taken(const struct sock *s, uint32 addr, uint16 port)
{
  list_each(n, port_list(port)){
    const struct sock *o = by_port(n);
    if(o->local.port == port && o->proto == s->proto && (o->bound.addr == addr || o->bound.addr == 0 || addr == 0) &&
       same_peer(o, s))
      return 1;
  }
  return 0;
}

// A port for s. by_bind: 0: for what it sends, from the address that it has. No datagram that another socket got becomes ours
// by it.
static int
socktab_take_port(struct sock *s, uint32 addr, uint16 port, int by_bind)
{
  int err = 0;
  socktab_lock(s);
  if(s->local.port)
    err = -EINVAL;
  else if(port_taken(s, by_bind ? addr : s->bound.addr, port))
    err = -EADDRINUSE;
  if(err == 0){
    if(by_bind)
      endpoint_store(&s->bound, (struct endpoint){ addr, port });
    s->port_since = now();
    socktab_set_ends(s, (struct endpoint){ by_bind && addr ? addr : s->local.addr, port }, s->peer);
  }
  socktab_unlock(s);
  return err;
}

static int
take_any_port(struct sock *s, uint32 addr, int by_bind)
{
  // RFC 6056 3.3.1: from a random place on, so that nobody can guess it.
  uint range = 65536 - EPHEMERAL, start = rand32() % range;
  int err = -EADDRINUSE;
  for(uint i = 0; i < range && err == -EADDRINUSE; i++)
    err = socktab_take_port(s, addr, EPHEMERAL + (start + i) % range, by_bind);
  return err;
}

int
sock_take_port(struct sock *s, uint16 port)
{
  return port ? socktab_take_port(s, 0, port, 0) : take_any_port(s, 0, 0);
}

int
socktab_bind(struct sock *s, const struct endpoint *ep)
{
  return ep->port ? socktab_take_port(s, ep->addr, ep->port, 1) : take_any_port(s, ep->addr, 1);
}

// --- the lab's ---

struct sock *
socktab_find_lab(uint16 port)
{
  struct sock *found = 0;
  acquire(&tablock);
  list_each(n, port_list(port)){
    struct sock *s = by_port(n);
    if(s->lab && s->local.port == port)
      found = s;
  }
  if(found)
    acquire(&found->lock);
  release(&tablock);
  return found;
}

struct sock *
socktab_owned_lab(int i, int pid)
{
  struct sock *s = sock_number(i);
  if(!s->lab || s->pid != pid)
    return 0;
  acquire(&s->lock);
  int is = s->proto && s->lab && s->pid == pid && !s->closed;
  s->refs += is;
  release(&s->lock);
  return is ? s : 0;
}

// --- for who looks at them ---

int
sock_record(int i, void *rec)
{
  struct kstat_sock *r = rec;
  struct sock *s = sock_number(i);
  if(s == 0)
    return -1;
  acquire(&s->lock);
  const struct sockproto *proto = s->proto;
  memset(r, 0, sizeof(*r));  // it goes to a program whole: what lies between its fields, too
  r->laddr = s->local.addr;
  r->lport = s->local.port;
  r->faddr = s->peer.addr;
  r->fport = s->peer.port;
  r->queued = s->rxq.n;
  r->queued_bytes = s->rxq.bytes;
  r->limit = s->rxmax;
  r->received = s->received;
  r->sent = s->sent;
  r->drops = s->drops;
  r->pid = s->pid;
  int lab = s->lab;
  release(&s->lock);
  if(proto == 0)
    return 0;
  r->type = lab ? 0 : proto->type;
  return 1;
}

void
sock_dump(void)
{
  struct sock *s;
  for(int i = 0; (s = sock_number(i)) != 0; i++){
    const struct sockproto *proto = s->proto;
    if(proto)
      printf("   %s %I:%d peer %I:%d: %d datagrams wait (%d bytes), %ld dropped, pid %d\n",
             s->lab ? "lab" : proto->name, s->local.addr, s->local.port, s->peer.addr,
             s->peer.port, s->rxq.n, s->rxq.bytes, s->drops, s->pid);
  }
}

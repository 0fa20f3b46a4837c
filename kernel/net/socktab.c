// The table of sockets: which one gets a datagram, and which ports are taken.
//
// Sockets that have a port hang in a bucket by its number. A lookup takes the bucket's lock, then the socket's, then
// lets the bucket go: whoever takes a socket out of its bucket and then its lock knows that nobody else comes.

#include "core/printf.h"
#include "core/rand.h"
#include "core/string.h"
#include "net/socktab.h"

#define BUCKETS 64

static struct {
  struct spinlock lock;
  struct sock *first;
} buckets[BUCKETS];

static struct sock socks[NSOCK];
static struct spinlock freelock = SPINLOCK("socktab");
static struct sock *freelist;  // under freelock
static uint nused;             // under freelock

void
socktab_init(void)
{
  for(int i = 0; i < BUCKETS; i++)
    initlock(&buckets[i].lock, "socktab");
  for(int i = NSOCK - 1; i >= 0; i--){
    initlock(&socks[i].lock, "sock");
    socks[i].link = freelist;
    freelist = &socks[i];
  }
}

// A socket with one reference and nothing set but its lock; 0: none left.
struct sock *
socktab_alloc(void)
{
  acquire(&freelock);
  struct sock *s = freelist;
  if(s){
    freelist = s->link;
    nused++;
  }
  release(&freelock);
  if(s){
    acquire(&s->lock);  // somebody may be looking at it, for netstat
    memset((uint8 *)s + sizeof(s->lock), 0, sizeof(*s) - sizeof(s->lock));
    s->refs = 1;
    release(&s->lock);
  }
  return s;
}

// Nobody has a reference any more.
void
socktab_free(struct sock *s)
{
  acquire(&freelock);
  s->proto = 0;
  s->link = freelist;
  freelist = s;
  nused--;
  release(&freelock);
}

uint
sock_count(void)
{
  return nused;
}

static inline uint
socktab_bucket(uint16 port)
{
  return (port ^ port >> 6) % BUCKETS;
}

// How well does s fit this datagram? 0: not at all; else the more of its endpoints are fixed, the better.
static inline int
fit(const struct sock *s, uint8 proto, uint32 laddr, uint16 lport, uint32 faddr, uint16 fport)
{
  if(s->local.port != lport || s->proto->proto != proto)
    return 0;
  if(s->local.addr && s->local.addr != laddr)
    return 0;
  if((s->peer.addr && s->peer.addr != faddr) || (s->peer.port && s->peer.port != fport))
    return 0;
  return 1 + (s->local.addr != 0) + (s->peer.addr != 0) + (s->peer.port != 0);
}

struct sock *
sock_find(uint8 proto, uint32 laddr, uint16 lport, uint32 faddr, uint16 fport)
{
  uint b = socktab_bucket(lport);
  struct sock *best = 0;
  int how = 0;
  if(__atomic_load_n(&buckets[b].first, __ATOMIC_RELAXED) == 0)
    return 0;
  acquire(&buckets[b].lock);
  for(struct sock *s = buckets[b].first; s; s = s->link){
    int f = fit(s, proto, laddr, lport, faddr, fport);
    if(f > how){
      how = f;
      best = s;
    }
  }
  if(best)
    acquire(&best->lock);
  release(&buckets[b].lock);
  return best;
}

struct sock *
socktab_find_lab(uint16 port)
{
  uint b = socktab_bucket(port);
  acquire(&buckets[b].lock);
  struct sock *s = buckets[b].first;
  while(s && !(s->lab && s->local.port == port))
    s = s->link;
  if(s)
    acquire(&s->lock);
  release(&buckets[b].lock);
  return s;
}

// Some port of the lab's calls that process pid has bound, with a reference; 0: none.
struct sock *
socktab_owned_lab(int pid)
{
  for(struct sock *s = socks; s < socks + NSOCK; s++){
    if(!s->lab || s->pid != pid)
      continue;
    acquire(&s->lock);
    int is = s->proto && s->lab && s->pid == pid && !s->closed;
    s->refs += is;
    release(&s->lock);
    if(is)
      return s;
  }
  return 0;
}

// Two of the lab's connections differ in their peers, and may have one port.
static int
same_peer(const struct sock *a, const struct sock *b)
{
  return !a->dialed || !b->dialed || (a->peer.addr == b->peer.addr && a->peer.port == b->peer.port);
}

// Would s at addr, port get datagrams that are another's? What counts is what that one was bound to: while it has a peer its
// address may be one of several. The bucket is locked.
static int
taken(uint b, const struct sock *s, uint32 addr, uint16 port)
{
  for(struct sock *o = buckets[b].first; o; o = o->link)
    if(o->local.port == port && o->proto == s->proto && (o->bound.addr == addr || o->bound.addr == 0 || addr == 0) &&
       same_peer(o, s))
      return 1;
  return 0;
}

// A port for s. by_bind: 0: for what it sends, from the address that it has. No datagram that another socket got becomes ours
// by it.
static int
socktab_take(struct sock *s, uint32 addr, uint16 port, int by_bind)
{
  uint b = socktab_bucket(port);
  int err = 0;
  acquire(&buckets[b].lock);
  acquire(&s->lock);
  if(s->local.port)
    err = -EINVAL;
  else if(taken(b, s, by_bind ? addr : s->bound.addr, port))
    err = -EADDRINUSE;
  if(err == 0){
    endpoint_store(&s->local, (struct endpoint){ by_bind && addr ? addr : s->local.addr, port });
    if(by_bind)
      endpoint_store(&s->bound, (struct endpoint){ addr, port });
    s->link = buckets[b].first;
    buckets[b].first = s;
    s->port_since = now();  // who comes later finds it
  }
  release(&s->lock);
  release(&buckets[b].lock);
  return err;
}

static int
take_any(struct sock *s, uint32 addr, int by_bind)
{
  // RFC 6056 3.3.1: from a random place on, so that nobody can guess it.
  uint range = 65536 - EPHEMERAL, start = rand32() % range;
  int err = -EADDRINUSE;
  for(uint i = 0; i < range && err == -EADDRINUSE; i++)
    err = socktab_take(s, addr, EPHEMERAL + (start + i) % range, by_bind);
  return err;
}

int
sock_take_port(struct sock *s, uint16 port)
{
  return port ? socktab_take(s, 0, port, 0) : take_any(s, 0, 0);
}

int
socktab_bind(struct sock *s, const struct endpoint *ep)
{
  return ep->port ? socktab_take(s, ep->addr, ep->port, 1) : take_any(s, ep->addr, 1);
}

uint
socktab_lock(struct sock *s)
{
  for(;;){
    uint16 port = endpoint_load(&s->local).port;
    uint b = socktab_bucket(port);
    acquire(&buckets[b].lock);
    acquire(&s->lock);
    if(s->local.port == port)
      return b;
    socktab_unlock(s, b);  // another process has given it one, or taken it away
  }
}

void
socktab_unlock(struct sock *s, uint b)
{
  release(&s->lock);
  release(&buckets[b].lock);
}

// Out of its bucket, which is locked.
static void
bucket_remove(struct sock *s, uint b)
{
  for(struct sock **at = &buckets[b].first; *at; at = &(*at)->link)
    if(*at == s){
      *at = s->link;
      break;
    }
}

void
socktab_release_port(struct sock *s, uint b)
{
  if(s->local.port)
    bucket_remove(s, b);
  endpoint_store(&s->local, (struct endpoint){ s->local.addr, 0 });
}

// Nobody finds s any more. It keeps its name, for who looks at it.
void
socktab_remove(struct sock *s)
{
  if(endpoint_load(&s->local).port == 0)
    return;
  uint b = socktab_lock(s);
  bucket_remove(s, b);
  socktab_unlock(s, b);
}

int
sock_record(int i, void *rec)
{
  struct kstat_sock *r = rec;
  if(i < 0 || i >= NSOCK)
    return -1;
  struct sock *s = &socks[i];
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

struct sock *
sock_number(int i)
{
  return i >= 0 && i < NSOCK ? &socks[i] : 0;
}

void
sock_dump(void)
{
  for(struct sock *s = socks; s < socks + NSOCK; s++){
    const struct sockproto *proto = s->proto;
    if(proto)
      printf("   %s %I:%d peer %I:%d: %d datagrams wait (%d bytes), %ld dropped, pid %d\n",
             s->lab ? "lab" : proto->name, s->local.addr, s->local.port, s->peer.addr,
             s->peer.port, s->rxq.n, s->rxq.bytes, s->drops, s->pid);
  }
}

// Routes. The table is small and kept sorted, longest mask first, so that the first one that fits is the right
// one. Every datagram that is sent looks here and hardly anybody writes: readers take no lock, but look again if
// the version moved while they were reading.
//
// Of routes with one destination and mask the first is used. One whose gateway does not answer ARP goes behind the
// others; what is sent then tries the next one, and in the end the first one again. Who a redirect sends elsewhere is a
// route to one host, in front of others; a few, for some time.

#include "net/route.h"
#include "core/spinlock.h"
#include "core/string.h"
#include "net/arptab.h"
#include "net/generation.h"
#include "net/ipaddr.h"
#include "sched/timer.h"

#define ONE_HOST 0xffffffffu  // mask

struct route {
  uint32 dest, mask, gateway;  // host order
  struct netif *nif;
  uint64 until;                // a redirect's: when it ends; 0: somebody added it
};

static struct spinlock routelock = SPINLOCK("route");  // for writers
static uint version;                // [a] odd: being written
static struct route table[ROUTES_MAX];
static int nroutes;
static struct timer reaper;

static void
write_begin(void)
{
  acquire(&routelock);
  __atomic_store_n(&version, version + 1, __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void
write_end(void)
{
  __atomic_store_n(&version, version + 1, __ATOMIC_RELEASE);
  release(&routelock);
  net_changed();
}

// The route for dst; -1: none. A writer may be at work: all that is counted in has a nif, the version tells the rest.
static inline int
lookup(uint32 dst)
{
  int n = __atomic_load_n(&nroutes, __ATOMIC_ACQUIRE);
  for(int i = 0; i < n; i++)
    if((dst & table[i].mask) == table[i].dest && table[i].nif->up)
      return i;
  return -1;
}

struct netif *
route_lookup(uint32 dst, uint32 *next)
{
  for(;;){
    uint v = __atomic_load_n(&version, __ATOMIC_ACQUIRE);
    struct netif *nif = 0;
    uint32 hop = 0;
    int i = lookup(dst);
    if(i >= 0){
      nif = table[i].nif;
      hop = table[i].gateway ? table[i].gateway : dst;
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if(likely(count_get(&version) == v && (v & 1) == 0)){
      *next = hop;
      return nif;
    }
  }
}

// From number i on, the next route to dest, mask by this gateway, 0: by any; -1: no more.
static int
route_find(int i, uint32 dest, uint32 mask, uint32 gateway)
{
  for(; i < nroutes; i++)
    if(table[i].dest == dest && table[i].mask == mask && (gateway == 0 || table[i].gateway == gateway))
      return i;
  return -1;
}

static void
remove(int i)
{
  for(; i + 1 < nroutes; i++)
    table[i] = table[i + 1];
  nroutes--;
}

// Behind those whose masks are as long.
static void
insert(struct route r)
{
  int i = nroutes;
  for(; i > 0 && table[i - 1].mask < r.mask; i--)
    table[i] = table[i - 1];
  table[i] = r;
  __atomic_store_n(&nroutes, nroutes + 1, __ATOMIC_RELEASE);  // a reader that counts it in finds it there
}

int
route_add(uint32 dest, uint32 mask, uint32 gateway, struct netif *nif)
{
  int err = 0;
  if((~mask & (~mask + 1)) != 0 || (dest & ~mask) != 0)
    return -EINVAL;
  write_begin();
  // Looked at under the lock: if the address changes, it has, or route_netif() will see the route.
  struct netif_net net = netif_net(nif);
  if(gateway && (gateway == net.addr || !netif_net_has(net, gateway))){
    write_end();
    return -ENETUNREACH;
  }
  for(int i = 0; (i = route_find(i, dest, mask, 0)) >= 0; i++){
    if(table[i].until)
      remove(i--);  // who adds a route knows better than a gateway
    else if(gateway == 0 || table[i].gateway == 0 || table[i].gateway == gateway)
      err = -EEXIST;
  }
  if(err == 0 && nroutes == ROUTES_MAX)
    err = -ENOSPC;
  if(err == 0)
    insert((struct route){ dest, mask, gateway, nif, 0 });
  write_end();
  return err;
}

int
route_delete(uint32 dest, uint32 mask, uint32 gateway)
{
  int i, err = -ENOENT;
  write_begin();
  while((i = route_find(0, dest, mask, gateway)) >= 0){
    remove(i);
    err = 0;
  }
  write_end();
  return err;
}

// Number of the redirect that ends first; *n: how many there are. -1: none.
static int
first_to_end(int *n)
{
  int first = -1;
  *n = 0;
  for(int i = 0; i < nroutes; i++)
    if(table[i].until){
      ++*n;
      if(first < 0 || table[i].until < table[first].until)
        first = i;
    }
  return first;
}

// Another host of this link, by its address.
static int
is_neighbour(const struct netif *nif, uint32 addr)
{
  struct netif_net n = netif_net(nif);
  return netif_net_has(n, addr) && addr != n.addr && (addr & ~n.mask) != 0 && !netif_is_broadcast(nif, addr);
}

// RFC 1122 3.2.2.2: only from the gateway that dst is sent to now, and only to a neighbour. What somebody set for this
// one host stays.
int
route_redirect(struct netif *nif, uint32 from, uint32 dst, uint32 gateway)
{
  int n, ok = is_neighbour(nif, gateway) && gateway != from && ip_is_host(dst);
  uint64 until = now() + ROUTE_REDIRECT_S * SEC;
  write_begin();
  int i = lookup(dst);
  ok = ok && i >= 0 && table[i].nif == nif && table[i].gateway == from && (table[i].mask != ONE_HOST || table[i].until);
  if(ok && table[i].until)
    remove(i);
  int old = first_to_end(&n);
  if(ok && old >= 0 && (n == REDIRECTS_MAX || nroutes == ROUTES_MAX))
    remove(old);
  ok = ok && nroutes < ROUTES_MAX;
  if(ok)
    insert((struct route){ dst, ONE_HOST, gateway, nif, until });
  write_end();
  if(ok && !reaper.set)
    timer_set(&reaper, until);
  return ok;
}

static void
route_reap(void *arg)
{
  int i, n;
  write_begin();
  while((i = first_to_end(&n)) >= 0 && table[i].until <= now())
    remove(i);
  uint64 next = i >= 0 ? table[i].until : 0;
  write_end();
  if(next)
    timer_set(&reaper, next);
}

void
route_failed(struct netif *nif, uint32 gateway)
{
  write_begin();
  for(int i = nroutes - 1; i >= 0; i--){
    struct route r = table[i];
    if(r.nif != nif || r.gateway != gateway)
      continue;
    remove(i);
    if(r.until == 0)
      insert(r);
  }
  write_end();
}

// Routes through nif that its address no longer carries go; the one to its own net comes.
void
route_netif(struct netif *nif)
{
  write_begin();
  struct netif_net n = netif_net(nif);  // under the lock: of two changes at once the later one's is last
  for(int i = nroutes - 1; i >= 0; i--){
    struct route *r = &table[i];
    if(r->nif == nif && (r->gateway == 0 || !netif_net_has(n, r->gateway)))
      remove(i);
  }
  if(n.addr && route_find(0, n.addr & n.mask, n.mask, 0) < 0 && nroutes < ROUTES_MAX)
    insert((struct route){ n.addr & n.mask, n.mask, 0, nif, 0 });
  write_end();
}

int
route_record(int i, void *rec)
{
  struct kstat_route *k = rec;
  acquire(&routelock);
  if(i < 0 || i >= nroutes){
    release(&routelock);
    return -1;
  }
  struct route r = table[i];
  release(&routelock);
  memset(k, 0, sizeof(*k));
  safestrcpy(k->ifname, r.nif->name, sizeof(k->ifname));
  k->dest = r.dest;
  k->mask = r.mask;
  k->gateway = r.gateway;
  return 1;
}

void
route_init(void)
{
  timer_init(&reaper, route_reap, 0);
  arp_silent = route_failed;
}

// Routes. The table is small and kept sorted, longest mask first, so that the first one that fits is the right
// one. Every datagram that is sent looks here and hardly anybody writes: readers take no lock, but look again if
// the version moved while they were reading.

#include "net/route.h"
#include "core/string.h"
#include "core/spinlock.h"

struct route {
  uint32 dest, mask, gateway;  // host order
  struct netif *nif;
};

static struct spinlock routelock = SPINLOCK("route");  // for writers
static uint version;                // [a] odd: being written
static struct route table[ROUTES_MAX];
static int nroutes;

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
}

struct netif *
route_lookup(uint32 dst, uint32 *next)
{
  for(;;){
    uint v = __atomic_load_n(&version, __ATOMIC_ACQUIRE);
    struct netif *nif = 0;
    uint32 hop = 0;
    for(int i = 0; i < nroutes; i++){
      const struct route *r = &table[i];
      if((dst & r->mask) == r->dest && r->nif->up){
        nif = r->nif;
        hop = r->gateway ? r->gateway : dst;
        break;
      }
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if(likely(count_get(&version) == v && (v & 1) == 0)){
      *next = hop;
      return nif;
    }
  }
}

static int
find(uint32 dest, uint32 mask)
{
  for(int i = 0; i < nroutes; i++)
    if(table[i].dest == dest && table[i].mask == mask)
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

static void
insert(uint32 dest, uint32 mask, uint32 gateway, struct netif *nif)
{
  int i = nroutes++;
  for(; i > 0 && table[i - 1].mask < mask; i--)
    table[i] = table[i - 1];
  table[i] = (struct route){ dest, mask, gateway, nif };
}

int
route_add(uint32 dest, uint32 mask, uint32 gateway, struct netif *nif)
{
  int err = 0;
  if((~mask & (~mask + 1)) != 0 || (dest & ~mask) != 0)
    return -EINVAL;
  if(gateway && (nif->addr == 0 || gateway == nif->addr || ((gateway ^ nif->addr) & nif->mask)))
    return -ENETUNREACH;
  write_begin();
  if(find(dest, mask) >= 0)
    err = -EEXIST;
  else if(nroutes == ROUTES_MAX)
    err = -ENOSPC;
  else
    insert(dest, mask, gateway, nif);
  write_end();
  return err;
}

int
route_delete(uint32 dest, uint32 mask)
{
  write_begin();
  int i = find(dest, mask);
  if(i >= 0)
    remove(i);
  write_end();
  return i >= 0 ? 0 : -ENOENT;
}

// Routes through nif that its address no longer carries go; the one to its own net comes.
void
route_netif(struct netif *nif)
{
  uint32 net = nif->addr & nif->mask;
  write_begin();
  for(int i = nroutes - 1; i >= 0; i--){
    struct route *r = &table[i];
    if(r->nif == nif && (r->gateway == 0 || nif->addr == 0 || (r->gateway & nif->mask) != net))
      remove(i);
  }
  if(nif->addr && find(net, nif->mask) < 0 && nroutes < ROUTES_MAX)
    insert(net, nif->mask, 0, nif);
  write_end();
}

int
route_record(int i, struct kstat_route *k)
{
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

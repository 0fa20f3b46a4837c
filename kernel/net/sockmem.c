// See sockmem.h. The numbers may be a packet a hart too high: a datagram looks first and counts then.

#include "net/sockmem.h"
#include "core/spinlock.h"
#include "net/sockpriv.h"

#define FEW 128  // sockets that are sure of a packet, in a pool that is not too small

// What sockets share. The rest is left to those that hold less than their own few, and to processes whose sockets hold nothing.
#define OWN(part) MAX((part) / 4, MIN((part) / 2, FEW))
#define LONGEST (IP_MAXLEN / NETIF_MTU_MAX + 2)  // packets of the longest datagram that came in fragments of the usual size

static struct spinlock memlock = SPINLOCK("sockmem");
static struct sockaccount *accounts, *unused;  // under memlock; pid and socks of each, too
static uint pages;                             // [a] of all
static uint sending;                           // [a] packets of messages that are being made

void
sockmem_add_account(struct sockaccount *a)
{
  acquire(&memlock);
  a->next = unused;
  unused = a;
  release(&memlock);
}

void
sockmem_open(struct sock *s)
{
  acquire(&memlock);
  struct sockaccount *a = accounts;
  while(a && a->pid != s->pid)
    a = a->next;
  if(a == 0){
    a = unused;
    unused = a->next;
    a->next = accounts;
    a->pid = s->pid;
    accounts = a;
  }
  a->socks++;
  release(&memlock);
  s->account = a;
}

void
sockmem_close(struct sock *s)
{
  struct sockaccount *a = s->account, **at = &accounts;
  acquire(&memlock);
  if(--a->socks == 0){
    debug_assert(count_get(&a->pages) == 0);
    while(*at != a)
      at = &(*at)->next;
    *at = a->next;
    a->next = unused;
    unused = a;
  }
  release(&memlock);
}

// Is there room beyond what everybody may have at any time?
static int __attribute__((noinline))
sockmem_has_room(const struct sock *s, uint datagrams, uint n, uint all)
{
  const uint part = pkt_parts[PART_SOCKS], common = part - OWN(part), most = MAX(common / 2, LONGEST);
  uint own = count_get(&s->account->pages) + n;

  if(all <= common && own <= most)
    return 1;
  return all <= part && (datagrams < (part - common) / MAX(FEW, sock_count()) || own <= n);
}

int
sockmem_take(struct sock *s, uint datagrams, uint n)
{
  uint all = count_get(&pages) + n;

  // A quarter of the part is within both bounds, that of all and that of each process.
  if(unlikely(all > pkt_parts[PART_SOCKS] / 4) && !sockmem_has_room(s, datagrams, n, all))
    return 0;
  count_add(&pages, n);
  count_add(&s->account->pages, n);
  return 1;
}

void
sockmem_give(struct sock *s, uint n)
{
  count_add(&pages, -n);
  count_add(&s->account->pages, -n);
}

static uint
packets(uint64 bytes)
{
  return bytes / SOCK_PAGE + 1;
}

int
sockmem_send(uint64 bytes)
{
  uint n = packets(bytes), most = MAX(pkt_parts[PART_SEND], packets(IP_MAXLEN));  // the longest one has room if it is alone

  if(__atomic_add_fetch(&sending, n, __ATOMIC_RELAXED) <= most)
    return 1;
  count_add(&sending, -n);
  return 0;
}

void
sockmem_sent(uint64 bytes)
{
  count_add(&sending, -packets(bytes));
}

uint
sock_pages(void)
{
  return count_get(&pages);
}

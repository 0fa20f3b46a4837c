// See sockmem.h. The numbers may be a packet a hart too high: a datagram looks first and counts then.

#include "net/sockmem.h"
#include "core/spinlock.h"
#include "net/sockpriv.h"

// What sockets share. The rest is left to those that hold less than their own few, and to processes whose sockets hold nothing.
#define OWN(part) MAX((part) / 4, MIN((part) / 2, NSOCK))
#define LONGEST (IP_MAXLEN / NETIF_MTU_MAX + 2)  // packets of the longest datagram that came in fragments of the usual size

static struct spinlock memlock = SPINLOCK("socktab");
static struct sockaccount accounts[NSOCK];  // pid and socks under memlock
static uint pages;                          // [a] of all
static uint sending;                        // [a] packets of messages that are being made

void
sockmem_open(struct sock *s)
{
  struct sockaccount *a = accounts, *unused = 0;

  acquire(&memlock);
  for(; a < accounts + NSOCK && (a->socks == 0 || a->pid != s->pid); a++)
    if(a->socks == 0)
      unused = a;
  if(a == accounts + NSOCK)
    a = unused;  // there is one: there are as many as sockets
  a->pid = s->pid;
  a->socks++;
  release(&memlock);
  s->account = a;
}

void
sockmem_close(struct sock *s)
{
  acquire(&memlock);
  s->account->socks--;
  debug_assert(s->account->socks > 0 || count_get(&s->account->pages) == 0);
  release(&memlock);
}

int
sockmem_take(struct sock *s, uint datagrams, uint n)
{
  const uint part = pkt_parts[PART_SOCKS], common = part - OWN(part), most = MAX(common / 2, LONGEST);
  uint all = count_get(&pages) + n, own = count_get(&s->account->pages) + n;

  if(unlikely(all > common || own > most) && (all > part || (datagrams >= (part - common) / NSOCK && own > n)))
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

// Sockets, as the system calls use them.
//
// Up: sock_queue() puts a datagram on the socket's bounded queue and wakes one reader, which copies it to its
// process straight from the packet's page. Down: one copy from the process into packets, then the transport. What differs from
// transport to transport is in its table (struct sockproto): nothing here asks which one it is.
// No lock is held while bytes are copied, and none while a packet is sent.

#include "net/sock.h"
#include "core/check.h"
#include "core/cpu.h"
#include "core/string.h"
#include "mm/uaccess.h"
#include "net/sockmem.h"
#include "net/socktab.h"
#include "pkt/drop.h"
#include "sched/proc.h"
#include "sched/timer.h"

#define SNDBUF_DEFAULT (64 * 1024)

void (*sock_changed)(struct sock *s);

void
sock_tell(struct sock *s)
{
  check_no_locks("news of a socket");
  if(sock_changed)
    sock_changed(s);
}

static uint
pages(const struct pktbuf *p)
{
  uint n = 0;
  for(; p; p = p->more)
    n++;
  return n;
}

// --- making and ending ---

static const struct sockproto *protos[4];  // constant after boot

void
sock_register(const struct sockproto *proto)
{
  uint i = 0;
  while(protos[i])
    i++;
  assert(i < NELEM(protos) - 1);
  protos[i] = proto;
}

struct sock *
sock_new(const struct sockproto *proto, uint rxmax)
{
  struct sock *s = socktab_alloc();
  if(s == 0)
    return 0;
  s->ttl = IP_TTL_DEFAULT;
  s->rxmax = rxmax;
  s->rxbytes = SOCK_RXBYTES;
  s->sndbuf = SNDBUF_DEFAULT;
  s->pid = myproc() ? myproc()->pid : 0;
  wq_init(&s->readers);
  sockmem_open(s);
  s->ipproto = proto->proto;
  s->proto = proto;
  return s;
}

struct sock *
sock_create(int type, int *err)
{
  uint i = 0;
  while(protos[i] && protos[i]->type != type)
    i++;
  struct sock *s = protos[i] ? sock_new(protos[i], SOCK_RXMAX) : 0;
  *err = s ? 0 : protos[i] ? -ENOBUFS : -EPROTONOSUPPORT;
  return s;
}

void
sock_unref(struct sock *s)
{
  acquire(&s->lock);
  int last = --s->refs == 0;
  release(&s->lock);
  if(last){
    sockmem_close(s);
    socktab_free(s);
  }
}

void
sock_end(struct sock *s)
{
  socktab_remove(s);
  acquire(&s->lock);
  s->closed = 1;
  struct pktq q = s->rxq;
  s->rxq = (struct pktq){ 0 };
  if(s->feedback.choked)
    gate_relax(&s->feedback);
  wq_wake_all(&s->readers);
  release(&s->lock);
  sock_drop_queued(s, &q, DROP_SOCK_CLOSED);
  sock_unref(s);
}

void
sock_close(struct sock *s)
{
  sock_end(s);
}

// --- receiving ---

// May s hold p, too? 1: its packets are counted.
static inline int
has_room(struct sock *s, const struct pktbuf *p)
{
  if(s->rxq.n >= s->rxmax || s->rxq.bytes + pkt_chain_len(p) > s->rxbytes)
    return 0;
  return sockmem_take(s, s->rxq.n, p->more ? pages(p) : 1);
}

// Full enough to ask the cards to wait; empty enough to let them go on.
static inline int
nearly_full(const struct sock *s)
{
  return 4 * s->rxq.n >= 3 * s->rxmax || 4 * s->rxq.bytes >= 3 * s->rxbytes;
}

static inline int
nearly_empty(const struct sock *s)
{
  return 4 * s->rxq.n <= s->rxmax && 4 * s->rxq.bytes <= s->rxbytes;
}

void
sock_queue(struct sock *s, struct pktbuf *p)
{
  if(unlikely((s->shut & 1 << SHUT_RD) || s->closed || !has_room(s, p))){
    enum drop_reason why = s->closed || (s->shut & 1 << SHUT_RD) ? DROP_SOCK_CLOSED : DROP_SOCK_FULL;
    s->drops++;
    release(&s->lock);
    pkt_drop(p, why, 0);
    return;
  }
  pkt_own(p, PKT_STACK, PKT_SOCK);
  pkt_stage(p, PATH_QUEUE);
  pktq_put(&s->rxq, p);
  s->received++;
  // Who fills it over lo is a program, which no NIC that waits slows down.
  if(unlikely(nearly_full(s)) && !p->nif->loopback)
    gate_choke(&s->feedback);
  wq_wake_one(&s->readers);
  release(&s->lock);
  sock_tell(s);
}

void
sock_drop_queued(struct sock *s, struct pktq *q, enum drop_reason why)
{
  struct pktbuf *p;
  while((p = pktq_get(q)) != 0){
    sockmem_give(s, pages(p));
    pkt_drop(p, why, 0);
  }
}

struct pktbuf *
sock_wait(struct sock *s, int nonblock, int *err)
{
  struct pktbuf *p = 0;
  uint64 until = 0;
  int e = 0;
  while(e == 0){
    if(unlikely((e = s->err) != 0)){
      s->err = 0;
    } else if(unlikely(s->closed)){
      e = -EBADF;
    } else if((p = pktq_get(&s->rxq)) != 0 || (s->shut & 1 << SHUT_RD)){
      break;
    } else if(nonblock){
      e = -EAGAIN;
    } else if(s->rcvtimeo == 0){
      e = wq_sleep(&s->readers, &s->lock);
    } else {
      until = until ? until : now() + s->rcvtimeo;
      if((e = wq_sleep_until(&s->readers, &s->lock, until)) == -ETIMEDOUT)
        e = -EAGAIN;
    }
  }
  if(unlikely(s->feedback.choked))
    gate_read(&s->feedback, nearly_empty(s));
  if(e && s->rxq.n)
    wq_wake_one(&s->readers);  // the wake-up that this one does not use may have been the only one
  release(&s->lock);
  *err = e;
  if(p)
    pkt_own(p, PKT_SOCK, PKT_STACK);
  return p;
}

int
sock_scatter(const struct pktbuf *p, uint64 uva, uint64 n)
{
  for(; p && n > 0; p = p->more){
    uint m = MIN(n, pkt_len(p));
    if(copyout(uva, p->page + p->head, m) < 0)
      return -EFAULT;
    uva += m;
    n -= m;
  }
  return 0;
}

void
sock_return(struct sock *s, struct pktbuf *p)
{
  acquire(&s->lock);
  if(s->closed){
    release(&s->lock);
    sock_discard(s, p);
    return;
  }
  pkt_own(p, PKT_STACK, PKT_SOCK);
  pktq_unget(&s->rxq, p);
  wq_wake_one(&s->readers);
  release(&s->lock);
  sock_tell(s);
}

void
sock_discard(struct sock *s, struct pktbuf *p)
{
  sockmem_give(s, p->more ? pages(p) : 1);
  pkt_free(p);
}

void
sock_received(struct sock *s, struct pktbuf *p, int told)
{
  if(told)
    sock_discard(s, p);
  else
    sock_return(s, p);  // a bad buffer costs nobody a datagram
}

struct pktq
sock_take_others(struct sock *s)
{
  struct pktq all = s->rxq, others = { 0 };
  struct pktbuf *p;
  s->rxq = (struct pktq){ 0 };
  while((p = pktq_get(&all)) != 0)
    pktq_put(p->src == s->peer.addr && (s->peer.port == 0 || p->sport == s->peer.port) ? &s->rxq : &others, p);
  if(s->feedback.choked)
    gate_read(&s->feedback, nearly_empty(s));
  return others;
}

void
sock_error(struct sock *s, int err)
{
  s->err = err;
  wq_wake_all(&s->readers);
  release(&s->lock);
  sock_tell(s);
}

// --- sending ---

static inline struct pktbuf *
gather(uint64 uva, uint64 n, int *err)
{
  struct pktbuf *first = 0, **at = &first;
  do {
    struct pktbuf *p = pkt_alloc();
    if(p == 0){
      pkt_free(first);
      *err = drop_count(DROP_NOMEM, -ENOBUFS);
      return 0;
    }
    *at = p;
    at = &p->more;
    pkt_reserve(p, PKT_DATA);
    uint m = MIN(n, SOCK_PAGE);
    if(m && copyin(pkt_put(p, m), uva, m) < 0){
      pkt_free(first);
      *err = -EFAULT;
      return 0;
    }
    uva += m;
    n -= m;
  } while(n > 0);
  return first;
}

struct pktbuf *
sock_gather(uint64 uva, uint64 n, int *err)
{
  struct pktbuf *p;

  if(likely(n <= SOCK_PAGE))
    return gather(uva, n, err);
  if(!sockmem_send(n)){
    *err = drop_count(DROP_SOCK_SEND, -ENOBUFS);
    return 0;
  }
  if((p = gather(uva, n, err)) == 0)
    sockmem_sent(n);
  return p;
}

void
sock_gathered(uint64 n)
{
  if(unlikely(n > SOCK_PAGE))
    sockmem_sent(n);
}

int
sock_take_error(struct sock *s)
{
  acquire(&s->lock);
  int e = s->err;
  s->err = 0;
  release(&s->lock);
  return e;
}

void
sock_put_error(struct sock *s, int err)
{
  acquire(&s->lock);
  if(s->err == 0)
    s->err = err;
  wq_wake_all(&s->readers);
  release(&s->lock);
  sock_tell(s);
}

// --- names of its two ends ---

int
sock_bind(struct sock *s, const struct endpoint *ep)
{
  if(s->local.port)
    return -EINVAL;
  if(ep->addr && !netif_is_ours(ep->addr))
    return -EADDRNOTAVAIL;
  return socktab_bind(s, ep);
}

void
sock_name(struct sock *s, struct endpoint *local, struct endpoint *peer)
{
  acquire(&s->lock);
  *local = s->local;
  *peer = s->peer;
  release(&s->lock);
}

// --- the transport's verbs ---

int
sock_connect(struct sock *s, const struct endpoint *ep, int nonblock)
{
  return s->proto->connect(s, ep, nonblock);
}

int64
sock_sendto(struct sock *s, uint64 uva, uint64 n, const struct endpoint *to, int nonblock)
{
  return s->proto->send(s, uva, n, to, nonblock);
}

struct pktbuf *
sock_receive(struct sock *s, uint64 uva, uint64 n, struct endpoint *from, int flags, int nonblock, int64 *result)
{
  return s->proto->recv(s, uva, n, from, flags, nonblock, result);
}

int64
sock_recvfrom(struct sock *s, uint64 uva, uint64 n, struct endpoint *from, int flags, int nonblock)
{
  int64 result;
  struct pktbuf *p = sock_receive(s, uva, n, from, flags, nonblock, &result);
  if(p)
    sock_received(s, p, result >= 0 && !(flags & MSG_PEEK));
  return result;
}

int
sock_poll(struct sock *s)
{
  return s->proto->poll(s);
}

int
sock_shutdown(struct sock *s, int how)
{
  return s->proto->shutdown(s, how);
}

void
sock_init(void)
{
  socktab_init();
}

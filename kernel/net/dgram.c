// What the transports of datagrams have in common: a peer, and one datagram a call.

#include "net/dgram.h"
#include "core/cpu.h"
#include "core/string.h"
#include "mm/uaccess.h"
#include "net/sockmem.h"
#include "net/socktab.h"
#include "pkt/drop.h"
#include "pkt/trace.h"
#include "pkt/tune.h"
#include "sched/proc.h"
#include "sched/timer.h"

// --- the peer (POSIX.1-2017: connect()) ---
//
// What bind() was told stays until the socket is closed. The rest, an address, a port or both, is chosen when it is needed: for the
// peer that the program connects to, or to send from. It is good for that peer only: the next one has its own, and with none
// it is gone, so that no call meets what another one chose.

// No peer: what was chosen for one, or to send from, goes with it; so does an error that one's datagrams met.
static void
disconnect(struct sock *s)
{
  socktab_lock(s);
  socktab_set_ends(s, s->bound, (struct endpoint){ 0 });
  s->port_since = now();
  s->err = 0;
  socktab_unlock(s);
}

int
dgram_connect(struct sock *s, const struct endpoint *ep, int nonblock)
{
  struct dst d;
  int err;
  if(ep->addr == 0 && ep->port == 0){
    disconnect(s);
    return 0;
  }
  if(ep->addr == 0 || (ep->port == 0 && s->proto->ports))
    return -EINVAL;
  // From the address that the program has bound it to, if any: what the last connect() chose was for another peer.
  if((err = dst_find(ep->addr, endpoint_load(&s->bound).addr, &d)) < 0)
    return err;
  if(d.broadcast && !s->broadcast)
    return -EACCES;
  for(;;){
    socktab_lock(s);
    if(s->local.port || !s->proto->ports)
      break;
    socktab_unlock(s);
    if((err = sock_take_port(s, 0)) < 0 && err != -EINVAL)
      return err;
  }
  socktab_set_ends(s, (struct endpoint){ d.src, s->local.port }, *ep);
  s->err = 0;  // was of the last one
  struct pktq others = sock_take_others(s);
  socktab_unlock(s);
  sock_drop_queued(s, &others, DROP_SOCK_PEER);
  return 0;
}

// --- receiving ---

struct pktbuf *
dgram_recv(struct sock *s, uint64 uva, uint64 n, struct endpoint *from, int flags, int nonblock, int64 *result)
{
  int err;
  acquire(&s->lock);
  struct pktbuf *p = sock_wait(s, nonblock || (flags & MSG_DONTWAIT), &err);
  if(p == 0){
    *from = (struct endpoint){ 0 };
    *result = err;
    return 0;
  }
  uint64 len = pkt_chain_len(p), copied = MIN(n, len);
  from->addr = p->src;
  from->port = p->sport;
  pkt_stage(p, PATH_READER);
  err = likely(p->more == 0) ? copyout(uva, pkt_data(p), copied) : sock_scatter(p, uva, copied);
  pkt_stage(p, PATH_COPIED);
  *result = err < 0 ? err : (int64)((flags & MSG_TRUNC) ? len : copied);
  return p;
}

// --- sending ---

// What a datagram is sent with, all as it was at one moment, whoever connects s meanwhile.
struct outgoing {
  struct endpoint to;
  uint32 from;                // address, 0: any
  uint16 sport;
  uint8 broadcast;            // may it go to all?
  struct ip_form form;
  uint8 options[IP_OPTMAX];
  struct dst dst;             // good, if it is for `to` and `from`
  uint32 dst_from;
};

// to: 0, the peer.
static void
take_ends(struct sock *s, const struct endpoint *to, struct outgoing *o)
{
  acquire(&s->lock);
  o->to = to ? *to : s->peer;
  o->sport = s->local.port;
  // The address that was chosen for the peer is not everybody's.
  o->from = o->to.addr == s->peer.addr && o->to.port == s->peer.port ? s->local.addr : s->bound.addr;
  o->broadcast = s->broadcast;
  o->form = (struct ip_form){ .ttl = s->ttl, .tos = s->tos, .optlen = s->optlen };
  if(unlikely(s->optlen)){
    memcpy(o->options, s->options, s->optlen);
    o->form.options = o->options;
  }
  o->dst = s->dst;
  o->dst_from = s->dst_from;
  release(&s->lock);
}

// Where the datagram goes, looked up anew; the socket keeps it. result: 0, or -E...
static int
find_way(struct sock *s, struct outgoing *o)
{
  int err = dst_find(o->to.addr, o->from, &o->dst);
  if(err < 0)
    return err;
  dst_neighbour(&o->dst);
  acquire(&s->lock);
  s->dst = o->dst;
  s->dst_from = o->from;
  release(&s->lock);
  return 0;
}

// The message p down to the card. to: 0, the peer at this moment. result: 0, or -E...
static int
output(struct sock *s, const struct endpoint *to, struct pktbuf *p)
{
  struct outgoing o;
  int err = 0;
  take_ends(s, to, &o);
  while(unlikely(o.sport == 0) && o.to.addr && s->proto->ports && err == 0){
    err = sock_take_port(s, 0);
    if(err == -EINVAL)  // another process was first
      err = 0;
    take_ends(s, to, &o);
  }
  if(err == 0 && unlikely(o.to.addr == 0))
    err = -EDESTADDRREQ;
  if(err == 0 && unlikely(!dst_is_good(&o.dst, o.to.addr) || o.dst_from != o.from))
    err = find_way(s, &o);
  if(err == 0 && unlikely(o.dst.broadcast) && !o.broadcast)
    err = -EACCES;
  if(unlikely(err < 0)){
    pkt_free(p);
    return err;
  }
  p->sport = o.sport;
  return s->proto->output(s, &o.dst, &o.form, o.to.port, p);
}

// The same for a program that will soon send more, because more requests wait for it: one tail write for some of them.
static int __attribute__((noinline))
output_deferred(struct sock *s, const struct endpoint *to, struct pktbuf *p)
{
  netif_tx_hold();
  int err = output(s, to, p);
  netif_tx_defer();
  return err;
}

int64
dgram_send(struct sock *s, uint64 uva, uint64 n, const struct endpoint *to, int nonblock)
{
  // The socket is read without its lock: who connects or shuts it down meanwhile, in another process, is before or after.
  struct endpoint dst = to ? *to : endpoint_load(&s->peer);
  int err;
  if(unlikely(s->err) && (err = sock_take_error(s)) < 0)
    return err;
  if(unlikely(s->shut & 1 << SHUT_WR))
    return -EPIPE;
  if(unlikely(n > s->proto->maxlen))
    return -EMSGSIZE;
  if(unlikely(dst.addr == 0 || (dst.port == 0 && s->proto->ports)))
    return to ? -EINVAL : -EDESTADDRREQ;
  trace_came();
  struct pktbuf *p = sock_gather(uva, n, &err);
  if(unlikely(p == 0))
    return err;
  if(unlikely(trace_on))
    trace_send(&p->trace);
  int more = unlikely(count_get(&s->rxq.n) > 0) && TUNE(TXDEFER) && TUNE(MODE) == MODE_POLL;
  push_off();  // once for all the locks on the way
  err = unlikely(more) ? output_deferred(s, to, p) : output(s, to, p);
  pop_off();
  sock_gathered(n);
  if(unlikely(err < 0))
    return err;
  count_add(&s->sent, 1);
  return n;
}

// --- state ---

int
dgram_poll(struct sock *s)
{
  int ev = 0;
  acquire(&s->lock);
  if(s->rxq.n || s->err || (s->shut & 1 << SHUT_RD))
    ev |= POLLIN;
  if(!(s->shut & 1 << SHUT_WR))
    ev |= POLLOUT;
  if(s->err)
    ev |= POLLERR;
  if(s->shut == (1 << SHUT_RD | 1 << SHUT_WR))
    ev |= POLLHUP;
  release(&s->lock);
  return ev;
}

int
dgram_shutdown(struct sock *s, int how)
{
  if(how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
    return -EINVAL;
  acquire(&s->lock);
  if(s->peer.addr == 0){
    release(&s->lock);
    return -ENOTCONN;
  }
  if(how != SHUT_WR)
    s->shut |= 1 << SHUT_RD;
  if(how != SHUT_RD)
    s->shut |= 1 << SHUT_WR;
  wq_wake_all(&s->readers);
  release(&s->lock);
  sock_tell(s);
  return 0;
}

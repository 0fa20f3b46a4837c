// Names of a socket's two ends: bind, connect (POSIX.1-2017: bind(), connect()).
//
// What bind() was told stays until the socket is closed. The rest, an address, a port or both, is chosen when it is needed: for the
// peer that the program connects to, or to send from. It is good for that peer only: the next one has its own, and with none
// it is gone, so that no call meets what another one chose.

#include "net/socktab.h"

int
sock_bind(struct sock *s, const struct endpoint *ep)
{
  if(s->local.port)
    return -EINVAL;
  if(ep->addr && !netif_is_ours(ep->addr))
    return -EADDRNOTAVAIL;
  return socktab_bind(s, ep);
}

// No peer: what was chosen for one, or to send from, goes with it; so does an error that one's datagrams met.
static void
sock_disconnect(struct sock *s)
{
  uint b = socktab_lock(s);
  if(s->bound.port == 0)
    socktab_release_port(s, b);
  endpoint_store(&s->local, s->bound);
  endpoint_store(&s->peer, (struct endpoint){ 0 });
  s->err = 0;
  socktab_unlock(s, b);
}

int
sock_connect(struct sock *s, const struct endpoint *ep, int nonblock)
{
  struct dst d;
  uint b;
  int err;
  if(ep->addr == 0 && ep->port == 0){
    sock_disconnect(s);
    return 0;
  }
  if(ep->addr == 0 || (ep->port == 0 && s->proto == &udp_proto))
    return -EINVAL;
  // From the address that the program has bound it to, if any: what the last connect() chose was for another peer.
  if((err = dst_find(ep->addr, endpoint_load(&s->bound).addr, &d)) < 0)
    return err;
  if(d.broadcast && !s->broadcast)
    return -EACCES;
  for(;;){
    b = socktab_lock(s);
    if(s->local.port || s->proto != &udp_proto)
      break;
    socktab_unlock(s, b);
    if((err = sock_take_port(s, 0)) < 0 && err != -EINVAL)
      return err;
  }
  endpoint_store(&s->local, (struct endpoint){ d.src, s->local.port });
  endpoint_store(&s->peer, *ep);
  s->err = 0;  // was of the last one
  struct pktq others = sock_take_others(s);
  socktab_unlock(s, b);
  sock_drop_queued(s, &others, DROP_SOCK_PEER);
  return 0;
}

void
sock_name(struct sock *s, struct endpoint *local, struct endpoint *peer)
{
  acquire(&s->lock);
  *local = s->local;
  *peer = s->peer;
  release(&s->lock);
}

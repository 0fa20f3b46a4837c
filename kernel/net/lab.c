// The network lab's four calls: UDP by port number, without descriptors; and the one that labs before 2024 had instead, which
// makes a descriptor.
//
// A port is open to the whole system: any process may receive from it, as the lab's text has it. It is given back when
// somebody unbinds it, or when the process that bound it ends, with whatever still waits there.

#include "core/cpu.h"
#include "mm/uaccess.h"
#include "net/sock.h"
#include "net/socktab.h"

static uint nbound;  // [a] ports that are bound

static struct sock *
find_ref(uint16 port)
{
  struct sock *s = socktab_find_lab(port);
  if(s){
    s->refs++;
    release(&s->lock);
  }
  return s;
}

// Whoever gets here first ends it.
static int
end(struct sock *s)
{
  acquire(&s->lock);
  int mine = !s->closed;
  s->closed = 1;
  release(&s->lock);
  if(mine){
    count_add(&nbound, -1);
    sock_end(s);
  }
  return mine ? 0 : -EINVAL;
}

int
lab_bind(uint64 port)
{
  if(port == 0 || port > 65535)
    return -EINVAL;
  struct sock *s = sock_new(&udp_proto, LAB_RXMAX);
  if(s == 0)
    return -ENOBUFS;
  s->lab = 1;
  int err = socktab_bind(s, &(struct endpoint){ 0, port });
  if(err < 0)
    sock_end(s);
  else
    count_add(&nbound, 1);
  return err;
}

int
lab_unbind(uint64 port)
{
  struct sock *s = port <= 65535 ? find_ref(port) : 0;
  if(s == 0)
    return -EINVAL;
  int err = end(s);
  sock_unref(s);
  return err;
}

struct sock *
lab_connect(uint32 dst, uint16 sport, uint16 dport, int *err)
{
  struct dst d;
  *err = -EINVAL;
  if(dst == 0 || sport == 0 || dport == 0 || (*err = dst_find(dst, 0, &d)) < 0)
    return 0;
  *err = -EACCES;
  if(d.broadcast)
    return 0;
  struct sock *s = sock_new(&udp_proto, SOCK_RXMAX);
  *err = -ENOBUFS;
  if(s == 0)
    return 0;
  s->dialed = 1;
  s->local.addr = d.src;
  s->peer = (struct endpoint){ dst, dport };  // nobody else is heard from the first moment on
  if((*err = socktab_bind(s, &(struct endpoint){ 0, sport })) < 0){
    sock_end(s);
    return 0;
  }
  return s;
}

int
lab_send(uint16 sport, uint32 dst, uint16 dport, uint64 uva, uint64 n)
{
  struct ip_form form = { .ttl = IP_TTL_DEFAULT };
  struct dst d;
  int err;
  if(sport == 0 || dport == 0)
    return -EINVAL;
  if(n > udp_proto.maxlen)
    return -EMSGSIZE;
  if((err = dst_find(dst, 0, &d)) < 0)
    return err;
  struct pktbuf *p = sock_gather(uva, n, &err);
  if(p == 0)
    return err;
  push_off();
  err = udp_send(&d, &form, sport, dport, p);
  pop_off();
  sock_gathered(n);
  return err;
}

// The datagram p to the program: its first n bytes, and who sent it. 0, -EFAULT.
static int
lab_tell(const struct pktbuf *p, uint64 uva, uint64 n, uint64 addr, uint64 sport)
{
  if(sock_scatter(p, uva, n) < 0 || copyout(addr, &p->src, sizeof(p->src)) < 0)
    return -EFAULT;
  return copyout(sport, &p->sport, sizeof(p->sport));
}

int64
lab_recv(uint16 port, uint64 uva, uint64 n, uint64 addr, uint64 sport)
{
  int err;
  struct sock *s = find_ref(port);
  if(s == 0)
    return -EINVAL;
  acquire(&s->lock);
  struct pktbuf *p = sock_wait(s, 0, &err);
  if(p){
    uint64 copied = MIN(n, pkt_chain_len(p));
    err = lab_tell(p, uva, copied, addr, sport);
    sock_received(s, p, err == 0);
    if(err == 0)
      err = copied;
  }
  sock_unref(s);
  return err;
}

void
lab_exit(int pid)
{
  struct sock *s;
  if(count_get(&nbound) == 0)
    return;
  for(int i = 0; sock_number(i) != 0; i++)
    if((s = socktab_owned_lab(i, pid)) != 0){
      end(s);
      sock_unref(s);
    }
}

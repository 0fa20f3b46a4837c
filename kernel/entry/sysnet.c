// System calls of the network: BSD sockets as open files, the lab's calls by port, netctl.

#include "core/check.h"
#include "core/cpu.h"
#include "core/string.h"
#include "entry/sys.h"
#include "mm/uaccess.h"
#include "net/filter.h"
#include "net/netstat.h"
#include "net/sock.h"
#include "pkt/netif.h"
#include "proc/process.h"
#include "kernel/net.h"
#include "kernel/stat.h"

#define OPT_MAX 44          // bytes of the largest option, and some more
#define LEN_MAX 0x7fffffff  // bytes that one call may ask for: results are ints to programs

static inline int
nonblock(const struct file *f)
{
  return (f->flags & O_NONBLOCK) != 0;
}

// --- sockets as files ---

static int
sockread(struct file *f, uint64 uva, int n)
{
  struct endpoint from;
  return n < 0 ? -EINVAL : sock_recvfrom(f->data, uva, n, &from, 0, nonblock(f));
}

static int
sockwrite(struct file *f, uint64 uva, int n)
{
  return n < 0 ? -EINVAL : sock_sendto(f->data, uva, n, 0, nonblock(f));
}

static int
sockpoll(struct file *f)
{
  return sock_poll(f->data);
}

static int
sockstat(struct file *f, struct stat *st)
{
  *st = (struct stat){ .type = T_SOCKET, .nlink = 1 };
  return 0;
}

static void
sockclose(struct file *f)
{
  sock_close(f->data);
}

static const struct fileops sock_ops = {
  .kind = "socket",
  .read = sockread,
  .write = sockwrite,
  .poll = sockpoll,
  .stat = sockstat,
  .close = sockclose,
};

static void
wake_sock_pollers(struct sock *s)
{
  file_changed();
}

// A descriptor for s, which is taken over.
static int
sock_fd(struct sock *s, int nonblock)
{
  struct file *f = filealloc();
  if(f == 0){
    sock_close(s);
    return -ENFILE;
  }
  f->ops = &sock_ops;
  f->data = s;
  f->flags = O_RDWR | (nonblock ? O_NONBLOCK : 0);
  f->readable = f->writable = 1;
  return fd_alloc(f);
}

// --- arguments ---

// The socket that fd stands for; 0: *err says why not.
static struct sock *
fd_sock(uint64 fd, struct file **file, int *err)
{
  struct file *f = fd_file(fd);
  *err = f ? -ENOTSOCK : -EBADF;
  if(f == 0 || f->ops != &sock_ops)
    return 0;
  if(file)
    *file = f;
  return f->data;
}

// A program's struct sockaddr_in, n bytes at uva.
static int
get_address(struct endpoint *ep, uint64 uva, uint64 n)
{
  struct sockaddr_in in;
  if((int)n < (int)sizeof(in))
    return -EINVAL;
  if(copyin(&in, uva, sizeof(in)) < 0)
    return -EFAULT;
  if(in.sin_family != AF_INET)
    return -EAFNOSUPPORT;
  *ep = (struct endpoint){ ntohl(in.sin_addr.s_addr), ntohs(in.sin_port) };
  return 0;
}

// An address to a program: as much of it as fits into the bytes that lenp tells of, and its length to lenp.
static int
put_address(const struct endpoint *ep, uint64 uva, uint64 lenp)
{
  struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(ep->port), .sin_addr.s_addr = htonl(ep->addr) };
  socklen_t room, len = sizeof(in);
  if(copyin(&room, lenp, sizeof(room)) < 0)
    return -EFAULT;
  if((int)room < 0)
    return -EINVAL;
  if(copyout(uva, &in, MIN(room, len)) < 0 || (room != len && copyout(lenp, &len, sizeof(len)) < 0))
    return -EFAULT;
  return 0;
}

// --- BSD ---

// socket(domain, type, protocol)
int64
sys_socket(const uint64 a[6])
{
  int type = (int)a[1] & ~SOCK_NONBLOCK, proto = a[2], err;
  if((int)a[0] != AF_INET)
    return -EAFNOSUPPORT;
  if(proto != 0 && !(type == SOCK_DGRAM && proto == IPPROTO_UDP) && !(type == SOCK_RAW && proto == IPPROTO_ICMP))
    return -EPROTONOSUPPORT;
  sock_changed = wake_sock_pollers;
  struct sock *s = sock_create(type, &err);
  return s ? sock_fd(s, (a[1] & SOCK_NONBLOCK) != 0) : err;
}

// bind(fd, addr, addrlen)
int64
sys_sockbind(const uint64 a[6])
{
  struct endpoint ep;
  int err;
  struct sock *s = fd_sock(a[0], 0, &err);
  if(s == 0 || (err = get_address(&ep, a[1], a[2])) < 0)
    return err;
  return sock_bind(s, &ep);
}

// An address that a socket is to be connected to: AF_UNSPEC, of any length, is nobody's, and ends a connection.
static int
get_peer(struct endpoint *ep, uint64 uva, uint64 n)
{
  sa_family_t family;
  if((int)n < (int)sizeof(family))
    return -EINVAL;
  if(copyin(&family, uva, sizeof(family)) < 0)
    return -EFAULT;
  if(family != AF_UNSPEC)
    return get_address(ep, uva, n);
  *ep = (struct endpoint){ 0 };
  return 0;
}

// connect(fd, addr, addrlen)
int64
sys_connect(const uint64 a[6])
{
  struct endpoint ep;
  struct file *f;
  int err;
  struct sock *s = fd_sock(a[0], &f, &err);
  if(s == 0 || (err = get_peer(&ep, a[1], a[2])) < 0)
    return err;
  return sock_connect(s, &ep, nonblock(f));
}

// listen(fd, backlog), accept(fd, addr, addrlen): of connections, and there are only datagrams
int64
sys_listen(const uint64 a[6])
{
  int err;
  return fd_sock(a[0], 0, &err) ? -EOPNOTSUPP : err;
}

int64
sys_accept(const uint64 a[6])
{
  int err;
  return fd_sock(a[0], 0, &err) ? -EOPNOTSUPP : err;
}

// sendto(fd, buf, n, flags, addr, addrlen); send: addr is 0
int64
sys_sendto(const uint64 a[6])
{
  struct endpoint ep;
  struct file *f;
  int err;
  struct sock *s = fd_sock(a[0], &f, &err);
  if(s == 0 || (a[4] && (err = get_address(&ep, a[4], a[5])) < 0))
    return err;
  return sock_sendto(s, a[1], a[2], a[4] ? &ep : 0, nonblock(f) || (a[3] & MSG_DONTWAIT));
}

// recvfrom(fd, buf, n, flags, addr, &addrlen); recv: addr is 0
int64
sys_recvfrom(const uint64 a[6])
{
  struct endpoint ep;
  struct file *f;
  int err;
  struct sock *s = fd_sock(a[0], &f, &err);
  if(s == 0)
    return err;
  int64 n;
  struct pktbuf *p = sock_receive(s, a[1], MIN(a[2], LEN_MAX), &ep, a[3], nonblock(f), &n);
  if(n >= 0 && a[4] && (err = put_address(&ep, a[4], a[5])) < 0)
    n = err;
  if(p)
    sock_received(s, p, n >= 0 && !(a[3] & MSG_PEEK));
  return n;
}

// shutdown(fd, how)
int64
sys_shutdown(const uint64 a[6])
{
  int err;
  struct sock *s = fd_sock(a[0], 0, &err);
  return s ? sock_shutdown(s, a[1]) : err;
}

// getsockname(fd, addr, &addrlen)
int64
sys_getsockname(const uint64 a[6])
{
  struct endpoint local, peer;
  int err;
  struct sock *s = fd_sock(a[0], 0, &err);
  if(s == 0)
    return err;
  sock_name(s, &local, &peer);
  return put_address(&local, a[1], a[2]);
}

// getpeername(fd, addr, &addrlen)
int64
sys_getpeername(const uint64 a[6])
{
  struct endpoint local, peer;
  int err;
  struct sock *s = fd_sock(a[0], 0, &err);
  if(s == 0)
    return err;
  sock_name(s, &local, &peer);
  return peer.addr ? put_address(&peer, a[1], a[2]) : -ENOTCONN;
}

// setsockopt(fd, level, name, value, n)
int64
sys_setsockopt(const uint64 a[6])
{
  uint8 v[OPT_MAX];
  int err;
  struct sock *s = fd_sock(a[0], 0, &err);
  uint n = MIN(a[4], sizeof(v));
  if(s == 0)
    return err;
  if((int)a[4] < 0)
    return -EINVAL;
  if(copyin(v, a[3], n) < 0)
    return -EFAULT;
  return sock_setopt(s, a[1], a[2], v, n);
}

// getsockopt(fd, level, name, value, &n)
int64
sys_getsockopt(const uint64 a[6])
{
  uint8 v[OPT_MAX];
  uint n;
  int err;
  struct sock *s = fd_sock(a[0], 0, &err);
  if(s == 0)
    return err;
  if(copyin(&n, a[4], sizeof(n)) < 0)
    return -EFAULT;
  if((int)n < 0)
    return -EINVAL;
  n = MIN(n, sizeof(v));
  if((err = sock_getopt(s, a[1], a[2], v, &n)) < 0)
    return err;
  if(copyout(a[3], v, n) == 0 && copyout(a[4], &n, sizeof(n)) == 0)
    return 0;
  if((int)a[1] == SOL_SOCKET && (int)a[2] == SO_ERROR){
    memcpy(&err, v, sizeof(err));
    sock_put_error(s, -err);
  }
  return -EFAULT;
}

// --- the lab's, by port ---

// bind(port)
int64
sys_bind(const uint64 a[6])
{
  proc_exiting = lab_exit;
  return lab_bind((uint16)a[0]);
}

// unbind(port)
int64
sys_unbind(const uint64 a[6])
{
  return lab_unbind((uint16)a[0]);
}

// send(sport, dst, dport, buf, len)
int64
sys_send(const uint64 a[6])
{
  return (int)a[4] < 0 ? -EINVAL : lab_send(a[0], a[1], a[2], a[3], (int)a[4]);
}

// recv(dport, &src, &sport, buf, maxlen)
int64
sys_recv(const uint64 a[6])
{
  return (int)a[4] < 0 ? -EINVAL : lab_recv(a[0], a[3], (int)a[4], a[1], a[2]);
}

// connect(dst, sport, dport): a descriptor
int64
sys_labconnect(const uint64 a[6])
{
  int err;
  sock_changed = wake_sock_pollers;
  struct sock *s = lab_connect(a[0], a[1], a[2], &err);
  return s ? sock_fd(s, 0) : err;
}

// --- the router's filter as a file ---

static int
filterread(struct file *f, uint64 uva, int n)
{
  return n < 0 ? -EINVAL : filter_read(uva, n, nonblock(f));
}

static int
filterwrite(struct file *f, uint64 uva, int n)
{
  return filter_write(uva, n);
}

static int
filterpoll(struct file *f)
{
  return filter_poll();
}

static void
filterclose(struct file *f)
{
  filter_close();
}

static const struct fileops filter_ops = {
  .kind = "filter",
  .read = filterread,
  .write = filterwrite,
  .poll = filterpoll,
  .stat = sockstat,
  .close = filterclose,
};

static int64
open_filter(void)
{
  sock_changed = wake_sock_pollers;
  int err = filter_open();
  if(err < 0)
    return err;
  struct file *f = filealloc();
  if(f == 0){
    filter_close();
    return -ENFILE;
  }
  f->ops = &filter_ops;
  f->flags = O_RDWR;
  f->readable = f->writable = 1;
  return fd_alloc(f);
}

// --- netctl ---

// netctl(op, buf, bytes). Faults on purpose are not net/'s.
int64
sys_netctl(const uint64 a[6])
{
  if(a[0] == NETCTL_FILTER)
    return open_filter();
  uint64 rec[8];
  uint n = a[0] == NETCTL_FAULTY ? sizeof(struct netctl_faulty) : netctl_size(a[0]);
  if(n > sizeof(rec) || a[2] != n)
    return -EINVAL;
  if(n && copyin(rec, a[1], n) < 0)
    return -EFAULT;
  return a[0] == NETCTL_FAULTY ? check_set_faults((const struct netctl_faulty *)rec) : netctl(a[0], rec, n);
}

#ifndef RXV_NET_SOCK_H
#define RXV_NET_SOCK_H
// Sockets: what the system calls in entry/sysnet.c use. net/ knows of no files and no descriptors; it tells
// sock_changed when a socket becomes readable or writable.

#include "core/types.h"
#include "net/endpoint.h"
#include "sched/waitq.h"
#include "pkt/pktbuf.h"
#include "kernel/kstat.h"
#include "kernel/socket.h"

struct sock;

void net_init(void);                       // the whole stack; interfaces may come later
extern void (*sock_changed)(struct sock *s);  // set before anybody can poll(): wakes it. s 0: the filter. Any context

// One reference for the caller; -EPROTONOSUPPORT, -ENOBUFS in *err then 0.
struct sock *sock_create(int type, int *err);
void sock_close(struct sock *s);
int sock_bind(struct sock *s, const struct endpoint *ep);      // port 0: any free one; -EADDRINUSE, -EADDRNOTAVAIL, -EINVAL
// The peer: where send() goes, and whom alone receive() hears. 0 and 0: nobody, as before the first one. What bind() was not
// told, address or port, is chosen for the peer, and goes with it. With an error all stays as it was.
int sock_connect(struct sock *s, const struct endpoint *ep, int nonblock);
// n bytes at uva of the running process as one datagram. to: 0, the connected peer. result: n, or -E...
int64 sock_sendto(struct sock *s, uint64 uva, uint64 n, const struct endpoint *to, int nonblock);
// The oldest datagram into at most n bytes at uva; the rest of it is lost (MSG_TRUNC: its whole length is returned).
int64 sock_recvfrom(struct sock *s, uint64 uva, uint64 n, struct endpoint *from, int flags, int nonblock);
// The same in two steps, for a call that has more to tell than the bytes: the datagram is the caller's in between, *result
// as above. 0: there is none. It is gone once all that was to be told of it has reached the program.
struct pktbuf *sock_receive(struct sock *s, uint64 uva, uint64 n, struct endpoint *from, int flags, int nonblock, int64 *result);
void sock_received(struct sock *s, TAKES struct pktbuf *p, int told);  // told 0: it waits again, as the next one
void sock_put_error(struct sock *s, int err);  // one that was taken, and could not be told: the next call tells it
int sock_poll(struct sock *s);             // POLLIN | POLLOUT | POLLERR | POLLHUP, as they hold
int sock_shutdown(struct sock *s, int how);
void sock_name(struct sock *s, struct endpoint *local, struct endpoint *peer);
int sock_setopt(struct sock *s, int level, int name, const void *v, uint n);
int sock_getopt(struct sock *s, int level, int name, void *v, uint *n);

// The network lab's calls, by port (host order). Results as above, or 0.
int lab_bind(uint64 port);                 // -EINVAL not a port, -EADDRINUSE, -ENOBUFS
int lab_unbind(uint64 port);               // -EINVAL not bound
int lab_send(uint16 sport, uint32 dst, uint16 dport, uint64 uva, uint64 n);  // needs no bind()
// Bytes; -EINVAL not bound. The sender's address and port go to a uint32 at addr and a uint16 at sport.
int64 lab_recv(uint16 port, uint64 uva, uint64 n, uint64 addr, uint64 sport);
// What connect() of the labs up to 2023 made: a socket that sends from sport to dst, dport, and hears that one only; ports with
// other ends may be the same. 0: *err is -EINVAL, -EADDRINUSE, -ENOBUFS, -ENETUNREACH or -EACCES.
struct sock *lab_connect(uint32 dst, uint16 sport, uint16 dport, int *err);
void lab_exit(int pid);                    // a process ends: its ports are free again

#endif

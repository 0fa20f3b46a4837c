#ifndef RXV_NET_SOCKPRIV_H
#define RXV_NET_SOCKPRIV_H
// Sockets as the protocols of net/ see them. The system calls use net/sock.h.

#include "core/list.h"
#include "core/spinlock.h"
#include "kernel/kstat.h"
#include "kernel/socket.h"
#include "net/dst.h"
#include "net/endpoint.h"
#include "net/ipout.h"
#include "pkt/gate.h"
#include "pkt/pktbuf.h"
#include "sched/waitq.h"

#define SOCK_RXMAX 256           // datagrams that may wait on one
#define SOCK_RXBYTES (256 * 1024)  // ... bytes of them, unless SO_RCVBUF says otherwise
// Bytes of a message that each of its packets takes. Even: sums go on from piece to piece.
#define SOCK_PAGE ((PKT_END - PKT_DATA) & ~1u)
#define LAB_RXMAX 16             // ... on a port of the lab's calls
#define EPHEMERAL 49152          // first port that is given to who asks for any (RFC 6335)

struct sock;

// A transport, as sockets use it. The verbs are sock.h's calls, with what is said there.
struct sockproto {
  const char *name;
  int type;            // SOCK_...
  uint8 proto;         // IPPROTO_...
  uint8 ports;         // 1: a peer has a port, and who sends has one, too
  uint maxlen;         // bytes of the longest message
  int (*connect)(struct sock *s, const struct endpoint *ep, int nonblock);
  int64 (*send)(struct sock *s, uint64 uva, uint64 n, const struct endpoint *to, int nonblock);
  struct pktbuf *(*recv)(struct sock *s, uint64 uva, uint64 n, struct endpoint *from, int flags, int nonblock, int64 *result);
  int (*poll)(struct sock *s);
  int (*shutdown)(struct sock *s, int how);
  // Of datagrams (dgram.c): send the message p from s on this way to port dport, from port p->sport (0: it has none yet). form: all
  // but its protocol is filled in. result: 0, or -E...
  int (*output)(struct sock *s, const struct dst *d, struct ip_form *form, uint16 dport, TAKES struct pktbuf *p);
};

// What the sockets of one process have; s->account of each points to it, from its making to its end.
struct sockaccount {
  struct sockaccount *next;  // of those that are in use, or that are not
  int pid;
  uint socks;  // 0: not in use
  uint pages;  // [a] packets that wait in them
};

// Order of locks: the table's, then the socket's.
// I constant while it is open   t lock of the table   b the table's or its own (both, to write); or endpoint_load()   s lock   a atomic
struct sock {
  struct spinlock lock;    // stays valid when the socket is free; first
  struct sockaccount room; // ... and so does this account, of some process
  struct sock *link;       // [t] next in its chain; in the free list
  struct list port_link;   // [t] among those of its port
  const struct sockproto *proto;  // [I] 0: free
  uint8 ipproto;           // [I] its number
  uint8 lab;               // [I] 1: a port of the lab's calls
  uint8 dialed;            // [I] 1: made by the lab's connect(): shares its port with others that have other peers
  uint8 closed;            // [s] 1: nobody may find it any more
  uint8 shut;              // [s] bits 1 << SHUT_RD, 1 << SHUT_WR
  uint8 broadcast;         // [s] may send broadcasts
  uint8 ttl, tos;          // [s]
  uint8 optlen;            // [s] bytes of options that go out with each datagram
  uint8 options[IP_OPTMAX];  // [s]
  int refs;                // [s] its file, and calls that wait in it
  struct endpoint local;   // [b] port 0: none yet
  struct endpoint bound;   // [b] as much of it as bind() was told; the rest was chosen for the peer, or to send from
  struct endpoint peer;    // [b] port 0: not connected
  struct dst dst;          // [s] where its last datagram went
  uint32 dst_from;         // [s] ... and the address that was asked for: its source, or 0
  int err;                 // [s] to be told to the next call, -E... or 0
  struct pktq rxq;         // [s] oldest first; rxq.n <= rxmax
  uint rxmax, rxbytes;     // [I] [s] limits
  struct feedback feedback;  // [s] rxq's, to the input
  uint sndbuf;             // [s] noted; a datagram is never held back here
  uint64 rcvtimeo, sndtimeo;  // [s] ticks of now(), 0: for ever
  struct waitq readers;    // [s]
  uint64 received, sent, drops;  // [a]
  int pid;                 // [I] that opened it
  uint64 port_since;       // [b] now() when it got its port, or lost its peer
  struct sockaccount *account;  // [I] what the sockets of that process hold (sockmem.h)
};

void sock_init(void);
void sock_register(const struct sockproto *proto);  // at boot only
// The socket for a datagram that came; 0: none. It is locked. faddr, fport: who sent it. One that is connected to them comes before
// one that is bound to laddr, and that before one bound to any address. A broadcast's laddr is no socket's own address, so only
// sockets bound to any address get it.
struct sock *sock_find(uint8 proto, uint32 laddr, uint16 lport, uint32 faddr, uint16 fport);
// p, starting at what the program gets, to the queue of s. s is locked, and is let go.
void sock_queue(struct sock *s, TAKES struct pktbuf *p);
// Something about s, or (0) about the filter, has changed: to sock_changed. No lock is held.
void sock_tell(struct sock *s);
// err, -E..., happened to a datagram of s: the next call is told. s is locked, and is let go.
void sock_error(struct sock *s, int err);
int sock_take_error(struct sock *s);  // what it has to tell, -E... or 0; told once
// s needs a port to send from: this one, or 0: any free one. It goes with the peer. result: 0, -EADDRINUSE, -EINVAL: it has one.
int sock_take_port(struct sock *s, uint16 port);
// n bytes of the running process as a packet with more; the first has headroom for all headers. 0: *err says why.
// Whoever has sent it, or not, calls sock_gathered(n).
struct pktbuf *sock_gather(uint64 uva, uint64 n, int *err);
void sock_gathered(uint64 n);
int sock_record(int i, void *rec);  // 1: filled; 0: number i is free; -1: no number i
uint sock_count(void);                         // in use
void sock_dump(void);                          // on the console; takes no lock
void sock_memory(uint *most, uint *pages);     // sockets that there may be, pages that have been made to sockets, and stay so
struct sock *sock_number(int i);               // for who only looks at all of them, from 0 on, also free ones; 0: no more
uint sock_pages(void);                         // packets in all sockets' queues

extern const struct sockproto udp_proto;
void udp_init(void);
// As udp_proto.output, without a socket.
int udp_send(const struct dst *d, struct ip_form *form, uint16 sport, uint16 dport, TAKES struct pktbuf *p);

#endif

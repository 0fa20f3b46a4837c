#ifndef RXV_NET_SOCKTAB_H
#define RXV_NET_SOCKTAB_H
// The table of sockets, for sock.c and lab.c. The protocols' part is in sockpriv.h.

#include "net/sockpriv.h"

void socktab_init(void);
struct sock *socktab_alloc(void);             // 0: none left
void socktab_free(struct sock *s);
void socktab_remove(struct sock *s);          // from its bucket
void socktab_connect(struct sock *s, uint32 laddr, const struct endpoint *peer);
struct sock *socktab_find_lab(uint16 port);   // locked; 0: none
struct sock *socktab_owned_lab(int pid);       // with a reference; 0: none

// A new socket of this transport, its limits set; 0: none left (ENOBUFS).
struct sock *sock_new(const struct sockproto *proto, uint rxmax);
// Out of the table; waiters are woken; one reference less.
void sock_end(struct sock *s);
void sock_unref(struct sock *s);
// The oldest datagram, or wait for one. s is locked, and is let go. result: 0: *err says why, 0: shut down.
struct pktbuf *sock_wait(struct sock *s, int nonblock, int *err);
// The first n bytes of the datagram p to the running process. 0, -EFAULT. p stays the caller's.
int sock_scatter(const struct pktbuf *p, uint64 uva, uint64 n);
// A datagram that sock_wait() gave goes back to the front.
void sock_return(struct sock *s, TAKES struct pktbuf *p);
void sock_discard(TAKES struct pktbuf *p);    // ... has been read

#endif

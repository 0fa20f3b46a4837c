#ifndef RXV_NET_SOCKTAB_H
#define RXV_NET_SOCKTAB_H
// The table of sockets, for sock.c and lab.c. The protocols' part is in sockpriv.h.

#include "net/sockpriv.h"

void socktab_init(void);
struct sock *socktab_alloc(void);             // 0: none left
void socktab_free(struct sock *s);
void socktab_remove(struct sock *s);          // nobody finds it any more; it keeps its name, for who looks at it
int socktab_bind(struct sock *s, const struct endpoint *ep);  // as sock_bind(), any address
// The table and s itself, locked, so that its ends can be changed.
void socktab_lock(struct sock *s);
void socktab_unlock(struct sock *s);
// Between the two: these are its ends from now on. A local port of 0: it has none.
void socktab_set_ends(struct sock *s, struct endpoint local, struct endpoint peer);
struct sock *socktab_find_lab(uint16 port);   // locked; 0: none
struct sock *socktab_owned_lab(int i, int pid);  // number i, if it is a port that process pid has bound: with a reference; or 0

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
void sock_discard(struct sock *s, TAKES struct pktbuf *p);  // ... has been read
// Off the queue with what others than its peer have sent: from now on only that one is heard. s is locked.
struct pktq sock_take_others(struct sock *s);
void sock_drop_queued(struct sock *s, struct pktq *q, enum drop_reason why);  // what was in its queue. No lock is held

#endif

#ifndef RXV_NET_DGRAM_H
#define RXV_NET_DGRAM_H
// The verbs of struct sockproto as UDP and ping have them: datagrams, each of which a call sends or receives whole.

#include "net/sockpriv.h"

int dgram_connect(struct sock *s, const struct endpoint *ep, int nonblock);
int64 dgram_send(struct sock *s, uint64 uva, uint64 n, const struct endpoint *to, int nonblock);
struct pktbuf *dgram_recv(struct sock *s, uint64 uva, uint64 n, struct endpoint *from, int flags, int nonblock, int64 *result);
int dgram_poll(struct sock *s);
int dgram_shutdown(struct sock *s, int how);

#define DGRAM_VERBS .connect = dgram_connect, .send = dgram_send, .recv = dgram_recv, .poll = dgram_poll, .shutdown = dgram_shutdown

#endif

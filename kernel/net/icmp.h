#ifndef RXV_NET_ICMP_H
#define RXV_NET_ICMP_H
// ICMP (RFC 792, RFC 1122 3.2.2): echo, and errors and redirects that come in. Errors that go out: icmperr.h.

void icmp_init(void);

#endif

#ifndef RXV_USER_DNS_H
#define RXV_USER_DNS_H
// Asking a name server for an IPv4 address (RFC 1035; EDNS of RFC 6891; what to believe: RFC 5452, RFC 9267).

#include "kernel/types.h"

#define DNS_PORT 53
#define DNS_UDP_SIZE 1232  // bytes of the largest answer that we ask for
#define DNS_ADDRS 8        // addresses that are kept

enum dns_status {
  DNS_FOUND,     // addrs[0..naddr)
  DNS_NO_NAME,   // there is no such name
  DNS_NO_DATA,   // there is, but it has no IPv4 address
  DNS_REFUSED,   // the server cannot or will not say: rcode
  DNS_CUT,       // the answer did not fit a datagram
  DNS_IGNORE,    // not the answer to this question, or malformed: wait for another
};

struct dns_result {
  uint32 addrs[DNS_ADDRS];  // host order
  int naddr;
  int rcode;
  char canonical[256];      // the name that has the addresses, after all aliases; lower case
};

// The question for name's addresses into msg, with room for `size` bytes: its length; -1: that is no host name, or size is too small.
int dns_question(uint8 *msg, uint size, uint16 id, const char *name);
// What n bytes of a datagram from the server say about it. msg may hold anything. r is set if the result is not DNS_IGNORE.
enum dns_status dns_answer(const uint8 *msg, uint n, uint16 id, const char *name, struct dns_result *r);

#endif

#ifndef RXV_USER_DNS_H
#define RXV_USER_DNS_H
// Asking a name server for an IPv4 address (RFC 1035; EDNS of RFC 6891; what to believe: RFC 5452, RFC 9267).

#include "kernel/net.h"
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

// The question for name's addresses into msg, with room for `size` bytes: its length; -1: that is no host name, or
// size is too small.
int dns_question(uint8 *msg, uint size, uint16 id, const char *name);
// What n bytes of a datagram from the server say about it. msg may hold anything. r is set if the result is not
// DNS_IGNORE.
enum dns_status dns_answer(const uint8 *msg, uint n, uint16 id, const char *name, struct dns_result *r);

#define DNS_SERVER MAKE_IP_ADDR(10, 0, 2, 3)  // asked if nobody says otherwise: QEMU's
#define DNS_TRIES 3
#define DNS_WAIT_MS 1000  // for the first answer; twice as long for the next

// Asks a server at host-order address and port, a few times. result: as dns_answer() without DNS_IGNORE; -1 and errno:
// nobody answered, or the name is none (EINVAL).
int dns_lookup(const char *name, uint32 server, uint16 port, struct dns_result *r);
// Says on standard error why dns_lookup() has found no address for name. result: a status to exit with.
enum { DNS_EXIT_NONE = 1, DNS_EXIT_UNKNOWN = 3 };  // there is none; nobody has said whether there is
int dns_explain(const char *name, uint32 server, int status, const struct dns_result *r);
// An address as written, or else a name that DNS_SERVER knows: 0, or -1 after a message.
int host_address(const char *name, uint32 *addr);

#endif

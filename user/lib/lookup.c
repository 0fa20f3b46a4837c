// Asking a name server. See user/dns.h.

#include "user/dns.h"
#include "user/rxv.h"
#include "user/socket.h"
#include "user/user.h"

// Answers until one is for us, or the time is over: 1; 0: none came; -1 and errno.
static int
await_answer(int fd, int ms, uint16 id, const char *name, struct dns_result *r, enum dns_status *status)
{
  static uint8 msg[DNS_UDP_SIZE];
  uint64 end = clock(CLOCK_BOOT) + ms * 1000000ul;
  for(;;){
    uint64 now = clock(CLOCK_BOOT);
    struct pollfd p = { .fd = fd, .events = POLLIN };
    if(now >= end || poll(&p, 1, (end - now + 999999) / 1000000) == 0)
      return 0;
    int n = recv(fd, msg, sizeof(msg), 0);
    if(n < 0)
      return -1;
    *status = dns_answer(msg, n, id, name, r);
    if(*status != DNS_IGNORE)
      return 1;
  }
}

int
dns_lookup(const char *name, uint32 server, uint16 port, struct dns_result *r)
{
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(server) };
  static uint8 msg[512];
  enum dns_status status = DNS_IGNORE;
  int got = 0;
  // Connected, so that the kernel lets nothing through that does not come from there.
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if(fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
    got = -1;
  for(int i = 0; i < DNS_TRIES && got == 0; i++){
    uint16 id;
    getrandom(&id, sizeof(id));
    int n = dns_question(msg, sizeof(msg), id, name);
    if(n < 0){
      errno = EINVAL;
      got = -1;
    } else if(send(fd, msg, n, 0) < 0){
      got = -1;
    } else {
      got = await_answer(fd, DNS_WAIT_MS << i, id, name, r, &status);
    }
  }
  if(got == 0)
    errno = ETIMEDOUT;
  int err = errno;
  if(fd >= 0)
    close(fd);
  errno = err;
  return got > 0 ? (int)status : -1;
}

int
dns_explain(const char *name, uint32 server, int status, const struct dns_result *r)
{
  char ip[16];
  ip_str(server, ip);
  switch(status){
  case DNS_NO_NAME:
    warn("%s: no such name", name);
    return DNS_EXIT_NONE;
  case DNS_NO_DATA:
    warn("%s has no IPv4 address", name);
    return DNS_EXIT_NONE;
  case DNS_CUT:
    warn("%s: the answer of name server %s does not fit a datagram", name, ip);
    return DNS_EXIT_UNKNOWN;
  case DNS_REFUSED:
    warn("%s: name server %s %s (rcode %d)", name, ip, r->rcode == 2 ? "could not find out" : "will not say", r->rcode);
    return DNS_EXIT_UNKNOWN;
  }
  if(errno == EINVAL){
    warn("%s is not a host name", name);
    return DNS_EXIT_NONE;
  }
  warn_errno("%s: no name server answers at %s", name, ip);
  return DNS_EXIT_UNKNOWN;
}

int
host_address(const char *name, uint32 *addr)
{
  struct dns_result r;
  if(parse_ip(name, addr) == 0)
    return 0;
  int status = dns_lookup(name, DNS_SERVER, DNS_PORT, &r);
  if(status == DNS_FOUND){
    *addr = r.addrs[0];
    return 0;
  }
  dns_explain(name, DNS_SERVER, status, &r);
  return -1;
}

// host NAME [SERVER[:PORT]]: the addresses of a name.

#include "user/dns.h"
#include "user/rxv.h"
#include "user/socket.h"
#include "user/user.h"

#define USAGE "NAME [SERVER[:PORT]]"

int
main(int argc, char **argv)
{
  struct dns_result r;
  uint32 server = DNS_SERVER;
  uint64 port = DNS_PORT;
  char ip[16];
  if(argc != 2 && argc != 3)
    usage(USAGE);
  if(argc == 3){
    char *colon = strchr(argv[2], ':');
    if(colon)
      *colon = 0;
    if(parse_ip(argv[2], &server) < 0 || (colon && parse_uint(colon + 1, 65535, &port) < 0))
      usage(USAGE);
  }
  int status = dns_lookup(argv[1], server, port, &r);
  if(status < 0 && errno == EINVAL)
    die("%s is not a host name", argv[1]);
  if(status < 0)
    die_errno("server %s", ip_str(server, ip));
  if(status == DNS_NO_NAME)
    die("%s: no such name", argv[1]);
  if(status == DNS_NO_DATA)
    die("%s has no IPv4 address", argv[1]);
  if(status == DNS_CUT)
    die("%s: the answer does not fit a datagram", argv[1]);
  if(status == DNS_REFUSED)
    die("%s: server %s will not say (rcode %d)", argv[1], ip_str(server, ip), r.rcode);
  if(r.canonical[0] && strcmp(argv[1], r.canonical) != 0)
    printf("%s is an alias for %s\n", argv[1], r.canonical);
  for(int i = 0; i < r.naddr; i++)
    printf("%s has address %s\n", r.canonical, ip_str(r.addrs[i], ip));
  return 0;
}

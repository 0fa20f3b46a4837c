// host NAME [SERVER[:PORT]]: the addresses of a name. Exits with 1 if there is none, with 3 if nobody has said (DNS_EXIT_...).

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
  if(status != DNS_FOUND)
    return dns_explain(argv[1], server, status, &r);
  if(r.canonical[0] && strcmp(argv[1], r.canonical) != 0)
    printf("%s is an alias for %s\n", argv[1], r.canonical);
  for(int i = 0; i < r.naddr; i++)
    printf("%s has address %s\n", r.canonical, ip_str(r.addrs[i], ip));
  return 0;
}

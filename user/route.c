// route                                            the routes
// route add NET/LENGTH|default GATEWAY [IF]        one more; GATEWAY may be - for what is on the link of IF
// route del NET/LENGTH|default [GATEWAY]           one less

#include "kernel/netctl.h"
#include "user/errno.h"
#include "user/netshow.h"
#include "user/rxv.h"
#include "user/user.h"

#define USAGE "[add NET/LENGTH|default GATEWAY|- [IF] | del NET/LENGTH|default [GATEWAY]]"

static void
parse_net(const char *s, struct netctl_route *r)
{
  int len = 32;
  if(strcmp(s, "default") == 0)
    return;
  if(parse_ip_len(s, &r->dest, &len) < 0 && parse_ip(s, &r->dest) < 0)
    die("%s is not a network such as 10.0.3.0/24", s);
  r->mask = len == 0 ? 0 : ~0u << (32 - len);
  if(r->dest & ~r->mask)
    die("%s: the bits after the first %d must be 0", s, len);
}

int
main(int argc, char **argv)
{
  struct netctl_route r;
  memset(&r, 0, sizeof(r));
  if(argc == 1 || (argc == 2 && strcmp(argv[1], "-n") == 0))
    return show_routes() < 0;
  int add = strcmp(argv[1], "add") == 0, del = strcmp(argv[1], "del") == 0;
  if(!(add && (argc == 4 || argc == 5)) && !(del && (argc == 3 || argc == 4)))
    usage(USAGE);
  parse_net(argv[2], &r);
  if(argc > 3 && strcmp(argv[3], "-") != 0 && parse_ip(argv[3], &r.gateway) < 0)
    die("%s is not an address", argv[3]);
  if(argc == 5 && strlcpy(r.ifname, argv[4], sizeof(r.ifname)) >= sizeof(r.ifname))
    die("%s: no such interface", argv[4]);
  if(add && r.gateway == 0 && r.ifname[0] == 0)
    die("a route without a gateway needs an interface");
  if(netctl(add ? NETCTL_ROUTE_ADD : NETCTL_ROUTE_DEL, &r, sizeof(r)) == 0)
    return 0;
  if(del && errno == ENOENT)
    die("%s: no such route", argv[2]);
  die_errno("%s", argv[2]);
}

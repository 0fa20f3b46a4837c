// arp                          the cache: which address has which MAC
// arp -d ADDRESS               forgets one
// arp -s ADDRESS MAC [IF]      one that stays
// arp -f                       forgets all that do not stay

#include "kernel/netctl.h"
#include "user/errno.h"
#include "user/netshow.h"
#include "user/rxv.h"
#include "user/user.h"

#define USAGE "[-a | -d ADDRESS | -s ADDRESS MAC [IF] | -f]"

int
main(int argc, char **argv)
{
  struct netctl_arp a;
  const char *opt = argc > 1 ? argv[1] : "-a";
  int op;
  memset(&a, 0, sizeof(a));
  if(argc <= 2 && (strcmp(opt, "-a") == 0 || strcmp(opt, "-n") == 0))
    return show_arp() < 0;
  if(argc == 2 && (strcmp(opt, "-f") == 0 || strcmp(opt, "flush") == 0))
    op = NETCTL_ARP_FLUSH;
  else if(argc == 3 && strcmp(opt, "-d") == 0)
    op = NETCTL_ARP_DEL;
  else if((argc == 4 || argc == 5) && strcmp(opt, "-s") == 0)
    op = NETCTL_ARP_ADD;
  else
    usage(USAGE);
  if(op != NETCTL_ARP_FLUSH && parse_ip(argv[2], &a.addr) < 0)
    die("%s is not an address", argv[2]);
  if(op == NETCTL_ARP_ADD && parse_mac(argv[3], a.mac) < 0)
    die("%s is not a MAC such as 52:54:00:12:34:56", argv[3]);
  if(argc == 5 && strlcpy(a.ifname, argv[4], sizeof(a.ifname)) >= sizeof(a.ifname))
    die("%s: no such interface", argv[4]);
  if(netctl(op, &a, sizeof(a)) == 0)
    return 0;
  if(op == NETCTL_ARP_DEL && errno == ENOENT)
    die("%s is not in the cache", argv[2]);
  die_errno("%s", argc > 2 ? argv[2] : "flush");
}

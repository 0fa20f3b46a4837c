// ifconfig [-a]                          the interfaces
// ifconfig IF                            one of them
// ifconfig IF reset                      sets its card up again, as after boot
// ifconfig IF mtu BYTES                  the longest packet that it sends whole
// ifconfig IF [ADDRESS/LENGTH | ADDRESS [netmask MASK]] [up|down]   gives it an address, turns it on or off

#include "kernel/netctl.h"
#include "user/rxv.h"
#include "user/user.h"

#define USAGE "[IF [reset | mtu BYTES | [ADDRESS/LENGTH | ADDRESS [netmask MASK]] [up|down]]]"

// How many packets may be on the rings of its NIC: fewer than netctl's rxring and txring when many share the pool.
static void
show_rings_of(const struct kstat_if *i)
{
  struct kstat_ring *r;
  int n = kstat_all(KSTAT_RING, (void **)&r, sizeof(*r));
  if(n < 0)
    die_errno("kstat");
  for(int k = 0; k < n; k++)
    if(strcmp(r[k].ifname, i->name) == 0)
      printf("    %s ring %u: %u packets at the most, of %u descriptors\n", r[k].is_tx ? "TX" : "RX", r[k].queue, r[k].most,
             r[k].size);
  free(r);
}

static void
show(const struct kstat_if *i)
{
  char ip[16], mac[18];
  printf("%.8s: %s, link %s, mtu %u, driver %.12s", i->name, i->up ? "up" : "down", i->link ? "yes" : "no", i->mtu,
         i->driver);
  if(i->irq)
    printf(", irq %u", i->irq);
  if(i->addr){
    printf("\n    inet %s/%d", ip_str(i->addr, ip), mask_len(i->mask));
    printf(" netmask %s", ip_str(i->mask, ip));
    printf(" broadcast %s", ip_str(i->addr | ~i->mask, ip));
  }
  printf("\n    ether %s\n", mac_str(i->mac, mac));
  printf("    RX %lu frames, %lu bytes, %lu dropped, %lu errors\n", i->rx_frames, i->rx_bytes, i->rx_drops, i->rx_errors);
  printf("    TX %lu frames, %lu bytes, %lu dropped, %lu ring full\n", i->tx_frames, i->tx_bytes, i->tx_drops, i->tx_full);
  if(i->irq)
    show_rings_of(i);
  printf("    %lu interrupts, %lu polls, %lu link changes, %lu resets\n", i->irqs, i->polls, i->link_changes,
         i->resets);
}

// The mask that an address had when networks had classes; what one means who writes none.
static uint32
usual_mask(uint32 addr)
{
  return addr >> 24 < 128 ? 0xff000000u : addr >> 24 < 192 ? 0xffff0000u : 0xffffff00u;
}

static uint32
mask_of(int len)
{
  return len == 0 ? 0 : ~0u << (32 - len);
}

// argv: words after the interface's name. What they say into c; 0, or -1: nonsense.
static int
parse(struct netctl_addr *c, int argc, char **argv)
{
  int i = 0, len;
  if(argc > 0 && parse_ip_len(argv[0], &c->addr, &len) == 0){
    c->mask = mask_of(len);
    c->up = 1;
    i = 1;
  } else if(argc > 0 && parse_ip(argv[0], &c->addr) == 0){
    c->mask = usual_mask(c->addr);
    c->up = 1;
    i = 1;
    if(argc > 2 && strcmp(argv[1], "netmask") == 0){
      if(parse_ip(argv[2], &c->mask) < 0 || mask_len(c->mask) < 0)
        return -1;
      i = 3;
    }
  }
  if(i < argc && strcmp(argv[i], "up") == 0){
    c->up = 1;
    i++;
  } else if(i < argc && strcmp(argv[i], "down") == 0){
    c->up = 0;
    i++;
  }
  return i == argc ? 0 : -1;
}

int
main(int argc, char **argv)
{
  struct kstat_if *p, *nif = 0;
  int n = kstat_all(KSTAT_IF, (void **)&p, sizeof(*p));
  if(n < 0)
    die_errno("kstat");
  if(argc == 1 || (argc == 2 && strcmp(argv[1], "-a") == 0)){
    for(int i = 0; i < n; i++)
      show(&p[i]);
    return 0;
  }
  if(argv[1][0] == '-')
    usage(USAGE);
  for(int i = 0; i < n; i++){
    if(strlen(argv[1]) < sizeof(p[i].name) && strcmp(p[i].name, argv[1]) == 0)
      nif = &p[i];
  }
  if(nif == 0)
    die("%s: no such interface", argv[1]);
  if(argc == 2){
    show(nif);
    return 0;
  }
  if(argc == 3 && strcmp(argv[2], "reset") == 0){
    struct netctl_if c;
    memcpy(c.ifname, nif->name, sizeof(c.ifname));
    if(netctl(NETCTL_RESET, &c, sizeof(c)) < 0)
      die_errno("%s", argv[1]);
    return 0;
  }
  if(argc == 4 && strcmp(argv[2], "mtu") == 0){
    struct netctl_mtu c = { .mtu = atoi(argv[3]) };
    memcpy(c.ifname, nif->name, sizeof(c.ifname));
    if(netctl(NETCTL_MTU, &c, sizeof(c)) < 0)
      die_errno("an MTU of %s", argv[3]);
    return 0;
  }
  struct netctl_addr c = { .addr = nif->addr, .mask = nif->mask, .up = nif->up };
  memcpy(c.ifname, nif->name, sizeof(c.ifname));
  if(parse(&c, argc - 2, argv + 2) < 0)
    usage(USAGE);
  if(netctl(NETCTL_ADDR, &c, sizeof(c)) < 0)
    die_errno("%s", argv[1]);
  return 0;
}

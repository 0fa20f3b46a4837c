// Tables of the network. See user/netshow.h.

#include "kernel/net.h"
#include "kernel/socket.h"
#include "user/netshow.h"
#include "user/rxv.h"
#include "user/user.h"

// All records of a kind: how many. Says so if there are none to be had.
static int
get(int what, void **out, uint size)
{
  int n = kstat_all(what, out, size);
  if(n < 0)
    warn_errno("kstat");
  return n;
}

int
show_interfaces(void)
{
  struct kstat_if *p;
  char ip[16], mac[18];
  int n = get(KSTAT_IF, (void **)&p, sizeof(*p));
  if(n < 0)
    return -1;
  printf("%-4s %-8s %-5s %-5s %5s %-18s %-17s %9s %11s %6s %6s %9s %11s %6s\n", "IF", "DRIVER", "STATE", "LINK", "MTU",
         "ADDRESS", "MAC", "RX", "RX BYTES", "RXDROP", "RXERR", "TX", "TX BYTES", "TXDROP");
  for(struct kstat_if *i = p; i < p + n; i++){
    char addr[24];
    snprintf(addr, sizeof(addr), "%s/%d", ip_str(i->addr, ip), mask_len(i->mask));
    printf("%-4.8s %-8.12s %-5s %-5s %5u %-18s %-17s %9lu %11lu %6lu %6lu %9lu %11lu %6lu\n", i->name, i->driver,
           i->up ? "up" : "down", i->link ? "yes" : "no", i->mtu, i->addr ? addr : "-", mac_str(i->mac, mac), i->rx_frames,
           i->rx_bytes, i->rx_drops, i->rx_errors, i->tx_frames, i->tx_bytes, i->tx_drops);
  }
  printf("%-4s %9s %9s %9s %7s\n", "IF", "INTERRUPT", "POLLS", "TXFULL", "LINKCHG");
  for(struct kstat_if *i = p; i < p + n; i++)
    printf("%-4.8s %9lu %9lu %9lu %7lu\n", i->name, i->irqs, i->polls, i->tx_full, i->link_changes);
  free(p);
  return 0;
}

int
show_rings(void)
{
  struct kstat_ring *p;
  int n = get(KSTAT_RING, (void **)&p, sizeof(*p));
  if(n < 0)
    return -1;
  printf("%-4s %-4s %5s %5s %5s %5s %5s %5s %6s %9s\n", "IF", "RING", "QUEUE", "SIZE", "MOST", "HEAD", "TAIL", "DONE", "CARD'S",
         "DOORBELLS");
  for(struct kstat_ring *r = p; r < p + n; r++)
    printf("%-4.8s %-4s %5u %5u %5u %5u %5u %5u %6u %9lu\n", r->ifname, r->is_tx ? "tx" : "rx", r->queue, r->size, r->most,
           r->head, r->tail, r->done, r->owned, r->doorbells);
  free(p);
  return 0;
}

static char *
endpoint(uint32 addr, uint16 port, char buf[24])
{
  char ip[16], number[8];
  snprintf(number, sizeof(number), "%u", port);
  snprintf(buf, 24, "%s:%s", addr ? ip_str(addr, ip) : "*", port ? number : "*");
  return buf;
}

int
show_sockets(void)
{
  struct kstat_sock *p;
  char local[24], peer[24];
  int n = get(KSTAT_SOCK, (void **)&p, sizeof(*p));
  if(n < 0)
    return -1;
  printf("%-5s %-21s %-21s %6s %6s %7s %9s %9s %7s %5s\n", "TYPE", "LOCAL", "PEER", "QUEUED", "LIMIT", "BYTES", "RECEIVED",
         "SENT", "DROPS", "PID");
  for(struct kstat_sock *s = p; s < p + n; s++){
    const char *type = s->type == SOCK_STREAM ? "tcp" : s->type == SOCK_DGRAM ? "udp" : s->type == SOCK_RAW ? "icmp" : "lab";
    printf("%-5s %-21s %-21s %6u %6u %7u %9lu %9lu %7lu %5d\n", type, endpoint(s->laddr, s->lport, local),
           endpoint(s->faddr, s->fport, peer), s->queued, s->limit, s->queued_bytes, s->received, s->sent, s->drops, s->pid);
  }
  free(p);
  return 0;
}

int
show_routes(void)
{
  struct kstat_route *p;
  char ip[16], dest[24];
  int n = get(KSTAT_ROUTE, (void **)&p, sizeof(*p));
  if(n < 0)
    return -1;
  printf("%-18s %-15s %s\n", "DESTINATION", "GATEWAY", "IF");
  for(struct kstat_route *r = p; r < p + n; r++){
    snprintf(dest, sizeof(dest), "%s/%d", ip_str(r->dest, ip), mask_len(r->mask));
    printf("%-18s %-15s %.8s\n", r->mask ? dest : "default", r->gateway ? ip_str(r->gateway, ip) : "on the link", r->ifname);
  }
  free(p);
  return 0;
}

int
show_arp(void)
{
  static const char *const states[] = { "free", "pending", "reachable", "stale", "static" };
  struct kstat_arp *p;
  char ip[16], mac[18];
  int n = get(KSTAT_ARP, (void **)&p, sizeof(*p));
  if(n < 0)
    return -1;
  printf("%-15s %-17s %-4s %-9s %4s %8s %8s\n", "ADDRESS", "MAC", "IF", "STATE", "HELD", "AGE s", "LEFT s");
  for(struct kstat_arp *a = p; a < p + n; a++){
    int pending = a->state == ARP_PENDING;
    printf("%-15s %-17s %-4.8s %-9s %4u %6u.%u %6u.%u\n", ip_str(a->addr, ip), pending ? "?" : mac_str(a->mac, mac), a->ifname,
           a->state < 5 ? states[a->state] : "?", a->held, a->age_ms / 1000, a->age_ms / 100 % 10, a->ttl_ms / 1000,
           a->ttl_ms / 100 % 10);
  }
  free(p);
  return 0;
}

int
drop_counts(struct kstat_drop **d)
{
  return get(KSTAT_DROP, (void **)d, sizeof(**d));
}

static void
show_counts(const struct kstat_drop *p, int n, int all, const struct kstat_drop *base, int nbase)
{
  for(int i = 0; i < n; i++){
    uint64 count = p[i].count - (i < nbase ? base[i].count : 0);
    if(count || all)
      printf("  %-20.24s %10lu\n", p[i].name, count);
  }
}

int
show_drops(int all, const struct kstat_drop *base, int nbase)
{
  struct kstat_drop *p;
  int n = drop_counts(&p);
  if(n < 0)
    return -1;
  show_counts(p, n, all, base, nbase);
  free(p);
  return 0;
}

int
show_findings(void)
{
  struct kstat_finding *f;
  int n = get(KSTAT_FINDING, (void **)&f, sizeof(*f));
  if(n < 0)
    return -1;
  for(int i = 0; i < n; i++)
    printf("diagnosis: %s\n", f[i].text);
  if(n == 0)
    printf("diagnosis: nothing is wrong\n");
  free(f);
  return 0;
}

int
show_counters(int all)
{
  struct kstat_drop *p;
  int n = get(KSTAT_NET, (void **)&p, sizeof(*p));
  if(n < 0)
    return -1;
  show_counts(p, n, all, 0, 0);
  free(p);
  return 0;
}

// What follows the IP header. b: n bytes of it.
static void
show_transport(const struct ip *ip, const uint8 *b, uint n)
{
  struct udp u;
  struct icmp ic;
  if(ntohs(ip->ip_off) & IP_OFFMASK){
    printf(" fragment at %u", (ntohs(ip->ip_off) & IP_OFFMASK) * 8);
  } else if(ip->ip_p == IPPROTO_UDP && n >= sizeof(u)){
    memcpy(&u, b, sizeof(u));
    printf(" UDP %u > %u, %d bytes", ntohs(u.sport), ntohs(u.dport), ntohs(u.ulen) - (int)sizeof(u));
    if(n > sizeof(u))
      printf(" '");
    for(uint i = sizeof(u); i < n && i < sizeof(u) + 14; i++)
      printf("%c", b[i] >= ' ' && b[i] <= '~' ? b[i] : '.');
    if(n > sizeof(u))
      printf("'");
  } else if(ip->ip_p == IPPROTO_ICMP && n >= sizeof(ic)){
    memcpy(&ic, b, sizeof(ic));
    printf(" ICMP type %u code %u", ic.type, ic.code);
  } else {
    printf(" protocol %u", ip->ip_p);
  }
}

static void
show_ip(const uint8 *b, uint n)
{
  struct ip ip;
  char src[16], dst[16];
  if(n < sizeof(ip)){
    printf(" IP, cut short");
    return;
  }
  memcpy(&ip, b, sizeof(ip));
  uint header = (ip.ip_vhl & 15) * 4;
  printf(" %s > %s", ip_str(ntohl(ip.ip_src), src), ip_str(ntohl(ip.ip_dst), dst));
  if(header >= sizeof(ip) && header <= n)
    show_transport(&ip, b + header, n - header);
}

static void
show_arp_message(const uint8 *b, uint n)
{
  struct arp a;
  char sip[16], tip[16], sha[18];
  if(n < sizeof(a)){
    printf(" ARP, cut short");
    return;
  }
  memcpy(&a, b, sizeof(a));
  if(ntohs(a.op) == ARP_OP_REQUEST)
    printf(" ARP who has %s? asks %s", ip_str(ntohl(a.tip), tip), ip_str(ntohl(a.sip), sip));
  else
    printf(" ARP %s is at %s", ip_str(ntohl(a.sip), sip), mac_str(a.sha, sha));
}

// Frames come in no order, and in ours after this.
static void
sort_frames(struct kstat_trace *p, int n)
{
  for(int i = 1; i < n; i++){
    struct kstat_trace x = p[i];
    int k = i;
    for(; k > 0 && (int)(p[k - 1].number - x.number) > 0; k--)
      p[k] = p[k - 1];
    p[k] = x;
  }
}

static void
show_frame(const struct kstat_trace *t)
{
  uint have = t->len < KSTAT_TRACEBYTES ? t->len : KSTAT_TRACEBYTES;
  struct eth e;

  printf("  %6lu.%06lu %-3.8s %s %4u", t->when_ns / 1000000000, t->when_ns / 1000 % 1000000, t->ifname, t->out ? "out" : "in ",
         t->len);
  if(have >= sizeof(e)){
    memcpy(&e, t->bytes, sizeof(e));
    uint type = ntohs(e.type);
    if(type == ETHTYPE_IP)
      show_ip(t->bytes + sizeof(e), have - sizeof(e));
    else if(type == ETHTYPE_ARP)
      show_arp_message(t->bytes + sizeof(e), have - sizeof(e));
    else
      printf(" type %04x", type);
  }
  if(t->drop[0])
    printf("  DROPPED %.24s", t->drop);
  printf("\n");
}

int
show_frames(int last)
{
  struct kstat_trace *p;
  int n = get(KSTAT_TRACE, (void **)&p, sizeof(*p));
  if(n < 0)
    return -1;
  sort_frames(p, n);
  for(int i = n > last ? n - last : 0; i < n; i++)
    if(p[i].ifname[0])
      show_frame(&p[i]);
  free(p);
  return 0;
}

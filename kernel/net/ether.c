// Ethernet: which frames are for us, and who gets them.

#include "net/ether.h"
#include "core/string.h"

#define NTYPES 4

static struct {
  uint16 type;  // host order
  netinput *fn;
} types[NTYPES];  // constant after boot
static int ntypes;

const uint8 ether_broadcast[ETHADDR_LEN] ETHER_EVEN = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

// A group address (broadcast and multicast) has the lowest bit of its first byte set.
static inline int
is_group(const uint8 *mac)
{
  return mac[0] & 1;
}

_Static_assert(__builtin_offsetof(struct netif, mac) % 2 == 0, "same() loads halves");

// MAC addresses in a frame's header and an interface's are at even addresses: compared and copied by halves of words.
typedef uint16 __attribute__((may_alias)) half;

static inline int
same(const uint8 *a, const uint8 *b)
{
  const half *x = (const half *)a, *y = (const half *)b;
  return x[0] == y[0] && x[1] == y[1] && x[2] == y[2];
}

static inline void
copy(uint8 *to, const uint8 *from)
{
  half *x = (half *)to;
  const half *y = (const half *)from;
  x[0] = y[0], x[1] = y[1], x[2] = y[2];
}

static void
ether_refuse(struct netif *nif, struct pktbuf *p, enum drop_reason why)
{
  count_add(&nif->stat.rx_drops, 1);
  pkt_drop(p, why, 0);
}

void
ether_input(struct netif *nif, struct pktbuf *p)
{
  struct eth *h = __builtin_assume_aligned(pkt_pull(p, sizeof(*h)), 2);
  if(unlikely(h == 0))
    return ether_refuse(nif, p, DROP_ETH_SHORT);
  if(likely(!nif->loopback)){
    // A frame of our own that came back (a hub, a multicast wire) would look like somebody with our address.
    if(unlikely(is_group(h->shost) || same(h->shost, nif->mac)))
      return ether_refuse(nif, p, DROP_ETH_SRC);
    if(is_group(h->dhost))
      p->l2bcast = 1;
    else if(unlikely(!same(h->dhost, nif->mac)))
      return ether_refuse(nif, p, DROP_ETH_DST);
  }
  pkt_stage(p, PATH_ETHER);
  uint16 type = ntohs(h->type);
  for(int i = 0; i < ntypes; i++)
    if(types[i].type == type)
      return types[i].fn(nif, p);
  // Types below 0x600 are lengths: 802.3 framing, which hosts on the Internet do not use (RFC 1122, 2.3.3).
  ether_refuse(nif, p, type == ETHTYPE_VLAN || type == 0x88a8 ? DROP_ETH_VLAN : DROP_ETH_TYPE);
}

void
ether_init(void)
{
  netif_input = ether_input;
}

void
ether_register(uint16 type, netinput *fn)
{
  assert(ntypes < NTYPES);
  types[ntypes].type = type;
  types[ntypes++].fn = fn;
}

int
ether_output(struct netif *nif, struct pktbuf *p, const uint8 dst[ETHADDR_LEN], uint16 type)
{
  uint len = pkt_len(p);
  if(unlikely(len > nif->mtu && p->nfrag == 0)){
    count_add(&nif->stat.tx_drops, 1);
    return pkt_drop(p, DROP_TX_LONG, -EMSGSIZE);
  }
  struct eth *h = __builtin_assume_aligned(pkt_push(p, sizeof(*h)), 2);
  if(unlikely(h == 0))
    return pkt_drop(p, DROP_HEADROOM, -EMSGSIZE);
  copy(h->dhost, dst);
  copy(h->shost, nif->mac);
  h->type = htons(type);
  len += sizeof(*h);
  if(len < ETHER_MINLEN && p->nfrag == 0 && !nif->loopback)
    memset(pkt_put(p, ETHER_MINLEN - len), 0, ETHER_MINLEN - len);  // not what the page held before
  pkt_stage(p, PATH_ETHEROUT);
  return netif_tx(nif, p);
}

// One frame at a time against the parsers, each beside a second opinion that was written down from the RFC alone.

#include "fuzz/net.h"
#include "net/icmp.h"


// What got through to the probe, a protocol that takes everything.
static int nprobed;
static uint8 probed[2048];
static uint nprobed_bytes;

static void
probe(struct netif *nif, struct pktbuf *p)
{
  nprobed++;
  nprobed_bytes = pkt_len(p);
  memcpy(probed, pkt_data(p), pkt_len(p));
  fuzz_digest(probed, nprobed_bytes);
  pkt_free(p);
}

// --- Ethernet: an input is a frame ---

#define PROBE_TYPE 0x88b5  // IEEE 802: for local experiments
#define PROBE_PROTO 253    // RFC 3692: for experiments

static void
ether_start(void)
{
  ether_register(PROBE_TYPE, probe);
}

FUZZ(ether, ether_start)
{
  const fuzz_byte *b;
  uint n = in_bytes(in, 1600, &b);
  feed_to(&card, b, n);
  int ours = n >= 14 && !(b[6] & 1) && memcmp(b + 6, our_mac, 6) != 0 && ((b[0] & 1) || memcmp(b, our_mac, 6) == 0);
  int wanted = ours && be16(b + 12) == PROBE_TYPE;
  MUST(nprobed == wanted, "a frame %s", wanted ? "for us is lost" : "that is not for us gets through");
  MUST(!wanted || (nprobed_bytes == n - 14 && memcmp(probed, b + 14, n - 14) == 0), "a frame is not what was sent");
  net_end();
}

// --- ARP: an input is messages of 28 bytes or less, each behind its length and the Ethernet addresses' choice ---

static int
arp_well_formed(const uint8 *a, uint n)
{
  static const uint8 form[] = { 0, 1, 8, 0, 6, 4, 0 };
  return n >= 28 && memcmp(a, form, sizeof(form)) == 0 && (a[7] == 1 || a[7] == 2);
}

static int nreplies;
static const struct frame *reply;

static void
count_replies(const struct frame *f)
{
  if(f->b[12] == 8 && f->b[13] == 6 && f->b[21] == 2){
    nreplies++;
    reply = f;
  }
}

static void
arp_start(void)
{
  on_sent = count_replies;
}

FUZZ(arp, arp_start)
{
  static const uint8 us[] = { 10, 0, 2, 15 };
  while(in_left(in)){
    const fuzz_byte *a;
    uint how = in8(in), n = in_bytes(in, how & 0x80 ? how & 31 : 28, &a);
    w_eth(wire, how & 1 ? our_mac : ether_broadcast, how & 2 ? other_mac : peer_mac, ETHTYPE_ARP);
    w_put(wire, a, n);
    if(how & 4)
      w_fill(wire, 18);
    nreplies = 0;
    feed_to(&card, wire->b, wire->n);
    const uint8 *m = wire->b + 14;
    // RFC 826: asked for our address by a host: tell it. RFC 5227: one that has no address yet may ask, too.
    int asks = arp_well_formed(m, wire->n - 14) && m[7] == 1 && memcmp(m + 24, us, 4) == 0;
    MUST(asks || nreplies == 0, "an ARP reply that nobody asked for");
    if(nreplies)
      MUST(memcmp(reply->b, m + 8, 6) == 0 && memcmp(reply->b + 38, m + 14, 4) == 0, "an ARP reply to somebody else");
    int plain = asks && !(m[8] & 1) && m[14] == 10 && m[15] == 0 && m[16] == 2 && m[17] > 15 && m[17] < 255;
    int nobody = memcmp(m + 8, "\0\0\0\0\0\0", 6) == 0 || memcmp(m + 8, our_mac, 6) == 0;
    MUST(!plain || nobody || nreplies == 1, "a plain ARP request without a reply");
  }
  net_end();
}

// --- IP: an input is a header, options and data; the checksum is mended unless the first byte's top bit is set ---

static void
ip_start(void)
{
  static const struct ip_transport probed = { .proto = PROBE_PROTO, .input = probe };
  ip_register(&probed);
}

// RFC 791 3.1: do the options in b[20..hlen) hold together, and is there no source route?
static int
options_good(const uint8 *b, uint hlen)
{
  for(uint i = 20; i < hlen && b[i]; ){
    uint left = hlen - i;
    if(b[i] == 1){
      i++;
      continue;
    }
    if(left < 2 || b[i + 1] < 2 || b[i + 1] > left || b[i] == 131 || b[i] == 137)
      return 0;
    if(b[i] == 7 && (b[i + 1] < 3 || b[i + 2] < 4 || b[i + 2] > b[i + 1] + 1))
      return 0;
    if(b[i] == 68 && (b[i + 1] < 4 || b[i + 2] < 5 || b[i + 2] > b[i + 1] + 1))
      return 0;
    i += b[i + 1];
  }
  return 1;
}

// RFC 1122 3.2.1: is this datagram of n bytes for us, whole, and from a host? link: it came in a broadcast frame.
static int
ip_good(const uint8 *b, uint n, int link)
{
  if(n < 20 || b[0] >> 4 != 4)
    return 0;
  uint hlen = (b[0] & 15) * 4, len = be16(b + 2), off = be16(b + 6);
  if(hlen < 20 || hlen > n || len < hlen || len > n || ref_cksum(b, hlen, 0) != 0)
    return 0;
  uint32 src = be32(b + 12), dst = be32(b + 16);
  if(src == 0 && dst == 0xffffffff)
    src = GW_IP;  // a host that asks for its address is as good as any other
  if(src >> 24 == 0 || src >> 24 == 127 || src >= 0xe0000000 || src == OUR_IP || src == OUR_IP2 ||
     src == NET_BCAST || src == (NET_BCAST & ~255u))
    return 0;
  int to_all = dst == 0xffffffff || dst == NET_BCAST || dst == (NET_BCAST & ~255u);  // zeros: the form of old
  if(!to_all && (link || (dst != OUR_IP && dst != OUR_IP2)))
    return 0;
  return (off & 0xbfff) == 0 && options_good(b, hlen);
}

FUZZ(ip, ip_start)
{
  const fuzz_byte *b;
  uint how = in8(in), n = in_bytes(in, 1500, &b);
  w_eth(wire, how & 1 ? ether_broadcast : our_mac, gw_mac, ETHTYPE_IP);
  w_put(wire, b, n);
  if(!(how & 0x80)){
    struct ip *h = w_iph(wire);
    if(n >= 20 && (how & 2))
      h->ip_p = PROBE_PROTO;
    if(n >= 20 && (how & 4))
      h->ip_dst = htonl(OUR_IP);
    if(n >= 20 && (how & 8))
      h->ip_len = htons(n);
    mend(wire);
  }
  feed_to(&card, wire->b, wire->n);
  const uint8 *d = wire->b + 14;
  int wanted = ip_good(d, n, how & 1) && d[9] == PROBE_PROTO;
  MUST(nprobed == wanted, "a datagram %s", wanted ? "for us is lost" : "that should be dropped gets through");
  if(wanted){
    uint hlen = (d[0] & 15) * 4, len = be16(d + 2);
    MUST(nprobed_bytes == len - hlen && memcmp(probed, d + hlen, len - hlen) == 0, "a datagram is not what was sent");
  }
  net_end();
}

// --- ICMP: an input is messages; echoes are compared, errors told to the right socket ---

static struct sock *told[3];
static const struct frame *last_sent;
static int nlast;

static void
note_sent(const struct frame *f)
{
  last_sent = f;
  nlast++;
}

static void
icmp_start(void)
{
  int err;
  struct endpoint ping = { 0, 77 }, gw = { GW_IP, 0 };
  told[0] = udp_connected(2001, GW_IP, 7);
  told[1] = udp_socket(2002);
  told[2] = sock_create(SOCK_RAW, &err);
  CHECK_EQ(sock_bind(told[2], &ping), 0);
  CHECK_EQ(sock_connect(told[2], &gw, 0), 0);
  on_sent = note_sent;
}

// An error that quotes q, n bytes of what we are said to have sent: does it name the connected socket?
static int
names_connected(const uint8 *q, uint n)
{
  uint hlen = (q[0] & 15) * 4;
  static const uint8 us_to_gateway[] = { 10, 0, 2, 15, 10, 0, 2, 2 }, ports[] = { 2001 >> 8, 2001 & 255, 0, 7 };
  return n >= 28 && q[0] >> 4 == 4 && hlen >= 20 && n >= hlen + 8 && (be16(q + 6) & 0x1fff) == 0 &&
         q[9] == IPPROTO_UDP && memcmp(q + 12, us_to_gateway, 8) == 0 && memcmp(q + hlen, ports, 4) == 0;
}

FUZZ(icmp, icmp_start)
{
  while(in_left(in)){
    const fuzz_byte *b;
    uint how = in8(in), n = in_bytes(in, in8(in) * (how & 1 ? 6 : 1), &b);
    uint32 from = how & 2 ? FAR_IP : GW_IP;
    w_ip(wire, from, how & 4 ? NET_BCAST : OUR_IP, IPPROTO_ICMP, n, 1, 0);
    w_put(wire, b, n);
    if(how & 16){  // the rest is padding
      n -= MIN(n, how >> 5);
      w_iph(wire)->ip_len = htons(20 + n);
    }
    if(!(how & 8))
      mend(wire);
    nlast = 0;
    sock_take_error(told[0]);
    feed_to(&card, wire->b, wire->n);
    const uint8 *m = wire->b + 34;
    int good = n >= 8 && ref_cksum(m, n, 0) == 0, echo = good && m[0] == 8 && !(how & 4);
    if(echo){
      MUST(nlast == 1 && last_sent->b[34] == 0, "an echo request without a reply");
      MUST(last_sent->len >= 34 + n && memcmp(last_sent->b + 38, m + 4, n - 4) == 0, "an echo reply with other data");
      MUST(be32(last_sent->b + 26) == OUR_IP && be32(last_sent->b + 30) == from, "an echo reply from or to another address");
    } else
      MUST(nlast == 0 || how & 2, "something is sent about an ICMP message of type %d", m[0]);
    int error = good && (m[0] == 3 || m[0] == 11 || m[0] == 12) && names_connected(m + 8, n - 8);
    int err = sock_take_error(told[0]);
    MUST(error || err == 0, "a socket is told of an error of another's");
    MUST(!error || err || (m[0] == 3 && m[1] == 4), "a socket is not told of its error");
  }
  for(int i = 0; i < 3; i++){
    while(receive(told[i], 70000, 0) >= 0)
      fuzz_digest(host_user, 2000);
    sock_close(told[i]);
  }
  net_end();
}

// --- UDP: an input is datagrams, from the UDP header on ---

static struct sock *box;
static struct sock *narrow;  // the same port, of one peer

static void
udp_start(void)
{
  box = udp_socket(2000);
  narrow = udp_connected(2003, GW_IP, 9);
}

static void
udp_one(struct sock *s, const uint8 *m, uint n, int good, uint32 from)
{
  struct endpoint ep;
  int64 got = receive(s, 70000, &ep);
  if(!good){
    MUST(got == -EAGAIN || got == -ECONNREFUSED, "a bad datagram is received, %ld bytes", (long)got);
    return;
  }
  uint len = be16(m + 4);
  MUST(got == (int64)len - 8, "%ld bytes instead of %d are received", (long)got, len - 8);
  MUST(memcmp(host_user, m + 8, got) == 0 && ep.addr == from && ep.port == be16(m), "another datagram");
  fuzz_digest(host_user, got);
}

FUZZ(udp, udp_start)
{
  while(in_left(in)){
    const fuzz_byte *b;
    uint how = in8(in), n = in_bytes(in, in8(in) * (how & 1 ? 6 : 1), &b);
    uint32 from = how & 2 ? FAR_IP : GW_IP, to = how & 4 ? NET_BCAST : OUR_IP;
    w_ip(wire, from, to, IPPROTO_UDP, n, 1, 0);
    w_put(wire, b, n);
    uint8 *m = wire->b + 34;
    if(n >= 8 && (how & 16)){
      m[2] = 2000 >> 8, m[3] = how & 32 ? 2003 & 255 : 2000 & 255;
      m[4] = n >> 8, m[5] = n;
    }
    if(!(how & 8))
      mend(wire);
    feed_to(&card, wire->b, wire->n);
    uint len = be16(m + 4), port = be16(m + 2);
    int good = n >= 8 && len >= 8 && len <= n;
    uint32 pseudo = (from >> 16) + (from & 0xffff) + (to >> 16) + (to & 0xffff) + IPPROTO_UDP + len;
    if(good && (m[6] || m[7]))
      good = ref_cksum(m, len, pseudo) == 0;
    int fits = from == GW_IP && to == OUR_IP && m[0] == 0 && m[1] == 9;
    udp_one(box, m, n, good && port == 2000, from);
    udp_one(narrow, m, n, good && port == 2003 && fits, from);
  }
  sock_close(box);
  sock_close(narrow);
  net_end();
}

// libFuzzer: what a wire may bring, from netif_rx() to recv(). `make fuzz` builds it.
//
// The input is a row of frames, each behind two bytes of length (big-endian); a length of 0 lets a second pass. Half of
// the frames get right checksums, so that the fuzzer need not guess them.

#include "fixture.h"

static struct sock *socks[4];

static void
mend(struct wire *w)
{
  struct ip *h = w_iph(w);
  if(w->n < 34 || ntohs(((struct eth *)w->b)->type) != ETHTYPE_IP || ip_hlen(h) < 20 || 14 + ip_hlen(h) > w->n)
    return;
  w_ip_sum(w);
  uint at = 14 + ip_hlen(h), len = w->n - at;
  if(h->ip_p == IPPROTO_ICMP && len >= 8){
    w->b[at + 2] = w->b[at + 3] = 0;
    uint16 sum = htons(ref_cksum(w->b + at, len, 0));
    memcpy(w->b + at + 2, &sum, 2);
  } else if(h->ip_p == IPPROTO_UDP && len >= 8){
    w->b[at + 6] = w->b[at + 7] = 0;
  }
}

static void
start(void)
{
  int err;
  struct endpoint ping = { 0, 77 };
  test_begin();
  socks[0] = udp_socket(2000);
  socks[1] = udp_connected(2001, GW_IP, 7);
  socks[2] = sock_create(SOCK_RAW, &err);
  CHECK_EQ(sock_bind(socks[2], &ping), 0);
  socks[3] = udp_connected(2002, GW_IP, 9);
  CHECK_EQ(lab_bind(2003), 0);
}

int LLVMFuzzerTestOneInput(const uint8 *data, uint64 size);

int
LLVMFuzzerTestOneInput(const uint8 *data, uint64 size)
{
  static struct wire w;
  static int started;
  if(!started++)
    start();
  for(uint frame = 0; size >= 2; frame++){
    uint n = data[0] << 8 | data[1];
    data += 2, size -= 2;
    if(n == 0){
      host_advance(SEC);
      continue;
    }
    n = MIN(MIN(n, 1600), size);
    memcpy(w.b, data, n);
    w.n = n;
    data += n, size -= n;
    if(n >= 14 && frame % 4 != 3)
      memcpy(w.b, our_mac, 6);
    if(frame % 2 == 0)
      mend(&w);
    feed(&w);
    sent_clear();
    card_clean();
  }
  for(uint i = 0; i < NELEM(socks); i++)
    for(int k = 0; k < 3; k++)
      receive(socks[i], 70000, 0);
  host_advance(70 * SEC);
  for(uint i = 0; i < NELEM(socks); i++)
    while(receive(socks[i], 70000, 0) >= 0)
      ;
  struct endpoint from;
  while(lab_recv(2003, UBASE, 100, &from) >= 0)
    ;
  sent_clear();
  card_clean();
  CHECK_EQ(pkt_in_use(), 0);
  CHECK_EQ(host_locks, 0);
  return 0;
}

#include "fixture.h"

// The same datagram has come from the gateway to port 2000 twice: what is wrong with the next one is found all the same.
static struct sock *
warm_up(void)
{
  struct sock *s = udp_socket(2000);
  feed_udp(GW_IP, 7, 2000, 30);
  feed_udp(GW_IP, 7, 2000, 30);
  CHECK_EQ(receive(s, 100, 0), 30);
  CHECK_EQ(receive(s, 100, 0), 30);
  return s;
}

// Every length arrives whole, with its sender, and is counted; padding is cut off.
TEST(again_delivers)
{
  struct sock *s = warm_up();
  struct endpoint from;
  long ip = counted(NET_IP_DELIVERED), udp = counted(NET_UDP_DELIVERED);
  for(uint n = 0; n <= 1472; n = n < 40 ? n + 1 : n + 179){
    feed_udp(GW_IP, 7, 2000, n);
    CHECK_EQ(s->rxq.first->l4 + 8, s->rxq.first->head);
    CHECK_EQ(receive(s, 2000, &from), n);
    CHECK_EQ(from.addr, GW_IP);
    CHECK_EQ(from.port, 7);
    ip++, udp++;
  }
  CHECK_EQ(counted(NET_IP_DELIVERED), ip);
  CHECK_EQ(counted(NET_UDP_DELIVERED), udp);
  sock_close(s);
}

// A frame that looks like those before but for the byte at `at`. The sums of its headers are right, if told to.
static void
feed_changed(uint at, uint8 x, int ip_sum, int udp_sum)
{
  struct wire w;
  w_udp(&w, GW_IP, 7, OUR_IP, 2000, 30);
  w.b[at] ^= x;
  if(ip_sum)
    w_ip_sum(&w);
  if(udp_sum)
    w_udp_sum(&w);
  feed(&w);
}

// Whatever is wrong with a frame is found, though others like it were right.
TEST(again_damaged)
{
  static const struct {
    uint8 at, xor, ip_sum, udp_sum;
    int why;
  } damages[] = {
    { 0, 2, 0, 0, DROP_ETH_DST }, { 5, 1, 0, 0, DROP_ETH_DST }, { 6, 1, 0, 0, DROP_ETH_SRC },
    { 12, 0x80, 0, 0, DROP_ETH_TYPE }, { 14, 0x10, 1, 0, DROP_IP_VERSION }, { 17, 0x40, 1, 0, DROP_IP_LEN },
    { 20, 0x80, 1, 0, DROP_IP_FLAGS }, { 23, 0x80, 1, 0, DROP_IP_PROTO }, { 24, 1, 0, 0, DROP_IP_CKSUM },
    { 26, 0xe0, 1, 0, DROP_IP_SRC }, { 30, 1, 1, 0, DROP_IP_DST }, { 36, 1, 0, 1, DROP_UDP_NOPORT },
    { 39, 1, 0, 0, DROP_UDP_LEN }, { 39, 0x20, 0, 0, DROP_UDP_LEN }, { 50, 1, 0, 0, DROP_UDP_CKSUM },
  };
  struct sock *s = warm_up();
  for(uint i = 0; i < NELEM(damages); i++){
    long before = drops(damages[i].why);
    feed_changed(damages[i].at, damages[i].xor, damages[i].ip_sum, damages[i].udp_sum);
    CHECK_EQ(drops(damages[i].why), before + 1);
    CHECK_EQ(receive(s, 100, 0), -EAGAIN);
    feed_udp(GW_IP, 7, 2000, 30);
    CHECK_EQ(receive(s, 100, 0), 30);
  }
  // A fragment waits; a length of UDP's below IP's counts; so does no checksum.
  feed_changed(20, 0x20, 1, 0);
  CHECK_EQ(receive(s, 100, 0), -EAGAIN);
  struct wire w;
  w_udp(&w, GW_IP, 7, OUR_IP, 2000, 30);
  w.b[40] = w.b[41] = 0;
  w.b[50] ^= 1;
  feed(&w);
  CHECK_EQ(receive(s, 100, 0), 30);
  w.b[39] -= 2;
  feed(&w);
  CHECK_EQ(receive(s, 100, 0), 28);
  w.b[39] = 6;
  w.b[17] = 26;
  w_ip_sum(&w);
  long before = drops(DROP_UDP_LEN) + drops(DROP_UDP_SHORT);
  feed(&w);
  CHECK_EQ(drops(DROP_UDP_LEN) + drops(DROP_UDP_SHORT), before + 1);
  sock_close(s);
}

// Two changes that leave a sum as it was; lengths that agree with each other, or with the frame alone, and no UDP checksum.
TEST(again_damaged_twice)
{
  static const struct {
    uint8 at1, at2;
    int8 add1, add2;
    int no_sum, why;  // why -1: it is a fragment, and waits
  } damages[] = {
    { 20, 22, 0x20, -0x20, 0, -1 }, { 29, 33, 1, -1, 0, DROP_IP_DST },
    { 17, 39, 0x40, 0x40, 1, DROP_IP_LEN }, { 39, 39, 1, 0, 1, DROP_UDP_LEN },
  };
  struct sock *s = warm_up();
  for(uint i = 0; i < NELEM(damages); i++){
    struct wire w;
    long before = damages[i].why < 0 ? 0 : drops(damages[i].why);
    w_udp(&w, GW_IP, 7, OUR_IP, 2000, 30);
    w.b[damages[i].at1] += damages[i].add1;
    w.b[damages[i].at2] += damages[i].add2;
    w_ip_sum(&w);
    if(damages[i].no_sum)
      w.b[40] = w.b[41] = 0;
    feed(&w);
    CHECK_EQ(receive(s, 100, 0), -EAGAIN);
    if(damages[i].why >= 0)
      CHECK_EQ(drops(damages[i].why), before + 1);
    feed_udp(GW_IP, 7, 2000, 30);
    CHECK_EQ(receive(s, 100, 0), 30);
  }
  sock_close(s);
}

// Another sender, by address or port, is told as who it is.
TEST(again_other_sender)
{
  struct sock *s = warm_up();
  struct endpoint from;
  feed_udp(GW_IP + 1, 7, 2000, 30);
  CHECK_EQ(receive(s, 100, &from), 30);
  CHECK_EQ(from.addr, GW_IP + 1);
  feed_udp(GW_IP, 8, 2000, 30);
  CHECK_EQ(receive(s, 100, &from), 30);
  CHECK_EQ(from.port, 8);
  feed_udp(GW_IP, 7 << 8, 2000, 30);
  CHECK_EQ(receive(s, 100, &from), 30);
  CHECK_EQ(from.port, 7 << 8);
  sock_close(s);
}

// A socket that fits better comes, and goes; the socket itself is connected to another peer, and closed.
TEST(again_other_socket)
{
  struct sock *s = udp_socket(0), *better = udp_socket(0);
  struct endpoint loop = { INADDR_LOOPBACK, 2000 }, ours = { OUR_IP, 2000 }, other = { GW_IP + 1, 7 };
  CHECK_EQ(sock_bind(better, &loop), 0);  // fits nothing yet
  CHECK_EQ(sock_bind(s, &ours), 0);
  for(int i = 0; i < 2; i++){
    feed_udp(GW_IP, 7, 2000, 30);
    CHECK_EQ(receive(s, 100, 0), 30);
  }
  CHECK_EQ(sock_connect(s, &other, 0), 0);
  long before = drops(DROP_UDP_NOPORT);
  feed_udp(GW_IP, 7, 2000, 30);
  CHECK_EQ(drops(DROP_UDP_NOPORT), before + 1);
  CHECK_EQ(receive(s, 100, 0), -EAGAIN);
  sock_close(s);
  sock_close(better);

  s = warm_up();
  sock_close(s);
  before = drops(DROP_UDP_NOPORT);
  feed_udp(GW_IP, 7, 2000, 30);
  CHECK_EQ(drops(DROP_UDP_NOPORT), before + 1);
  // Its place is somebody else's now, at another port.
  s = udp_socket(2001);
  feed_udp(GW_IP, 7, 2000, 30);
  CHECK_EQ(receive(s, 100, 0), -EAGAIN);
  sock_close(s);
}

// An address that is not ours any more gets nothing.
TEST(again_other_address)
{
  struct sock *s = warm_up();
  CHECK_EQ(netif_config(&card, OUR_IP + 1, 0xffffff00, 1), 0);
  long before = drops(DROP_IP_DST);
  feed_udp(GW_IP, 7, 2000, 30);
  CHECK_EQ(drops(DROP_IP_DST), before + 1);
  sock_close(s);
}

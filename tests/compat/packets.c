// The network lab's headers and its way to use them: a program that builds and reads packets.

#include "kernel/types.h"
#include "kernel/net.h"
#include "kernel/stat.h"
#include "user/user.h"

#define IS(a, b) _Static_assert((a) == (b), #a)

IS(ETHADDR_LEN, 6); IS(sizeof(struct eth), 14); IS(sizeof(struct ip), 20); IS(sizeof(struct udp), 8);
IS(sizeof(struct arp), 28); IS(sizeof(struct dns), 12); IS(sizeof(struct dns_question), 4);
IS(sizeof(struct dns_data), 10); IS(ETHTYPE_IP, 0x0800); IS(ETHTYPE_ARP, 0x0806);
IS(IPPROTO_ICMP, 1); IS(IPPROTO_TCP, 6); IS(IPPROTO_UDP, 17); IS(ARP_HRD_ETHER, 1); IS(ARP_OP_REQUEST, 1);
IS(ARP_OP_REPLY, 2); IS(ARECORD, 1); IS(QCLASS, 1); IS(MAKE_IP_ADDR(10, 0, 2, 15), 0x0a00020fU);
_Static_assert(NET_TESTS_PORT > 1023 && NET_TESTS_PORT < 65536, "NET_TESTS_PORT");

struct frame {
  struct eth eth;
  struct ip ip;
  struct udp udp;
  char payload[100];
} __attribute__((packed));

static struct frame f;

static void
fill(struct frame *f, int n)
{
  memset(f, 0, sizeof(*f));
  memset(f->eth.dhost, 0xff, ETHADDR_LEN);
  f->eth.shost[0] = 0x52;
  f->eth.type = htons(ETHTYPE_IP);
  f->ip.ip_vhl = 4 << 4 | 20 / 4;
  f->ip.ip_tos = 0;
  f->ip.ip_len = htons(sizeof(struct ip) + sizeof(struct udp) + n);
  f->ip.ip_id = f->ip.ip_off = f->ip.ip_sum = 0;
  f->ip.ip_ttl = 100;
  f->ip.ip_p = IPPROTO_UDP;
  f->ip.ip_src = htonl(MAKE_IP_ADDR(10, 0, 2, 15));
  f->ip.ip_dst = htonl(MAKE_IP_ADDR(10, 0, 2, 2));
  f->udp.sport = htons(2000);
  f->udp.dport = htons(NET_TESTS_PORT);
  f->udp.ulen = htons(sizeof(struct udp) + n);
  f->udp.sum = 0;
}

static int
arp_reply(struct arp *in, struct arp *out, uint32 me)
{
  if(ntohs(in->hrd) != ARP_HRD_ETHER || ntohs(in->pro) != ETHTYPE_IP || in->hln != ETHADDR_LEN || in->pln != 4)
    return 0;
  if(ntohs(in->op) != ARP_OP_REQUEST || ntohl(in->tip) != me)
    return 0;
  *out = *in;
  out->op = htons(ARP_OP_REPLY);
  memmove(out->tha, in->sha, ETHADDR_LEN);
  out->tip = in->sip;
  out->sip = htonl(me);
  return 1;
}

static int
dns_query(char *buf)
{
  struct dns *h = (struct dns*)buf;
  struct dns_question *q;

  memset(h, 0, sizeof(*h));
  h->id = htons(6828);
  h->rd = 1;
  h->qdcount = htons(1);
  strcpy((char*)(h + 1), "\3rxv\4test");
  q = (struct dns_question*)((char*)(h + 1) + strlen((char*)(h + 1)) + 1);
  q->qtype = htons(ARECORD);
  q->qclass = htons(QCLASS);
  return (int)((char*)(q + 1) - buf);
}

static uint32
dns_answer(struct dns_data *d)
{
  uint8 *ip = (uint8*)(d + 1);

  if(ntohs(d->type) != ARECORD || ntohs(d->class) != QCLASS || ntohl(d->ttl) == 0 || ntohs(d->len) != 4)
    return 0;
  return MAKE_IP_ADDR(ip[0], ip[1], ip[2], ip[3]);
}

int
main(int argc, char *argv[])
{
  char buf[128];
  struct arp a, b;
  struct dns *h = (struct dns*)buf;
  uint32 src;
  uint16 sport;

  memset(&a, 0, sizeof(a));
  fill(&f, 4);
  if(f.ip.ip_len != 0x2000 || f.udp.sport != 0xd007 || arp_reply(&a, &b, 1))
    exit(1);
  if(dns_query(buf) != 12 + 10 + 4 || buf[2] != 1 || h->qr || h->tc || h->aa || h->opcode || h->ra || h->rcode ||
     h->z || h->ad || h->cd || h->ancount || h->nscount || h->arcount)
    exit(1);
  memset(buf, 0, sizeof(buf));
  if(dns_answer((struct dns_data*)buf) != 0)
    exit(1);
  if(argc > 1){
    bind(2000);
    if(send(2000, MAKE_IP_ADDR(10, 0, 2, 2), NET_TESTS_PORT, buf, 5) < 0)
      fprintf(2, "send failed\n");
    recv(2000, &src, &sport, buf, sizeof(buf));
    unbind(2000);
  }
  printf("packets: OK\n");
  exit(0);
}

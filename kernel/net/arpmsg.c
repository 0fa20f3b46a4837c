// See arpmsg.h.

#include "net/arpmsg.h"
#include "core/string.h"
#include "net/count.h"
#include "pkt/drop.h"

void
arp_emit(struct netif *nif, const uint8 *ether_dst, const struct arp_message *m)
{
  struct pktbuf *p = pkt_alloc();
  if(p == 0){
    drop_count(DROP_NOMEM, 0);
    return;
  }
  struct arp *a = pkt_put(p, sizeof(*a));
  a->hrd = htons(ARP_HRD_ETHER);
  a->pro = htons(ETHTYPE_IP);
  a->hln = ETHADDR_LEN;
  a->pln = sizeof(uint32);
  a->op = htons(m->op);
  memcpy(a->sha, m->sha, 6);
  memcpy(a->tha, m->tha, 6);
  a->sip = htonl(m->sip);
  a->tip = htonl(m->tip);
  ether_output(nif, p, ether_dst, ETHTYPE_ARP);
}

void
arp_request(struct netif *nif, uint32 addr, const uint8 *mac)
{
  struct arp_message m = { .op = ARP_OP_REQUEST, .sip = nif->addr, .tip = addr };
  memcpy(m.sha, nif->mac, 6);
  net_count(ARP_ASKED);
  arp_emit(nif, mac ? mac : ether_broadcast, &m);
}

int
arp_parse(const struct arp *a, uint n, struct arp_message *m)
{
  if(n < sizeof(*a))
    return DROP_ARP_SHORT + 1;
  if(ntohs(a->hrd) != ARP_HRD_ETHER || ntohs(a->pro) != ETHTYPE_IP || a->hln != ETHADDR_LEN || a->pln != sizeof(uint32))
    return DROP_ARP_FORMAT + 1;
  m->op = ntohs(a->op);
  m->sip = ntohl(a->sip);
  m->tip = ntohl(a->tip);
  memcpy(m->sha, a->sha, 6);
  memcpy(m->tha, a->tha, 6);
  if(m->op != ARP_OP_REQUEST && m->op != ARP_OP_REPLY)
    return DROP_ARP_OP + 1;
  return 0;
}

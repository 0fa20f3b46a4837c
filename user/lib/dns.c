// DNS messages. See user/dns.h.
//
// An answer comes from the network, so nothing in it is believed: every length is checked against the end of the message
// before it is used, and a compression pointer must lead to an earlier place than the name it is found in starts, so that
// names end. A message that breaks a rule anywhere up to the end of its answers is ignored as a whole.

#include "kernel/net.h"
#include "user/dns.h"
#include "user/rxv.h"
#include "user/user.h"

#define NAME_MAX 255    // bytes of a name on the wire
#define LABEL_MAX 63
#define CHAIN 8         // aliases that are followed
#define CNAME 5
#define OPT 41

// The part of a message that has been checked to be there.
struct cursor {
  const uint8 *msg;
  uint n;   // bytes of the message
  uint at;  // next one
};

struct record {
  char owner[NAME_MAX + 1];
  uint type, class, data, len;  // data: where its data is, len bytes
};

static char
lower(char c)
{
  return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
}

static int
get16(struct cursor *c)
{
  if(c->n - c->at < 2)
    return -1;
  c->at += 2;
  return c->msg[c->at - 2] << 8 | c->msg[c->at - 1];
}

// A name at c->at, as text in lower case: 0, and c->at is after it; -1: malformed.
static int
get_name(struct cursor *c, char text[NAME_MAX + 1])
{
  uint at = c->at, limit = c->at, n = 0, after = 0;
  for(;;){
    if(at >= c->n)
      return -1;
    uint len = c->msg[at++];
    if(len >= 0xc0){
      if(at >= c->n)
        return -1;
      uint to = (len & 0x3f) << 8 | c->msg[at++];
      if(after == 0)
        after = at;
      if(to >= limit)
        return -1;
      limit = at = to;
      continue;
    }
    if(len == 0)
      break;
    if(n > 0)
      text[n++] = '.';
    // Text is two bytes shorter than what it was made of.
    if(len > LABEL_MAX || len > c->n - at || n + len + 2 > NAME_MAX)
      return -1;
    for(; len > 0; len--, at++){
      char ch = c->msg[at];
      if(ch <= ' ' || ch > '~' || ch == '.')
        return -1;
      text[n++] = lower(ch);
    }
  }
  text[n] = 0;
  c->at = after ? after : at;
  return 0;
}

static int
get_record(struct cursor *c, struct record *r)
{
  if(get_name(c, r->owner) < 0 || c->n - c->at < 10)
    return -1;
  r->type = get16(c);
  r->class = get16(c);
  c->at += 4;  // time to live: nothing is kept
  r->len = get16(c);
  r->data = c->at;
  if(r->len > c->n - c->at)
    return -1;
  c->at += r->len;
  return 0;
}

// A host name as labels: bytes, or -1.
static int
put_name(uint8 *to, uint size, const char *name)
{
  uint at = 0;
  if(*name == 0 || *name == '.')
    return -1;
  while(*name){
    uint len = 0;
    while(name[len] && name[len] != '.')
      len++;
    if(len == 0 || len > LABEL_MAX || at + len + 2 > NAME_MAX || at + len + 2 > size)
      return -1;
    to[at++] = len;
    memcpy(to + at, name, len);
    at += len;
    name += len;
    if(*name == '.')
      name++;
  }
  to[at++] = 0;
  return at;
}

int
dns_question(uint8 *msg, uint size, uint16 id, const char *name)
{
  static const uint8 rest[] = {
    0, ARECORD, 0, QCLASS,
    0, 0, OPT, DNS_UDP_SIZE >> 8, DNS_UDP_SIZE & 255, 0, 0, 0, 0, 0, 0,  // RFC 6891 6.1.2
  };
  struct dns h;
  memset(&h, 0, sizeof(h));
  h.id = htons(id);
  h.rd = 1;
  h.qdcount = h.arcount = htons(1);
  if(size < sizeof(h) + sizeof(rest))
    return -1;
  int n = put_name(msg + sizeof(h), size - sizeof(h) - sizeof(rest), name);
  if(n < 0)
    return -1;
  memcpy(msg, &h, sizeof(h));
  memcpy(msg + sizeof(h) + n, rest, sizeof(rest));
  return sizeof(h) + n + sizeof(rest);
}

// The only question is ours. A dot at the end of name means nothing.
static int
our_question(struct cursor *c, const char *name)
{
  char text[NAME_MAX + 1];
  if(get_name(c, text) < 0 || get16(c) != ARECORD || get16(c) != QCLASS)
    return 0;
  uint i = 0;
  for(; text[i]; i++){
    if(text[i] != lower(name[i]))
      return 0;
  }
  return name[i] == 0 || (name[i] == '.' && name[i + 1] == 0);
}

// Goes through all answers once: addresses of `owner` into r, or the name that it stands for into alias.
// result: 1, there was an alias; 0, there was none; -1, malformed.
static int
scan(struct cursor c, uint count, const char *owner, struct dns_result *r, char alias[NAME_MAX + 1])
{
  struct record rec;
  int found = 0;
  for(; count > 0; count--){
    if(get_record(&c, &rec) < 0)
      return -1;
    if(rec.class != QCLASS)
      continue;
    if(rec.type == ARECORD && rec.len != 4)
      return -1;
    int ours = strcmp(rec.owner, owner) == 0;
    if(rec.type == ARECORD && ours && r->naddr < DNS_ADDRS){
      const uint8 *a = c.msg + rec.data;
      r->addrs[r->naddr++] = MAKE_IP_ADDR(a[0], a[1], a[2], a[3]);
    }
    if(rec.type == CNAME){
      struct cursor d = { c.msg, rec.data + rec.len, rec.data };
      char text[NAME_MAX + 1];
      if(get_name(&d, text) < 0 || d.at != d.n)
        return -1;
      if(ours && !found){
        strlcpy(alias, text, NAME_MAX + 1);
        found = 1;
      }
    }
  }
  return found;
}

// Follows aliases to addresses.
static enum dns_status
resolve(struct cursor c, uint count, struct dns_result *r)
{
  char alias[NAME_MAX + 1];
  for(int i = 0; i <= CHAIN; i++){
    int more = scan(c, count, r->canonical, r, alias);
    if(more < 0)
      return DNS_IGNORE;
    if(r->naddr > 0)
      return DNS_FOUND;
    if(more == 0)
      return DNS_NO_DATA;
    strlcpy(r->canonical, alias, sizeof(r->canonical));
  }
  return DNS_NO_DATA;
}

enum dns_status
dns_answer(const uint8 *msg, uint n, uint16 id, const char *name, struct dns_result *r)
{
  struct dns h;
  if(n < sizeof(h))
    return DNS_IGNORE;
  memcpy(&h, msg, sizeof(h));
  struct cursor c = { msg, n, sizeof(h) };
  if(ntohs(h.id) != id || !h.qr || h.opcode != 0 || ntohs(h.qdcount) != 1 || !our_question(&c, name))
    return DNS_IGNORE;
  memset(r, 0, sizeof(*r));
  r->rcode = h.rcode;
  for(uint i = 0; name[i] && i < NAME_MAX; i++)
    r->canonical[i] = lower(name[i]);
  uint end = strlen(r->canonical);
  if(end > 0 && r->canonical[end - 1] == '.')
    r->canonical[end - 1] = 0;
  if(h.rcode == 3)
    return DNS_NO_NAME;
  if(h.rcode != 0)
    return DNS_REFUSED;
  enum dns_status s = resolve(c, ntohs(h.ancount), r);
  return s == DNS_FOUND || s == DNS_IGNORE || !h.tc ? s : DNS_CUT;
}

// See ipopt.h.

#include "net/ipopt.h"
#include "core/string.h"

int
ipopt_check(const struct ip *h, uint *at)
{
  const uint8 *b = (const uint8 *)h;
  uint end = ip_hlen(h);
  for(uint i = sizeof(*h); i < end && b[i] != IPOPT_END; ){
    *at = i;
    if(b[i] == IPOPT_NOP){
      i++;
      continue;
    }
    if(i + 1 >= end || b[i + 1] < 2 || b[i + 1] > end - i)
      return DROP_IP_OPTIONS + 1;
    if(b[i] == IPOPT_LSRR || b[i] == IPOPT_SSRR)
      return DROP_IP_SRCROUTE + 1;
    // The pointer of these counts from 1; the first place is behind the fixed part, the last one ends the option.
    uint least = b[i] == IPOPT_RECORD ? 4 : 5, len = b[i + 1];
    if((b[i] == IPOPT_RECORD || b[i] == IPOPT_TIMESTAMP) && (len + 1 < least || b[i + 2] < least || b[i + 2] > len + 1))
      return DROP_IP_OPTIONS + 1;
    i += len;
  }
  return 0;
}

int
ipopt_may_send(const uint8 *options, uint n)
{
  uint8 header[sizeof(struct ip) + IP_OPTMAX];
  uint at;
  if(n > IP_OPTMAX || n % 4 != 0)
    return 0;
  header[0] = 4 << 4 | (sizeof(struct ip) + n) / 4;
  memcpy(header + sizeof(struct ip), options, n);
  return ipopt_check((struct ip *)header, &at) == 0;
}

uint
ipopt_of_piece(const uint8 *o, uint optlen, int first, uint8 *to)
{
  uint n = 0;
  for(uint i = 0, len; i < optlen && o[i] != IPOPT_END; i += len){
    len = o[i] == IPOPT_NOP ? 1 : i + 1 < optlen ? o[i + 1] : 0;
    if(len == 0 || len > optlen - i)
      break;
    if(first || (o[i] & IPOPT_COPIED)){
      memcpy(to + n, o + i, len);
      n += len;
    }
  }
  while(n % 4)
    to[n++] = IPOPT_END;
  return n;
}

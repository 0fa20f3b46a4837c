// Addresses as people write them, and the kernel's tables.

#include "user/rxv.h"
#include "user/user.h"
#include "user/socket.h"

#pragma weak parse_ip
#pragma weak parse_ip_len
#pragma weak parse_mac
#pragma weak ip_str
#pragma weak mac_str
#pragma weak mask_len
#pragma weak kstat_all
#pragma weak inet_aton
#pragma weak inet_ntoa
#pragma weak sock_send
#pragma weak sock_recv

int
send(int fd, const void *buf, uint n, int flags)
{
  return sendto(fd, buf, n, flags, 0, 0);
}

int
recv(int fd, void *buf, uint n, int flags)
{
  return recvfrom(fd, buf, n, flags, 0, 0);
}

// One to three decimal digits at *s, up to 255, moving *s past them: the number, or -1.
static int
octet(const char **s)
{
  int v = 0, n = 0;
  for(; isdigit(**s) && n < 3; n++, (*s)++)
    v = v * 10 + **s - '0';
  return n > 0 && v <= 255 ? v : -1;
}

// An address at s: where it ends, or 0.
static const char *
scan_ip(const char *s, uint32 *addr)
{
  uint32 a = 0;
  for(int i = 0; i < 4; i++){
    if(i > 0 && *s++ != '.')
      return 0;
    int v = octet(&s);
    if(v < 0)
      return 0;
    a = a << 8 | v;
  }
  *addr = a;
  return s;
}

int
parse_ip(const char *s, uint32 *addr)
{
  uint32 a;
  s = scan_ip(s, &a);
  if(s == 0 || *s)
    return -1;
  *addr = a;
  return 0;
}

int
parse_ip_len(const char *s, uint32 *addr, int *len)
{
  uint32 a;
  uint64 n;
  s = scan_ip(s, &a);
  if(s == 0 || *s != '/' || parse_uint(s + 1, 32, &n) < 0)
    return -1;
  *addr = a;
  *len = n;
  return 0;
}

static int
hex_digit(char c)
{
  const char *digits = "0123456789abcdef";
  if(c >= 'A' && c <= 'F')
    c += 'a' - 'A';
  const char *d = c ? strchr(digits, c) : 0;
  return d ? d - digits : -1;
}

int
parse_mac(const char *s, uint8 mac[6])
{
  for(int i = 0; i < 6; i++){
    if(i > 0 && *s++ != ':')
      return -1;
    int hi = hex_digit(s[0]);
    int lo = hi < 0 ? -1 : hex_digit(s[1]);
    if(lo < 0)
      return -1;
    mac[i] = hi << 4 | lo;
    s += 2;
  }
  return *s ? -1 : 0;
}

char *
ip_str(uint32 addr, char buf[16])
{
  snprintf(buf, 16, "%u.%u.%u.%u", addr >> 24, addr >> 16 & 255, addr >> 8 & 255, addr & 255);
  return buf;
}

char *
mac_str(const uint8 mac[6], char buf[18])
{
  snprintf(buf, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
  return buf;
}

int
mask_len(uint32 mask)
{
  int n = 0;
  while(mask & 0x80000000u){
    mask <<= 1;
    n++;
  }
  return mask ? -1 : n;
}

int
kstat_all(int what, void **out, uint record_size)
{
  uint room = 16 * record_size;
  // Records may come while we ask; a table that outgrows us each time is shown as far as we have it.
  for(int tries = 0;; tries++){
    void *p = malloc(room);
    int n = p ? kstat(what, p, room) : -1;
    if(n < 0){
      free(p);
      return -1;
    }
    if(n <= room || tries == 4){
      *out = p;
      return (n <= room ? n : room) / record_size;
    }
    free(p);
    room = n + 16 * record_size;
  }
}

int
inet_aton(const char *s, struct in_addr *addr)
{
  uint32 a;
  if(parse_ip(s, &a) < 0)
    return 0;
  addr->s_addr = htonl(a);
  return 1;
}

char *
inet_ntoa(struct in_addr addr)
{
  static char buf[16];
  return ip_str(ntohl(addr.s_addr), buf);
}

// Options of sockets. One socket's options are set by its own processes. Those that are one word need no lock.

#include "core/string.h"
#include "net/sock.h"
#include "net/sockpriv.h"
#include "sched/timer.h"

#define TIMEO_MAX (1L << 32)  // seconds; longer is for ever

static int
set_timeout(uint64 *timeo, const void *v, uint n)
{
  struct timeval tv;
  if(n < sizeof(tv))
    return -EINVAL;
  memcpy(&tv, v, sizeof(tv));
  if(tv.tv_sec < 0 || tv.tv_usec < 0 || tv.tv_usec > 999999)
    return -EINVAL;
  *timeo = tv.tv_sec > TIMEO_MAX ? 0 : tv.tv_sec * SEC + tv.tv_usec * USEC;
  return 0;
}

static int
set_buffer(uint *limit, int v)
{
  if(v < 1)
    return -EINVAL;
  *limit = MAX(2048, MIN(v, 4 * SOCK_RXBYTES));
  return 0;
}

// Options of IP's, none to take them away.
static int
set_options(struct sock *s, const uint8 *v, uint n)
{
  if(!ipopt_may_send(v, n))
    return -EINVAL;
  acquire(&s->lock);  // so that no datagram goes out with some of these and some of those
  memcpy(s->options, v, n);
  s->optlen = n;
  release(&s->lock);
  return 0;
}

int
sock_setopt(struct sock *s, int level, int name, const void *v, uint n)
{
  int i = 0;
  if(level == SOL_SOCKET && name == SO_RCVTIMEO)
    return set_timeout(&s->rcvtimeo, v, n);
  if(level == SOL_SOCKET && name == SO_SNDTIMEO)
    return set_timeout(&s->sndtimeo, v, n);
  if(level == IPPROTO_IP && name == IP_OPTIONS)
    return set_options(s, v, n);
  if(n < sizeof(i))
    return -EINVAL;
  memcpy(&i, v, sizeof(i));
  if(level == IPPROTO_IP && (name == IP_TTL || name == IP_TOS)){
    if(i < (name == IP_TTL) || i > 255)
      return -EINVAL;
    *(name == IP_TTL ? &s->ttl : &s->tos) = i;
    return 0;
  }
  if(level != SOL_SOCKET)
    return -ENOPROTOOPT;
  switch(name){
  case SO_BROADCAST:
    s->broadcast = i != 0;
    return 0;
  case SO_RCVBUF:
    return set_buffer(&s->rxbytes, i);
  case SO_SNDBUF:
    return set_buffer(&s->sndbuf, i);
  case SO_REUSEADDR:  // of use to TCP only: two UDP sockets on a port would steal from each other
  case SO_KEEPALIVE:
    return 0;
  }
  return -ENOPROTOOPT;
}

int
sock_getopt(struct sock *s, int level, int name, void *v, uint *n)
{
  int i = 0;
  if(level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO)){
    uint64 t = name == SO_RCVTIMEO ? s->rcvtimeo : s->sndtimeo;
    struct timeval tv = { .tv_sec = t / SEC, .tv_usec = t % SEC / USEC };
    if(*n < sizeof(tv))
      return -EINVAL;
    memcpy(v, &tv, sizeof(tv));
    *n = sizeof(tv);
    return 0;
  }
  if(level == IPPROTO_IP && name == IP_OPTIONS){
    acquire(&s->lock);
    *n = MIN(*n, s->optlen);
    memcpy(v, s->options, *n);
    release(&s->lock);
    return 0;
  }
  if(*n < sizeof(i))
    return -EINVAL;
  if(level == IPPROTO_IP && (name == IP_TTL || name == IP_TOS)){
    i = name == IP_TTL ? s->ttl : s->tos;
  } else if(level != SOL_SOCKET){
    return -ENOPROTOOPT;
  } else switch(name){
  case SO_TYPE:
    i = s->proto->type;
    break;
  case SO_ERROR:
    i = -sock_take_error(s);
    break;
  case SO_BROADCAST:
    i = s->broadcast;
    break;
  case SO_RCVBUF:
    i = s->rxbytes;
    break;
  case SO_SNDBUF:
    i = s->sndbuf;
    break;
  case SO_REUSEADDR:
  case SO_KEEPALIVE:
    break;
  default:
    return -ENOPROTOOPT;
  }
  memcpy(v, &i, sizeof(i));
  *n = sizeof(i);
  return 0;
}

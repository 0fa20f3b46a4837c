#ifndef RXV_SOCKET_H
#define RXV_SOCKET_H
// BSD sockets: what user/socket.h and the kernel agree on.

#include "kernel/types.h"

#define AF_UNSPEC 0  // connect() to it: to nobody
#define AF_INET 2

#define SOCK_STREAM 1          // TCP
#define SOCK_DGRAM 2           // UDP
#define SOCK_RAW 3             // ICMP: echo messages, header of IP not included
#define SOCK_NONBLOCK 0x1000   // with the type: as O_NONBLOCK

#define INADDR_ANY 0x00000000u
#define INADDR_LOOPBACK 0x7f000001u
#define INADDR_BROADCAST 0xffffffffu

typedef uint32 in_addr_t;
typedef uint16 in_port_t;
typedef uint16 sa_family_t;
typedef uint32 socklen_t;

struct in_addr {
  in_addr_t s_addr;  // network order
};

struct sockaddr_in {
  sa_family_t sin_family;  // AF_INET
  in_port_t sin_port;      // network order
  struct in_addr sin_addr;
  uint8 sin_zero[8];
};

struct sockaddr {
  sa_family_t sa_family;
  uint8 sa_data[14];
};

// setsockopt and getsockopt: level, names. Values are int unless said otherwise.
#define SOL_SOCKET 1
#define SO_REUSEADDR 2
#define SO_TYPE 3       // get only
#define SO_ERROR 4      // get only; reading it clears it
#define SO_BROADCAST 6  // may send to a broadcast address
#define SO_SNDBUF 7     // bytes
#define SO_RCVBUF 8     // bytes that may wait to be received
#define SO_KEEPALIVE 9
#define SO_RCVTIMEO 20  // struct timeval; 0: for ever
#define SO_SNDTIMEO 21  // struct timeval; 0: for ever

#define IPPROTO_IP 0
#define IP_TOS 1  // type of service of what is sent, 0..255
#define IP_TTL 2  // 1..255
#define IP_OPTIONS 4  // bytes: options of all that is sent (RFC 791 3.1), at most 40, a multiple of 4; no source routes

struct timeval {
  long tv_sec;
  long tv_usec;  // 0..999999
};

// Flags of send and recv.
#define MSG_PEEK 0x02      // leave it in the queue
#define MSG_TRUNC 0x20     // recv: return the datagram's length, even if the buffer was shorter
#define MSG_DONTWAIT 0x40  // this call does not wait

#define SHUT_RD 0
#define SHUT_WR 1
#define SHUT_RDWR 2

// poll
struct pollfd {
  int fd;         // < 0: passed over
  short events;   // asked for
  short revents;  // found
};

#define POLLIN 0x001
#define POLLOUT 0x004
#define POLLERR 0x008   // always reported
#define POLLHUP 0x010   // always reported
#define POLLNVAL 0x020  // always reported

#endif

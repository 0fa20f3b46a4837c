#ifndef RXV_BENCH_PEER_H
#define RXV_BENCH_PEER_H
// What every program at the other end of a guest's wire needs: bytes as they lie on the wire, their sum (RFC 1071), the
// time, a way to give up, and the wire's socket. For bench/ and tests/storm.

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

extern const char program[];  // how it calls itself when it complains

static inline void
put16(uint8_t *p, unsigned v)
{
  p[0] = v >> 8;
  p[1] = v;
}

static inline void
put32(uint8_t *p, uint32_t v)
{
  put16(p, v >> 16);
  put16(p + 2, v);
}

static inline unsigned
get16(const uint8_t *p)
{
  return p[0] << 8 | p[1];
}

static inline uint32_t
get32(const uint8_t *p)
{
  return (uint32_t)get16(p) << 16 | get16(p + 2);
}

// Ones' complement sum of n bytes, not folded.
static inline uint32_t
sum16s(const uint8_t *p, unsigned n)
{
  uint32_t sum = 0;
  for(unsigned i = 0; i + 1 < n; i += 2)
    sum += get16(p + i);
  return n % 2 ? sum + (p[n - 1] << 8) : sum;
}

// In 16 bits. 0xffff: the checksum in it was right.
static inline unsigned
folded(uint32_t sum)
{
  sum = (sum >> 16) + (sum & 0xffff);
  return (sum >> 16) + (sum & 0xffff);
}

static inline uint64_t
now_ns(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static inline __attribute__((noreturn)) void
fail(const char *sentence)
{
  fprintf(stderr, "%s: %s\n", program, sentence);
  exit(1);
}

static inline struct sockaddr_un
peer_name(const char *path, const char *end)
{
  struct sockaddr_un a = { .sun_family = AF_UNIX };
  if(snprintf(a.sun_path, sizeof(a.sun_path), "%s%s", path, end) >= (int)sizeof(a.sun_path)){
    fprintf(stderr, "%s: the path %s is too long for a unix socket\n", program, path);
    exit(2);
  }
  return a;
}

// Our end of a pair of unix datagram sockets as QEMU's -netdev dgram has them: QEMU's is path.q, ours path.h. Ends the
// program with a sentence if QEMU's does not appear within patience_ms.
static inline int
peer_socket(const char *path, int patience_ms)
{
  struct sockaddr_un ours = peer_name(path, ".h"), theirs = peer_name(path, ".q");
  int bytes = 4 << 20, fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  unlink(ours.sun_path);
  if(fd < 0 || bind(fd, (struct sockaddr *)&ours, sizeof(ours)) < 0){
    fprintf(stderr, "%s: %s: %s\n", program, ours.sun_path, strerror(errno));
    exit(1);
  }
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
  for(int ms = 0; connect(fd, (struct sockaddr *)&theirs, sizeof(theirs)) < 0; ms++){
    if(ms >= patience_ms){
      fprintf(stderr, "%s: no QEMU at %s: %s\n", program, theirs.sun_path, strerror(errno));
      exit(1);
    }
    nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, 0);
  }
  return fd;
}

#endif

// The whole stack as the world and its programs see it. An input is a row of steps, each a byte that says which, and what
// it needs: frames that arrive, made by hand or by rule; system calls of a process; time that passes; allocations that
// fail; cards that are full, or lose their link. `calls` has system calls only, with arguments of any kind.

#include "fuzz/files.h"
#include "fuzz/net.h"
#include "core/cpu.h"
#include "core/check.h"
#include "kernel/failalloc.h"
#include "entry/sys.h"
#include "kernel/netctl.h"
#include "net/filter.h"
#include "pkt/tune.h"
#include "proc/process.h"

static int sums_broken;  // frames are taken as they come

static struct netif *
pick_card(uint how)
{
  return how & 1 ? &card2 : &card;
}

static uint32
pick_addr(uint how)
{
  static const uint32 addr[] = {
    OUR_IP, GW_IP, PEER_IP, FAR_IP, NET_BCAST, INADDR_BROADCAST, INADDR_LOOPBACK, OUR_IP2, OUR_IP2 - 13, 0,
    MAKE_IP_ADDR(127, 9, 9, 9), MAKE_IP_ADDR(224, 0, 0, 1), MAKE_IP_ADDR(10, 0, 3, 255), MAKE_IP_ADDR(10, 0, 2, 77),
  };
  return addr[how % NELEM(addr)];
}

static uint16
pick_port(uint how)
{
  static const uint16 port[] = { 2000, 2001, 2002, 7, 53, 0, 49152, 65535 };
  return port[how % NELEM(port)];
}

static const uint8 *
pick_mac(uint how)
{
  const uint8 *const mac[] = { our_mac, card2.mac, gw_mac, peer_mac, other_mac, ether_broadcast };
  return mac[how % NELEM(mac)];
}

// --- the wire ---

static void
arrive(struct netif *nif)
{
  if(!sums_broken)
    mend(wire);
  feed_to(nif, wire->b, wire->n);
}

static void
raw_frame(struct input *in)
{
  const fuzz_byte *b;
  uint how = in8(in), n = in16(in);
  n = in_bytes(in, MIN(n, 1600), &b);
  struct netif *nif = pick_card(how);
  wire->n = 0;
  w_put(wire, b, n);
  if(n >= 6 && (how & 2))
    memcpy(wire->b, nif->mac, 6);
  arrive(nif);
}

static void
addressed(struct netif *nif, uint from, uint to, uint8 proto, uint n, uint16 id, uint16 off)
{
  w_ip(wire, pick_addr(from), pick_addr(to), proto, n, id, off);
  memcpy(wire->b, nif->mac, 6);
}

static void
udp_frame(struct input *in)
{
  uint how = in8(in), from = in8(in), to = in8(in), ports = in8(in), n = in16(in) % 1473;
  struct udp u = { htons(pick_port(ports)), htons(pick_port(ports >> 4)), htons(8 + n), 0 };
  addressed(pick_card(how), from, to, IPPROTO_UDP, 8 + n, 1, 0);
  w_put(wire, &u, sizeof(u));
  w_fill(wire, n);
  arrive(pick_card(how));
}

static void
fragment_frame(struct input *in)
{
  uint how = in8(in), from = in8(in), id = in8(in), at = in8(in), n = in8(in) * (how & 8 ? 5 : 1);
  uint last = how & 2, off = at * (how & 4 ? 185 : 1);
  addressed(pick_card(how), from, how & 1 ? 7 : 0, how & 16 ? IPPROTO_ICMP : IPPROTO_UDP, n, id, off | (last ? 0 : IP_MF));
  uint16 head[4] = { htons(pick_port(id)), htons(2000), htons(in16(in)), 0 };
  for(uint i = 0; i < n; i++)
    wire->b[wire->n++] = i < 8 && at == 0 ? ((uint8 *)head)[i] : at + (how >> 6);
  arrive(pick_card(how));
}

// An ICMP message, perhaps about a datagram that may be ours.
static void
icmp_frame(struct input *in)
{
  uint how = in8(in), from = in8(in), type = in8(in), code = in8(in), ports = in8(in), about = in8(in);
  uint8 message[36] = { type, code };
  struct ip q = { 0x45, 0, htons(28), 0, 0, 63, how & 2 ? IPPROTO_UDP : IPPROTO_ICMP, 0,
    htonl(pick_addr(how & 1 ? 7 : 0)), htonl(pick_addr(about)) };
  uint16 l4[4] = { htons(pick_port(ports)), htons(pick_port(ports >> 4)), htons(pick_port(ports)), 0 };
  if(!(how & 2))
    ((uint8 *)l4)[0] = 8, ((uint8 *)l4)[1] = 0;
  memcpy(message + 8, &q, 20);
  memcpy(message + 28, l4, 8);
  addressed(pick_card(how), from, how & 4 ? in8(in) : how & 1 ? 7 : 0, IPPROTO_ICMP, 36, 9, 0);
  w_put(wire, message, 36);
  arrive(pick_card(how));
}

static void
arp_frame(struct input *in)
{
  uint how = in8(in), macs = in8(in), addrs = in8(in);
  w_arp(wire, 1 + (how >> 1 & 1), pick_mac(macs), pick_addr(addrs), pick_mac(macs >> 4), pick_addr(addrs >> 4));
  memcpy(wire->b, how & 4 ? ether_broadcast : pick_card(how)->mac, 6);
  feed_to(pick_card(how), wire->b, wire->n);
}

static void
flood(struct input *in)
{
  uint n = in8(in);
  w_udp(wire, GW_IP, 53, OUR_IP, pick_port(in8(in)), in8(in));
  for(uint i = 0; i < n; i++)
    feed_to(&card, wire->b, wire->n);
}

// --- the machine ---

static void
time_passes(struct input *in)
{
  static const uint64 step[] = { MSEC, 250 * MSEC, SEC, 3 * SEC, 15 * SEC, 46 * SEC, 61 * SEC, 100 * MSEC };
  host_advance(step[in8(in) % NELEM(step)]);
  card_clean();
}

static void
trouble(struct input *in)
{
  uint how = in8(in);
  switch(how % 8){
  case 0:
    check_fail_nth(FAIL_PACKET, 1 + how / 8, 0);
    break;
  case 1:
    host_pages_left = how / 8;
    break;
  case 2:
    host_pages_left = -1;
    break;
  case 3:
    card_full = how >> 3 & 1;
    break;
  case 4:
    netif_link(pick_card(how >> 3), how >> 4 & 1);
    break;
  case 5:
    sums_broken = how >> 3 & 1;
    break;
  case 6:
    card.caps ^= NETIF_CSUM;
    break;
  case 7:
    card_clean();
    netstat_dump();
    break;
  }
}

// --- the programs ---

static int64
call(sysfn *fn, uint64 a0, uint64 a1, uint64 a2, uint64 a3, uint64 a4, uint64 a5)
{
  uint64 a[6] = { a0, a1, a2, a3, a4, a5 };
  int64 r = fn(a);
  fuzz_digest_number(r);
  if(fn == sys_netctl && a0 == NETCTL_FAULTY && r == 0)
    frames_damaged = 1;
  MUST(host_locks == 0 && mycpu()->noff == 0, "a system call comes back with %d locks", host_locks);
  return r;
}

#define NAME (UBASE + 100)      // user memory: a socket address, a length, an option, data
#define LEN (UBASE + 200)
#define VALUE (UBASE + 300)
#define DATA (UBASE + 4096 - 8)  // not aligned, and over a page's end

static void
user_name(uint addr, uint port)
{
  struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(pick_port(port)),
    .sin_addr.s_addr = htonl(pick_addr(addr)) };
  socklen_t len = sizeof(name);
  memcpy(host_user + 100, &name, sizeof(name));
  memcpy(host_user + 200, &len, sizeof(len));
}

static void
receive_some(uint fd, uint flags, uint size)
{
  int64 n = call(sys_recvfrom, fd, DATA, size, flags | MSG_DONTWAIT, NAME, LEN);
  if(n > 0)
    fuzz_digest(host_user + (DATA - UBASE), MIN((uint64)n, size));
  fuzz_digest(host_user + 100, 16);
}

static void
options(struct input *in, uint fd)
{
  static const uint8 names[] = { SO_TYPE, SO_ERROR, SO_BROADCAST, SO_SNDBUF, SO_RCVBUF, SO_RCVTIMEO, SO_SNDTIMEO, IP_TTL };
  uint how = in8(in), name = names[how & 7], level = name == IP_TTL && how & 8 ? IPPROTO_IP : SOL_SOCKET;
  const fuzz_byte *b;
  uint n = in_bytes(in, in8(in) & 31, &b);
  memcpy(host_user + 300, b, n);
  if(how & 0x80)
    call(sys_setsockopt, fd, level, name, VALUE, n, 0);
  else {
    user_name(0, 0);
    if(call(sys_getsockopt, fd, level, name, VALUE, LEN, 0) == 0)
      fuzz_digest(host_user + 300, *(uint *)(host_user + 200));
  }
}

// A call on a socket.
static void
socket_step(struct input *in)
{
  uint what = in8(in), fd = in8(in) % NFD, x = in8(in);
  user_name(x, what >> 4);
  switch(what & 15){
  case 0:
  case 1:
    call(sys_socket, AF_INET, x & 1 ? SOCK_RAW : SOCK_DGRAM, 0, 0, 0, 0);
    break;
  case 2:
    call(sys_sockbind, fd, NAME, 16, 0, 0, 0);
    break;
  case 3:
    call(sys_connect, fd, NAME, 16, 0, 0, 0);
    break;
  case 4:
    host_user[DATA - UBASE] = 8, host_user[DATA - UBASE + 1] = 0;  // an echo request, for raw sockets
    host_user[DATA - UBASE + 4] = pick_port(x) >> 8, host_user[DATA - UBASE + 5] = pick_port(x);
    call(sys_sendto, fd, DATA, in16(in), MSG_DONTWAIT, x & 0x80 ? 0 : NAME, 16);
    break;
  case 5:
  case 6:
    receive_some(fd, x & (MSG_PEEK | MSG_TRUNC), in16(in));
    break;
  case 7:
    files_close(fd);
    break;
  case 8:
    call(sys_shutdown, fd, x & 3, 0, 0, 0, 0);
    break;
  case 9:
    options(in, fd);
    break;
  case 10:
    call(x & 1 ? sys_getsockname : sys_getpeername, fd, NAME, LEN, 0, 0, 0);
    fuzz_digest(host_user + 100, 16);
    break;
  case 11:
    if(fd_file(fd))
      fuzz_digest_number(fd_file(fd)->ops->poll(fd_file(fd)));
    break;
  case 12:  // it waits, and is killed, or its time runs out
    if(fd_file(fd))
      fuzz_digest_number(fd_file(fd)->ops->read(fd_file(fd), DATA, x));
    break;
  case 13:
    if(fd_file(fd))
      fuzz_digest_number(fd_file(fd)->ops->write(fd_file(fd), DATA, x));
    break;
  }
}

static void
lab_step(struct input *in)
{
  uint what = in8(in), x = in8(in), y = in8(in);
  switch(what & 7){
  case 0:
  case 1:
    call(sys_bind, pick_port(x), 0, 0, 0, 0, 0);
    break;
  case 2:
    call(sys_unbind, pick_port(x), 0, 0, 0, 0, 0);
    break;
  case 3:
    call(sys_send, pick_port(x), pick_addr(y), pick_port(x >> 4), DATA, in16(in), 0);
    break;
  case 4:
    if(call(sys_recv, pick_port(x), VALUE, LEN, DATA, y * 8, 0) > 0)
      fuzz_digest(host_user + (DATA - UBASE), 2048);
    break;
  case 5:
    lab_exit(mycpu()->proc->pid);
    break;
  case 6:
    for(int i = 0; i < 20; i++){
      uint64 rec[NETSTAT_RECMAX / 8];
      int n = netstat_record(x % 20, y + i, rec);
      if(n > 0)
        fuzz_digest(rec, n);
    }
    break;
  }
}

static void
netctl_step(struct input *in)
{
  static const char *const name[] = { "e0", "e1", "lo", "" };
  uint what = in8(in), op = what % 8, x = in8(in), y = in8(in);
  uint32 mask = in8(in) % 33;
  mask = mask ? ~0u << (32 - mask) : 0;
  union {
    struct netctl_addr a;
    struct netctl_route r;
    struct netctl_arp p;
    struct netctl_faulty f;
    struct netctl_if i;
    uint8 b[64];
  } *u = (void *)(host_user + 1024);
  memset(u, 0, sizeof(*u));
  safestrcpy((char *)u->b, name[what >> 3 & 3], 8);
  uint64 size = netctl_size(op);
  if(what >= 0xf8){
    op = x & 1 ? NETCTL_FAULTY : NETCTL_RESET;
    size = x & 1 ? sizeof(u->f) : sizeof(u->i);
    u->f = (struct netctl_faulty){ .seed = y, .lose = y & 1 ? 1000 : 0, .dup = y & 2 ? 2000 : 0, .reorder = y & 4 ? 2000 : 0,
      .corrupt = y & 8 ? 500 : 0, .delay_us = y & 16 ? 50000 : 0, .on = x >> 1 & 1 };
  } else if(op == NETCTL_ADDR)
    u->a = (struct netctl_addr){ .addr = pick_addr(x), .mask = mask, .up = y & 1 };
  else if(op == NETCTL_ROUTE_ADD || op == NETCTL_ROUTE_DEL)
    u->r.dest = pick_addr(x) & mask, u->r.mask = mask, u->r.gateway = pick_addr(y);
  else {
    u->p.addr = pick_addr(x);
    memcpy(u->p.mac, pick_mac(y), 6);
  }
  safestrcpy((char *)u->b, name[what >> 3 & 3], 8);
  call(sys_netctl, op, UBASE + 1024, size, 0, 0, 0);
}

// A packet for somebody else, with any options.
static void
transit_frame(struct input *in)
{
  const fuzz_byte *b;
  uint how = in8(in), from = in8(in), to = in8(in), ttl = in8(in), n = in16(in) % 1400, off = in16(in);
  uint nopt = in_bytes(in, how & 0x1c, &b) & ~3u;
  addressed(pick_card(how), from, to, how & 2 ? IPPROTO_UDP : IPPROTO_ICMP, nopt + n, 1, off & (how & 0x20 ? 0xffff : IP_DF));
  w_put(wire, b, nopt);
  w_fill(wire, n);
  w_iph(wire)->ip_vhl = 0x45 + nopt / 4;
  w_iph(wire)->ip_ttl = ttl < 128 ? ttl % 4 : ttl;
  w_ip_sum(wire);
  arrive(pick_card(how));
}

static uint32 filter_ids[64];  // of packets that the filter has read
static uint filter_nids;

// What the router is told, and what its filter says.
static void
router_step(struct input *in)
{
  uint what = in8(in), x = in8(in);
  switch(what % 8){
  case 0:
    call(sys_netctl, NETCTL_FILTER, 0, 0, 0, 0, 0);
    break;
  case 1:
  case 2:
    if(count_get(&ip_forward_ask) && filter_read(DATA, x * 8, 1) > 0){
      fuzz_digest(host_user + (DATA - UBASE), x * 8);
      memcpy(&filter_ids[filter_nids++ % 64], host_user + (DATA - UBASE), 4);
    }
    break;
  case 3:
  case 4:
    for(uint i = 0; i < 66; i++){  // answers to what was read last, the newest first
      uint32 id = filter_ids[(filter_nids - 1 - i) % 64], pass = what >> 3;
      memcpy(host_user + 300 + i * 8, &id, 4);
      memcpy(host_user + 304 + i * 8, &pass, 4);
    }
    if(count_get(&ip_forward_ask))
      filter_write(VALUE, x % 66 * 8 + (x == 255));
    break;
  case 5:
    netif_set_mtu(pick_card(what >> 3), 68 + x * 6);
    net_changed();
    break;
  case 6:
    tune_set("forward", x & 1);
    break;
  case 7:
    tune_set("feedback", x & 1);
    break;
  }
}

static void
end(void)
{
  files_close_all();
  if(proc_exiting)
    proc_exiting(mycpu()->proc->pid);
  card_full = 0;
  netif_link(&card, 1);
  netif_link(&card2, 1);
  net_end();
}

FUZZ(stack, 0)
{
  static void (*const step[])(struct input *in) = {
    raw_frame, udp_frame, fragment_frame, icmp_frame, arp_frame, time_passes, trouble, socket_step, socket_step, socket_step,
    lab_step, lab_step, netctl_step, flood, udp_frame, socket_step,
  };
  for(int n = 0; in_left(in) && n < 400; n++)
    step[in8(in) % NELEM(step)](in);
  end();
}

// The same with two cards and forwarding on.
FUZZ(router, 0)
{
  static void (*const step[])(struct input *in) = {
    raw_frame, transit_frame, fragment_frame, icmp_frame, arp_frame, time_passes, trouble, socket_step, router_step,
    transit_frame, netctl_step, router_step, transit_frame, transit_frame, udp_frame, router_step,
  };
  forwarding = 1;
  tune_set("forward", 1);
  for(int n = 0; in_left(in) && n < 400; n++)
    step[in8(in) % NELEM(step)](in);
  end();
}

// --- arguments of any kind ---

// A number that some program may find worth a try.
static uint64
argument(struct input *in)
{
  static const uint64 special[] = {
    0, 1, 2, 3, 16, 0x7fffffff, 0x80000000, 0xffffffff, 1ul << 32, 1ul << 63, ~0ul, UBASE, UREADONLY - 8, UREADONLY,
    UBASE + UPAGES * PGSIZE - 1, 0xffffffc080000000, NAME, LEN, VALUE, DATA,
  };
  uint how = in8(in);
  return how < 64 ? special[how % NELEM(special)] : how < 128 ? UBASE + in16(in) : how < 192 ? in8(in) : in16(in);
}

FUZZ(calls, 0)
{
  static sysfn *const fn[] = {
    sys_socket, sys_sockbind, sys_connect, sys_listen, sys_accept, sys_sendto, sys_recvfrom, sys_shutdown, sys_getsockname,
    sys_getpeername, sys_setsockopt, sys_getsockopt, sys_bind, sys_unbind, sys_send, sys_recv, sys_netctl,
  };
  for(int n = 0; in_left(in) && n < 200; n++){
    const fuzz_byte *b;
    uint what = in8(in);
    uint64 a[6];
    if(what >= 0xf0){  // its memory
      uint at = in16(in) % 2048, k = in_bytes(in, in8(in) & 63, &b);
      memcpy(host_user + at, b, k);
      continue;
    }
    if(what >= 0xe0){
      files_close(what & 15);
      continue;
    }
    for(int i = 0; i < 6; i++)
      a[i] = argument(in);
    if(what & 0x80)
      a[0] = what >> 5 & 3;  // a descriptor that is likely open
    call(fn[what % NELEM(fn)], a[0], a[1], a[2], a[3], a[4], a[5]);
    card_clean();
  }
  fuzz_digest(host_user, sizeof(host_user));
  end();
}

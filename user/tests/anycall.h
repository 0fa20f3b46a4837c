#ifndef RXV_ANYCALL_H
#define RXV_ANYCALL_H
// One system call after the other, whatever comes to mind: any number, also unknown ones, with arguments that fit what
// they mean, or nearly, or not at all. All follows from ut_seed. Include after ut.h. Used by sysfuzz and ut_mix.
//
// What is left out: halt; killing, and giving ^C to, anybody but the caller's own children; names outside of the current
// directory for calls that change something; descriptor 1; the console as a device; and what would change the network
// for others. Calls that may wait for ever do so only if any_waits is set: then somebody has to end the process.

#include "user/socket.h"
#include "kernel/failalloc.h"
#include "kernel/file.h"
#include "kernel/netctl.h"
#include "kernel/syscall.h"

#define ANY_PAGES 5    // of the buffer that calls may read and fill; behind it there is nothing
#define ANY_PORT 8000
#define ANY_ERRNOS 200 // no error has a larger number

// What an argument means. Each letter is drawn by any_arg().
struct any_call {
  const char *name;
  uint8 number;
  uint8 often;         // compared with the others
  const char *args;
};

static const struct any_call any_calls[] = {
  { "wait", SYS_wait, 1, "b" },
  { "pipe", SYS_pipe, 4, "b" },
  { "read", SYS_read, 12, "fbn" },
  { "write", SYS_write, 12, "fbn" },
  { "kill", SYS_kill, 1, "K" },
  { "exec", SYS_exec, 2, "pV" },
  { "fstat", SYS_fstat, 3, "fb" },
  { "chdir", SYS_chdir, 2, "C" },
  { "dup", SYS_dup, 4, "f" },
  { "getpid", SYS_getpid, 1, "" },
  { "sbrk", SYS_sbrk, 5, "gi" },
  { "pause", SYS_pause, 1, "T" },
  { "uptime", SYS_uptime, 1, "" },
  { "open", SYS_open, 12, "po" },
  { "mknod", SYS_mknod, 1, "pMi" },
  { "unlink", SYS_unlink, 5, "p" },
  { "link", SYS_link, 4, "pp" },
  { "mkdir", SYS_mkdir, 4, "p" },
  { "close", SYS_close, 6, "f" },
  { "bind by port", SYS_bind, 1, "P" },
  { "unbind", SYS_unbind, 1, "P" },
  { "send by port", SYS_send, 2, "PhPbn" },
  { "recv by port", SYS_recv, 1, "Rbbbn" },
  { "connect by port", SYS_labconnect, 2, "hPP" },
  { "socket", SYS_socket, 5, "Aty" },
  { "bind", SYS_sockbind, 4, "Sal" },
  { "connect", SYS_connect, 4, "Sal" },
  { "listen", SYS_listen, 1, "Si" },
  { "accept", SYS_accept, 1, "SbL" },
  { "sendto", SYS_sendto, 6, "Sbnmal" },
  { "recvfrom", SYS_recvfrom, 6, "SbnmbL" },
  { "shutdown", SYS_shutdown, 1, "Si" },
  { "getsockname", SYS_getsockname, 2, "SbL" },
  { "getpeername", SYS_getpeername, 2, "SbL" },
  { "setsockopt", SYS_setsockopt, 3, "Sqsbl" },
  { "getsockopt", SYS_getsockopt, 3, "SqsbL" },
  { "poll", SYS_poll, 3, "vkW" },
  { "fcntl", SYS_fcntl, 3, "fFo" },
  { "rename", SYS_rename, 6, "pp" },
  { "kstat", SYS_kstat, 4, "xbn" },
  { "clock", SYS_clock, 1, "i" },
  { "sync", SYS_sync, 0, "" },
  { "netctl", SYS_netctl, 1, "cNn" },
  { "getrandom", SYS_getrandom, 3, "bn" },
  { "fgproc", SYS_fgproc, 1, "K" },
  { "getppid", SYS_getppid, 1, "" },
  { "yield", SYS_yield, 2, "" },
  { "failalloc", SYS_failalloc, 1, "ix" },
  { "fsync", SYS_fsync, 1, "f" },
};
#define NANY ((int)(sizeof(any_calls) / sizeof(any_calls[0])))

static char *any_buf;       // ANY_PAGES pages at the end of the heap, as it was
static int any_child;       // one that was started and has not been waited for
static int any_waits;       // set by whoever makes the calls
static const char *any_name;  // the next call, or the last one: what it was, with what, and what came of it
static uint64 any_code, any_args[6];
static long any_result;
static int any_files[4], any_socks[4];  // descriptors that were opened last, perhaps closed since

static UT_UNUSED uint
any_below(uint n)
{
  return (ut_rand() >> 4) % n;
}

static inline long
any_ecall(uint64 number, const uint64 a[6])
{
  register uint64 a0 asm("a0") = a[0], a1 asm("a1") = a[1], a2 asm("a2") = a[2], a3 asm("a3") = a[3], a4 asm("a4") = a[4],
                  a5 asm("a5") = a[5], a7 asm("a7") = number;
  asm volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7) : "memory");
  return a0;
}

// ---- arguments

static uint64
any_number(void)
{
  static const uint64 numbers[] = { 0, 1, 2, 7, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, PGSIZE - 1, PGSIZE, PGSIZE + 1, 0x7fffffff,
                                    0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, -1ul,
                                    -(uint64)PGSIZE };
  uint r = any_below(24);

  return r < 20 ? numbers[r] : r < 22 ? ut_rand() : (uint64)ut_rand() << 32 | ut_rand();
}

// Where a program must not point, mostly.
static uint64
any_bad_pointer(void)
{
  static const uint64 bad[] = { 0, 1, PGSIZE, 0x80000000, 0x80200000, 0x10000000, 0x3fffffe000, 0x3ffffff000, 0x4000000000,
                                0xffffffc000000000, 0xffffffd080200000, 0xfffffffffffff000, -1ul, -8ul, 0x7fffffffffffffff };
  uint r = any_below(20);
  uint64 heap = (uint64)sbrk(0);

  return r < 15 ? bad[r] : r < 17 ? (uint64)&any_ecall + any_below(64) : r < 18 ? heap : r < 19 ? heap - 3 : any_number();
}

static uint64
any_pointer(void)
{
  uint r = any_below(16);

  if(r == 0)
    return any_bad_pointer();
  if(r == 1)
    return (uint64)any_buf + ANY_PAGES * PGSIZE - any_below(32);  // and on into nothing
  return (uint64)any_buf + (r < 6 ? any_below(ANY_PAGES * PGSIZE) : r * 64);
}

static uint64
any_path(void)
{
  static const char *const names[] = {
    "a", "b", "c", "d", "d/a", "d/b", "d/e", "d/e/a", "d/e/..", "./a", "e", "e/a", "e/b/c", "a/b", "d/.", "", "d/e/../b", ".",
    "//d//e//", "a_name_of_14.b", "a_name_of_15.bc",
    ("d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/"
     "d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d"),
    "/", "\xff\x80", "d/\x01",
  };
  uint r = any_below(40);

  if(r == 0){
    uint64 p = any_bad_pointer(), text = (uint64)&any_ecall;
    return p - text < 64 && *(char *)p == '/' ? 0 : p;  // instructions may be a name, but not one in the root directory
  }
  if(r == 1){  // a string without an end
    char *tail = any_buf + ANY_PAGES * PGSIZE - 1 - any_below(2 * MAXPATH);
    if(tail < (char *)sbrk(0))
      for(char *p = tail; p < any_buf + ANY_PAGES * PGSIZE && p < (char *)sbrk(0); p++)
        *p = 'a';
    return (uint64)tail;
  }
  return (uint64)names[any_below(sizeof(names) / sizeof(names[0]))];
}

static uint64
any_fd(const int *opened)
{
  uint r = any_below(64);
  int fd = opened[any_below(4)];

  if(r >= 2)
    return r % 4 && fd != 1 ? fd : 2 + any_below(NOFILE - 2);
  return r == 0 ? NOFILE + any_below(3) : -(uint64)(1 + any_below(3));
}

static uint64
any_length(void)
{
  uint r = any_below(8);

  return r == 0 ? any_number() : r < 4 ? any_below(64) : any_below(3 * PGSIZE);
}

// An address that a socket may have, in the buffer; or what is there.
static uint64
any_address(void)
{
  static const uint32 hosts[] = { INADDR_LOOPBACK, INADDR_LOOPBACK, INADDR_LOOPBACK, INADDR_ANY, INADDR_BROADCAST, 0xe0000001,
                                  0x0a00020f, 0xcb007101 };
  struct sockaddr_in *in = (struct sockaddr_in *)(any_buf + 512);

  if(any_below(12) == 0 || (char *)(in + 1) > (char *)sbrk(0))
    return any_pointer();
  *in = (struct sockaddr_in){ .sin_family = any_below(16) ? AF_INET : ut_rand(), .sin_port = htons(ANY_PORT + any_below(4)),
                              .sin_addr.s_addr = htonl(hosts[any_below(8)]) };
  return (uint64)in;
}

// The length of one, where calls look for it.
static uint64
any_room(void)
{
  socklen_t *len = (socklen_t *)(any_buf + 600);

  if(any_below(8) == 0 || (char *)(len + 1) > (char *)sbrk(0))
    return any_pointer();
  *len = any_below(4) ? sizeof(struct sockaddr_in) : any_number();
  return (uint64)len;
}

static uint64
any_pollfds(void)
{
  struct pollfd *p = (struct pollfd *)(any_buf + 1024);

  if(any_below(8) == 0 || (char *)(p + 8) > (char *)sbrk(0))
    return any_pointer();
  for(int i = 0; i < 8; i++)
    p[i] = (struct pollfd){ .fd = any_fd(any_files), .events = (short)ut_rand() };
  return (uint64)p;
}

static uint64
any_argv(void)
{
  char **argv = (char **)(any_buf + 2048);

  if(any_below(4) == 0 || (char *)(argv + MAXARG + 2) > (char *)sbrk(0))
    return any_pointer();
  for(uint i = 0, n = any_below(4) ? any_below(4) : MAXARG + 1; i <= n; i++)
    argv[i] = i == n ? 0 : (char *)any_path();
  return (uint64)argv;
}

// For a network interface that is not there.
static uint64
any_netctl(void)
{
  if(any_below(4) == 0 || any_buf + 3 * PGSIZE + 64 > (char *)sbrk(0))
    return any_bad_pointer();
  for(int i = 0; i < 64; i++)
    any_buf[3 * PGSIZE + i] = i < 8 ? "none0"[i < 5 ? i : 5] : ut_rand();
  return (uint64)any_buf + 3 * PGSIZE;
}

// A time to wait: hardly any, or none, or one that looks like it. Milliseconds or ticks.
static uint64
any_time(void)
{
  if(any_waits && any_below(32) == 0)
    return 0x7fffffff;
  return any_below(2);
}

static uint64
any_open_flags(void)
{
  static const int flags[] = { O_RDONLY, O_WRONLY, O_RDWR, O_CREATE | O_RDWR, O_CREATE | O_TRUNC | O_WRONLY,
                               O_CREATE | O_APPEND | O_WRONLY, O_NONBLOCK, O_CREATE | O_RDWR | O_NONBLOCK };
  return any_below(16) ? flags[any_below(8)] : ut_rand();
}

static uint64
any_arg(char kind)
{
  // Those that could do harm outside, or wait: never anything else.
  switch(kind){
  case 'K':  // a process
    return any_below(4) == 0 ? 1 : any_child > 0 ? any_child : 0x7fffffff;
  case 'T':
    return any_below(8) ? any_time() : -(uint64)any_below(3);
  case 'W':  // less than nothing waits for ever
    return any_waits && any_below(32) == 0 ? -1ul : any_time();
  case 'M':
    return CONSOLE + 1 + any_below(5);
  case 'c':
    return any_below(2) ? NETCTL_ADDR + any_below(NETCTL_ARP_FLUSH) : 1000 + any_below(1000);
  case 'N':
    return any_netctl();
  case 'C':
    return (uint64)(any_below(2) ? "d" : any_below(2) ? "d/e" : UT_SCRATCH);
  case 'p':
    return any_path();
  case 'f':
    return any_fd(any_files);
  case 'S':  // of a socket
    return any_fd(any_below(8) ? any_socks : any_files);
  case 'R':  // a port whose datagrams may be waited for
    return any_waits && any_below(16) == 0 ? ANY_PORT + any_below(4) : 0;
  case 'g':  // bytes more, or less
    return any_below(4) ? any_below(4 * PGSIZE) : any_below(4) ? -(uint64)any_below(3 * PGSIZE) : any_number();
  case 't':
    return (any_below(8) ? SOCK_DGRAM : SOCK_RAW) | (any_waits && any_below(8) == 0 ? 0 : SOCK_NONBLOCK);
  case 'm':
    return ut_rand() | (any_waits && any_below(8) == 0 ? 0 : MSG_DONTWAIT);
  case 'F':  // also what makes a pipe or a socket wait again
    return any_waits && any_below(4) == 0 ? F_SETFL : any_below(4) ? F_GETFL : 4 + any_below(3);
  }
  if(any_below(32) == 0)
    return any_number();
  switch(kind){
  case 'b':
    return any_pointer();
  case 'n':
    return any_length();
  case 'V':
    return any_argv();
  case 'o':
    return any_open_flags();
  case 'P':
    return ANY_PORT + any_below(4);
  case 'h':
    return any_below(4) ? INADDR_LOOPBACK : ut_rand();
  case 'A':
    return AF_INET;
  case 'q':
    return any_below(2) ? SOL_SOCKET : IPPROTO_IP;
  case 'y':
    return any_below(8) ? 0 : any_below(20);
  case 'a':
    return any_address();
  case 'l':
    return sizeof(struct sockaddr_in);
  case 'L':
    return any_room();
  case 's':
    return any_below(24);
  case 'v':
    return any_pollfds();
  case 'k':
    return any_below(9);
  case 'x':
    return any_below(16);
  }
  return any_below(4);  // 'i': a small number
}

// ---- calls

// A pipe, or a socket that was made without flags, must not make a process wait that does not want to.
static void
any_calm(int fd)
{
  if(!any_waits || any_below(16))
    fcntl(fd, F_SETFL, O_NONBLOCK);
}

// What was opened is remembered.
static void
any_opened(uint64 number, long r)
{
  int fd[2];

  if(number == SYS_labconnect)
    any_calm((int)r);
  if(number == SYS_socket || number == SYS_labconnect)
    any_socks[any_below(4)] = (int)r;
  else if(number == SYS_open || number == SYS_dup)
    any_files[any_below(4)] = (int)r;
  if(number != SYS_pipe)
    return;
  memmove(fd, (void *)any_args[0], sizeof(fd));
  for(int i = 0; i < 2; i++){
    any_files[any_below(4)] = fd[i];
    any_calm(fd[i]);
  }
}

static const struct any_call *
any_choice(void)
{
  uint sum = 0, r;

  for(int i = 0; i < NANY; i++)
    sum += any_calls[i].often;
  r = any_below(sum * 8 + 1);
  if(r == sum * 8)
    return &any_calls[NANY - 1 - any_below(NANY)];  // also those that are rare
  r /= 8;
  for(const struct any_call *c = any_calls;; c++){
    if(r < c->often)
      return c;
    r -= c->often;
  }
}

// Draws the next call: any_name, any_code, any_args.
static void
any_draw(void)
{
  const struct any_call *c = any_choice();

  any_name = c->name;
  any_code = c->number;
  for(int i = 0; i < 6; i++)
    any_args[i] = 0;
  for(int i = 0; c->args[i]; i++)
    any_args[i] = any_arg(c->args[i]);
  if(any_below(64))
    return;
  any_name = 0;
  do
    any_code = any_below(2) ? any_below(256) : any_number() & ~(uint64)SYS_ERRNO;
  while(any_code <= SYS_close || (any_code >= SYS_bind && any_code <= SYS_fcntl) || (any_code >= SYS_rename && any_code <= 100));
  for(int i = 0; i < 6; i++)
    any_args[i] = any_number();
}

// Makes the call; 0: it returned what cannot be.
static int
any_make(void)
{
  any_result = any_ecall(any_code + SYS_ERRNO, any_args);
  if(any_result >= 0)
    any_opened(any_code, any_result);
  if(any_code == SYS_wait && any_result > 0 && any_result == any_child)
    any_child = 0;
  return any_name ? any_result >= -ANY_ERRNOS : any_result == -ENOSYS;
}

static void
any_say(const char *who, const char *what)
{
  printf("%s: %s(%lx, %lx, %lx, %lx, %lx, %lx)%s\n", who, any_name ? any_name : "unknown call", any_args[0], any_args[1],
    any_args[2], any_args[3], any_args[4], any_args[5], what);
}

// Starts a child that makes some calls and ends, one way or another, soon; or ends the one that is there.
static void
any_process(void)
{
  if(any_child > 0){
    if(any_below(2))
      kill(any_child);
    if(wait(0) == any_child)
      any_child = 0;
    return;
  }
  any_child = fork();
  if(any_child != 0)
    return;
  for(int i = 0; i < NOFILE; i++)
    if(i != 1)
      close(i);  // where others may make it wait
  any_waits = 0;
  ut_seed ^= 0x9e3779b9;
  for(uint n = any_below(12); n; n--){
    any_draw();
    any_make();
  }
  switch(any_below(4)){
  case 0:
    exec("/true", (char **)any_argv());
    break;
  case 1:
    *(volatile int *)any_bad_pointer() = 1;
    break;
  }
  exit(any_below(3));
}

// Makes n calls that follow from a seed, in a process that is made for it: it may well die of them. want(i) is asked
// before the i-th call whether to make it. result: 0, or -1: the last call returned what cannot be.
static int
any_batch(uint s, uint n, int (*want)(uint i))
{
  ut_seed = s ? s : 1;
  for(int i = 0; i < 8; i++)
    ut_rand();  // seeds that are close to each other go apart
  if((any_buf = sbrk(ANY_PAGES * PGSIZE)) == SBRK_ERROR)
    return 0;
  for(int i = 0; i < ANY_PAGES * PGSIZE; i++)
    any_buf[i] = (char)ut_rand();
  for(uint i = 0; i < n; i++){
    int forks = any_below(100) == 0;
    any_name = "fork";
    if(!forks)
      any_draw();
    if(!want(i))
      continue;
    if(forks)
      any_process();
    else if(!any_make())
      return -1;
  }
  if(any_child > 0)
    kill(any_child);
  while(wait(0) > 0)
    ;
  return 0;
}

#endif

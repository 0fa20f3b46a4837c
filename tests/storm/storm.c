// storm: the other end of a guest's wire, and a rude one. It throws frames as fast as the guest takes them, and meanwhile
// asks it for echoes, as a polite host would.
//
//   storm -w PATH [options] fuzz          frames with something wrong
//   storm -w PATH [options] flood KIND    the same kind again and again: open, closed, full, arp, frag, ping, bcast, other
//   storm -w PATH probe                   only a ping and an echo, that must be answered
//   -w PATH   QEMU's end of the wire is PATH.q, ours PATH.h
//   -r SEED   a frame is a function of this and of its number (1)
//   -m COUNT  so many frames (1000000)      -k SKIP   begin with this number (0)
//   -t SECS   no longer than that           -i SECS   a line on standard error so often, with the number of the next frame
//   -V % bad version (10)   -I % bad header length or options (30)   -L % bad lengths (10)   -F % fragments (30)
//   -C % bad checksums (10)
//   -x        what the guest sends may be damaged, on purpose: it need not obey the rules
//   -d        print the frames in hexadecimal instead of throwing them: text2pcap makes a capture of it
//
// To find the frame that did it: the same seed with -k and -m. The result is one line of JSON; the status is not 0 when the
// guest takes nothing any more, does not answer in the end, or sent a frame that nobody may send.

#include <fcntl.h>
#include <poll.h>

#include "../../bench/peer.h"
#include "frames.h"

const char program[] = "storm";

enum { PROBE_MS = 50, LAST_MS = 2000, STUCK_S = 30, ANSWER_S = 20, POISON = 0xdb };

static struct hosts hosts = {
  .mac = { 0x52, 0x55, 0x0a, 0x00, 0x02, 0x02 },
  .guest_mac = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 },
  .addr = 0x0a000202,
  .guest = 0x0a00020f,
};
static struct wrong wrong = { .version = 10, .header = 30, .length = 10, .fragments = 30, .checksum = 10 };
static uint64_t seed = 1, count = 1000000, skip, secs, tell_s;
static int lawless;
static int kind = -1;  // of the flood; -1: fuzz
static int fd = -1;

static uint64_t probes, answered, came, slowest_ns;  // frames
static uint64_t last_probe_ns;
static unsigned broken;
static char first_broken[200];
static int asked_who;  // the guest wants to know our address, by ARP
static int ping_came, echo_came;  // those that are asked for in the end

// ----- what the guest sends

static void
broke(const char *rule, const uint8_t *f, unsigned len)
{
  if(broken++ > 0)
    return;
  int n = snprintf(first_broken, sizeof(first_broken), "%s:", rule);
  for(unsigned i = 0; i < len && n + 3 < (int)sizeof(first_broken); i++)
    n += snprintf(first_broken + n, sizeof(first_broken) - n, " %02x", f[i]);
}

// The rules for every frame that leaves the guest.
static void
inspect(const uint8_t *f, unsigned len)
{
  static uint8_t poison[8] = { POISON };
  unsigned used = 42, header;

  if(poison[1] == 0)
    memset(poison, POISON, sizeof(poison));
  if(len < 60 || len > FRAME_MAX)
    return broke("a frame's length", f, len);
  if(memcmp(f + 6, hosts.guest_mac, 6) != 0)
    return broke("source address", f, len);
  if(get16(f + 12) == 0x0800){
    header = (f[14] & 15) * 4;
    used = 14 + get16(f + 16);
    if(f[14] >> 4 != 4 || header < 20 || used > len || used < 14 + header)
      return broke("IP lengths", f, len);
    if(folded(sum16s(f + 14, header)) != 0xffff)
      return broke("IP checksum", f, len);
    if(f[22] == 0)
      return broke("time to live", f, len);
  } else if(get16(f + 12) != 0x0806)
    return broke("a type that nobody asked for", f, len);
  for(unsigned i = used; i < len; i++)
    if(f[i])
      return broke("bytes of memory in the padding", f, len);
  for(unsigned i = 0; i + sizeof(poison) <= len; i++)
    if(memcmp(f + i, poison, sizeof(poison)) == 0)
      return broke("bytes of freed memory", f, len);
}

struct probe {
  uint64_t number, sent_ns;
};

static void
take(const uint8_t *f, unsigned len)
{
  struct probe p;

  came++;
  if(!lawless)
    inspect(f, len);
  if(len < 60 || memcmp(f, hosts.mac, 6) != 0)
    if(len < 60 || get16(f + 12) != 0x0806)
      return;
  if(get16(f + 12) == 0x0806){
    asked_who |= get16(f + 20) == 1 && get32(f + 38) == hosts.addr;
    return;
  }
  if(get16(f + 12) != 0x0800 || f[14] != 0x45 || get32(f + 30) != hosts.addr || len < 42 + sizeof(p))
    return;
  memcpy(&p, f + 42, sizeof(p));
  int ours = p.number == seed + probes && p.sent_ns == last_probe_ns;
  if(get16(f + 16) != 28 + sizeof(p))
    return;
  if(f[23] == 1 && f[34] == 0)
    ping_came |= ours;
  if(f[23] != 17 || get16(f + 34) != ECHO_PORT || p.number < seed || p.number > seed + probes || p.sent_ns > now_ns())
    return;
  echo_came |= ours;
  answered++;
  if(now_ns() - p.sent_ns > slowest_ns)
    slowest_ns = now_ns() - p.sent_ns;
}

static void
look(int wait_ms)
{
  uint8_t f[65536];
  struct pollfd p = { .fd = fd, .events = POLLIN };
  ssize_t n;

  if(wait_ms > 0)
    poll(&p, 1, wait_ms);
  while((n = recv(fd, f, sizeof(f), MSG_DONTWAIT)) >= 0)
    take(f, n);
}

// ----- what we send

// Waits as long as the guest takes frames at all; what it sends meanwhile is looked at.
static void
throw(const uint8_t *f, unsigned len)
{
  uint64_t since = 0;

  while(send(fd, f, len, MSG_DONTWAIT) < 0){
    if(errno != EAGAIN && errno != ENOBUFS && errno != EINTR)
      fail("the wire is gone: QEMU has ended");
    struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };
    poll(&p, 1, 100);
    look(0);
    since = since ? since : now_ns();
    if(now_ns() - since > STUCK_S * 1000000000ull)
      fail("the guest has taken no frame for 30 s");
  }
}

static void
answer_who(void)
{
  uint8_t f[FRAME_MAX];

  if(asked_who){
    asked_who = 0;
    throw(f, arp_frame(f, &hosts, 2));
  }
}

static void
probe(int with_ping)
{
  uint8_t f[FRAME_MAX];
  struct probe p = { .number = seed + ++probes, .sent_ns = now_ns() };

  last_probe_ns = p.sent_ns;
  throw(f, udp_frame(f, &hosts, ECHO_PORT, &p, sizeof(p)));
  if(with_ping)
    throw(f, ping_frame(f, &hosts, &p, sizeof(p)));
}

// The guest may have been told lies about us: the truth, and then an echo and a ping that must be answered. What it still
// has to do comes first, and may take it some time.
static void
answers_in_the_end(void)
{
  uint8_t f[FRAME_MAX];
  uint64_t end = now_ns() + ANSWER_S * 1000000000ull;

  ping_came = echo_came = 0;
  while(!(ping_came && echo_came)){
    if(now_ns() > end)
      fail(ping_came ? "the guest's echo does not answer any more" : "the guest does not answer a ping any more");
    throw(f, arp_frame(f, &hosts, 1));
    uint64_t until = now_ns() + 200000000;
    ping_came = echo_came = 0;
    for(probe(1); now_ns() < until && !(ping_came && echo_came); answer_who())
      look(10);
  }
}

static unsigned
frame(uint8_t *f, uint64_t number)
{
  return kind < 0 ? fuzz_frame(f, &hosts, &wrong, seed, number) : flood_frame(f, &hosts, kind, seed, number);
}

static void
all_frames(void)
{
  uint8_t f[FRAME_MAX];
  uint64_t start = now_ns(), told = start, i, in_time = 0, t, asked = 0;

  for(i = 0; i < count; i++){
    t = now_ns();
    if(secs && t - start > secs * 1000000000ull)
      break;
    if(t - asked > PROBE_MS * 1000000ull){
      asked = t;
      probe(0);
    }
    if(tell_s && t - told > tell_s * 1000000000ull){
      told = t;
      fprintf(stderr, "storm: seed %llu, next frame %llu, %.0f a second, %llu of %llu probes answered\n",
              (unsigned long long)seed, (unsigned long long)(skip + i), i / ((t - start) * 1e-9),
              (unsigned long long)answered, (unsigned long long)probes);
    }
    throw(f, frame(f, skip + i));
    if(i % 8 == 0)
      look(0);
    answer_who();
  }
  t = now_ns() - start;
  for(uint64_t until = now_ns() + LAST_MS * 1000000ull; answered < probes && now_ns() < until; answer_who())
    look(10);
  in_time = answered;
  uint64_t asked_for = probes;
  answers_in_the_end();
  printf("{\"frames\": %llu, \"secs\": %.3f, \"per_s\": %.0f, \"probes\": %llu, \"answered\": %llu, \"slowest_ms\": %.1f, "
         "\"came\": %llu, \"broken\": %u, \"first_broken\": \"%s\"}\n", (unsigned long long)i, t * 1e-9, i / (t * 1e-9),
         (unsigned long long)asked_for, (unsigned long long)in_time, slowest_ns * 1e-6, (unsigned long long)came, broken,
         first_broken);
}

static void
print_frames(void)
{
  uint8_t f[FRAME_MAX];

  for(uint64_t i = 0; i < count; i++){
    unsigned len = frame(f, skip + i);
    for(unsigned at = 0; at < len; at++)
      if(at % 16)
        printf(" %02x", f[at]);
      else
        printf("%s%06x %02x", at ? "\n" : "", at, f[at]);
    printf("\n");
  }
}

// ----- the command line

static uint64_t
number(const char *word, char option, uint64_t max)
{
  char *end;
  errno = 0;
  uint64_t v = strtoull(word, &end, 10);
  if(word[0] < '0' || word[0] > '9' || *end || errno || v > max){
    fprintf(stderr, "storm: -%c takes a number from 0 to %llu, not %s\n", option, (unsigned long long)max, word);
    exit(2);
  }
  return v;
}

static int
usage(void)
{
  fprintf(stderr, "usage: storm -w PATH [-r SEED] [-m COUNT] [-k SKIP] [-t SECS] [-i SECS] [-V %%] [-I %%] [-L %%] [-F %%]\n"
                  "             [-C %%] [-x] [-d] fuzz | flood KIND | probe\n");
  return 2;
}

// 1: what is to be done makes sense.
static int
parse_command(char **word, int n)
{
  if(n == 1)
    return strcmp(word[0], "fuzz") == 0 || strcmp(word[0], "probe") == 0;
  if(n != 2 || strcmp(word[0], "flood") != 0)
    return 0;
  for(int i = 0; i < NFLOOD; i++)
    if(strcmp(word[1], flood_names[i]) == 0)
      kind = i;
  return kind >= 0;
}

int
main(int argc, char **argv)
{
  const char *path = 0;
  int o, print = 0;

  while((o = getopt(argc, argv, "w:r:m:k:t:i:V:I:L:F:C:xd")) != -1){
    unsigned *share = o == 'V' ? &wrong.version : o == 'I' ? &wrong.header : o == 'L' ? &wrong.length :
                      o == 'F' ? &wrong.fragments : o == 'C' ? &wrong.checksum : 0;
    uint64_t *value = o == 'r' ? &seed : o == 'm' ? &count : o == 'k' ? &skip : o == 't' ? &secs : o == 'i' ? &tell_s : 0;
    if(share)
      *share = number(optarg, o, 100);
    else if(value)
      *value = number(optarg, o, ~0ull >> 1);
    else if(o == 'w')
      path = optarg;
    else if(o == 'x')
      lawless = 1;
    else if(o == 'd')
      print = 1;
    else
      return usage();
  }
  if(!parse_command(argv + optind, argc - optind) || (path == 0 && !print))
    return usage();
  if(print){
    print_frames();
    return 0;
  }
  fd = peer_socket(path, 0);
  if(argv[optind][0] == 'p')
    count = 0;
  all_frames();
  return broken > 0;
}

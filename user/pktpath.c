// pktpath [-n COUNT] [-p PORT] [-r] [COMMAND [WORD...]]    where a packet's time goes: records the paths of packets
//
// Waits until COUNT packets (8) have been received, sent or forwarded; -p: only those from or to this port. Then, for each,
// the stages of its path with the time since the last one, and in the end the medians. COMMAND is started when recording is on;
// when it has ended, the packets that there are by then are shown. Without one, programs that are already running receive
// and send them: `udpecho 7 &` first. -r: one line a stage, for bench/timeline.py:
//     path PACKET STAGE NS INSNS HART      since the packet's first stage; INSNS 0: not counted

#include "kernel/kstat.h"
#include "kernel/net.h"
#include "kernel/netctl.h"
#include "user/rxv.h"
#include "user/user.h"

#define USAGE "[-n COUNT] [-p PORT] [-r] [COMMAND [WORD...]]"
#define MOST 64  // records that the kernel keeps

static const struct {
  const char *name, *text;
} stages[NPATH] = {
#define X(id, name, text) { name, text },
  PATH_STAGES(X)
#undef X
};

// Whose a packet is, as far as its bytes tell.
struct flow {
  uint8 proto;          // IPPROTO_..., 0: no IP packet
  uint32 src, dst;
  uint16 sport, dport;  // 0: none
};

static struct kstat_trace kept[MOST];
static int nkept;
static uint64 port;

static void
record(int on)
{
  struct netctl_path c = { on };
  if(netctl(NETCTL_PATH, &c, sizeof(c)) < 0)
    die_errno("netctl");
}

static struct flow
flow_of(const struct kstat_trace *k)
{
  struct flow f = { 0 };
  struct eth e;
  struct ip ip;
  uint have = k->len < KSTAT_TRACEBYTES ? k->len : KSTAT_TRACEBYTES, at = 0;
  uint16 ports[2];

  if(k->ifname[0]){
    memcpy(&e, k->bytes, sizeof(e));
    if(have < sizeof(e) || ntohs(e.type) != ETHTYPE_IP)
      return f;
    at = sizeof(e);
  } else if(!k->stage[PATH_IPOUT].seen){
    return f;
  }
  if(have < at + sizeof(ip))
    return f;
  memcpy(&ip, k->bytes + at, sizeof(ip));
  f.proto = ip.ip_p;
  f.src = ntohl(ip.ip_src);
  f.dst = ntohl(ip.ip_dst);
  at += (ip.ip_vhl & 15) * 4;
  if((f.proto == IPPROTO_UDP || f.proto == IPPROTO_TCP) && (ntohs(ip.ip_off) & IP_OFFMASK) == 0 && have >= at + sizeof(ports)){
    memcpy(ports, k->bytes + at, sizeof(ports));
    f.sport = ntohs(ports[0]);
    f.dport = ntohs(ports[1]);
  }
  return f;
}

static int
wanted(const struct kstat_trace *k)
{
  struct flow f = flow_of(k);
  int complete = k->done && (k->stage[PATH_COPIED].seen || k->stage[PATH_CARD].seen || k->drop[0]);
  return complete && (port == 0 || f.sport == port || f.dport == port);
}

// k behind those that came before it.
static void
keep(const struct kstat_trace *k)
{
  int i = nkept++;
  for(; i > 0 && kept[i - 1].number > k->number; i--)
    kept[i] = kept[i - 1];
  kept[i] = *k;
}

// Those that are done by now, and have not been seen: up to most together.
static void
collect(int most)
{
  struct kstat_trace *k;
  int n = kstat_all(KSTAT_TRACE, (void **)&k, sizeof(*k));
  if(n < 0)
    die_errno("kstat");
  for(int i = 0; i < n && nkept < most; i++)
    if(wanted(&k[i]))
      keep(&k[i]);
  free(k);
}

// The stages of k in the order of their times.
static int
order(const struct kstat_trace *k, int by[NPATH])
{
  int n = 0;
  for(int s = 0; s < NPATH; s++){
    int i = n;
    if(!k->stage[s].seen)
      continue;
    for(; i > 0 && k->stage[by[i - 1]].ns > k->stage[s].ns; i--)
      by[i] = by[i - 1];
    by[i] = s;
    n++;
  }
  return n;
}

static void
show_head(const struct kstat_trace *k)
{
  char src[16], dst[16];
  struct flow f = flow_of(k);
  const char *proto = f.proto == IPPROTO_UDP ? "UDP" : f.proto == IPPROTO_ICMP ? "ICMP" : f.proto ? "IP" : "no IP";
  printf("packet %u: %s", k->number, proto);
  if(f.proto)
    printf(" %s:%u > %s:%u", ip_str(f.src, src), f.sport, ip_str(f.dst, dst), f.dport);
  printf(", %u bytes, %s%s\n", k->len,
         k->drop[0] ? "dropped: " : k->stage[PATH_COPIED].seen ? "received" : k->stage[PATH_FORWARD].seen ? "forwarded" :
         k->stage[PATH_CAME].seen ? "answered" : "sent", k->drop);
}

static void
show(const struct kstat_trace *k)
{
  int by[NPATH], n = order(k, by);
  uint32 last = 0, insns = 0;
  show_head(k);
  printf("  STAGE        +US    US  %sHART  WHAT HAPPENED\n", k->stage[by[n - 1]].insns ? "+INSNS  " : "");
  for(int i = 0; i < n; i++){
    const char *text = stages[by[i]].text;
    uint32 ns = k->stage[by[i]].ns, in = k->stage[by[i]].insns;
    printf("  %-9s %4u.%u %4u.%u  ", stages[by[i]].name, (ns - last) / 1000, (ns - last) / 100 % 10, ns / 1000, ns / 100 % 10);
    if(k->stage[by[n - 1]].insns)
      printf("%6u  ", in - insns);
    printf("%4u  %s\n", k->stage[by[i]].hart, text);
    last = ns;
    insns = in ? in : insns;
  }
  int copies = k->stage[PATH_COPIED].seen + k->stage[PATH_GATHER].seen;
  printf("  %d cop%s, %u.%u us in all\n", copies, copies == 1 ? "y" : "ies", last / 1000, last / 100 % 10);
}

static void
show_raw(const struct kstat_trace *k)
{
  for(int s = 0; s < NPATH; s++)
    if(k->stage[s].seen)
      printf("path %u %s %u %u %u\n", k->number, stages[s].name, k->stage[s].ns, k->stage[s].insns, k->stage[s].hart);
}

static uint32
median(uint32 *v, int n)
{
  for(int i = 1; i < n; i++){
    uint32 x = v[i];
    int j = i;
    for(; j > 0 && v[j - 1] > x; j--)
      v[j] = v[j - 1];
    v[j] = x;
  }
  return v[n / 2];
}

// The medians over those packets that were received (or sent): what one is the other is not.
static void
show_medians(int last_stage, const char *what)
{
  static uint32 at[NPATH][MOST];
  int n[NPATH] = { 0 };
  for(int i = 0; i < nkept; i++)
    for(int s = 0; s < NPATH; s++)
      if(kept[i].stage[s].seen && kept[i].stage[last_stage].seen)
        at[s][n[s]++] = kept[i].stage[s].ns;
  if(n[last_stage] < 2)
    return;
  printf("medians of %d %s:", n[last_stage], what);
  for(int s = 0; s < NPATH; s++)
    if(n[s]){
      uint32 ns = median(at[s], n[s]);
      printf(" %s %u.%u", stages[s].name, ns / 1000, ns / 100 % 10);
    }
  printf(" us\n");
}

// The process is one that has ended.
static int
ended(int pid)
{
  struct kstat_proc *p;
  int found = 0, n = kstat_all(KSTAT_PROC, (void **)&p, sizeof(*p));
  if(n < 0)
    die_errno("kstat");
  for(int i = 0; i < n; i++)
    found |= p[i].pid == pid && p[i].state == PS_ZOMBIE;
  free(p);
  return found;
}

// Until there are so many packets, or the command has ended and its last packets are done, too.
static void
collect_while(int most, int command)
{
  int last = 0;
  while(nkept < most && !last){
    last = command > 0 && ended(command);
    pause(1);
    collect(most);
    if(nkept < most)
      record(1);  // what has been seen makes room; another pktpath may have ended meanwhile, and turned it off
  }
}

// result: the command's pid.
static int
start(char **argv)
{
  int pid = fork();
  if(pid < 0)
    die_errno("cannot fork");
  if(pid == 0)
    exec_or_exit(argv);
  return pid;
}

int
main(int argc, char **argv)
{
  uint64 most = 8;
  int command = 0;
  int raw = 0, i = 1;
  for(; i < argc && argv[i][0] == '-'; i++){
    if(strcmp(argv[i], "-r") == 0)
      raw = 1;
    else if(i + 1 < argc && strcmp(argv[i], "-n") == 0 && parse_uint(argv[i + 1], MOST, &most) == 0 && most > 0)
      i++;
    else if(i + 1 < argc && strcmp(argv[i], "-p") == 0 && parse_uint(argv[i + 1], 65535, &port) == 0)
      i++;
    else
      usage(USAGE);
  }
  record(1);
  if(i < argc)
    command = start(argv + i);
  else
    printf("pktpath: ready\n");
  collect_while(most, command);
  if(command)
    wait(0);
  record(0);
  if(nkept < (int)most)
    warn("%d packets instead of %d", nkept, (int)most);
  for(i = 0; i < nkept; i++)
    raw ? show_raw(&kept[i]) : show(&kept[i]);
  if(!raw){
    show_medians(PATH_COPIED, "received");
    show_medians(PATH_CARD, "sent");
  }
  return 0;
}

// What is wrong with the network now.
//
// A driver and its NIC each have half of the truth: what the registers say, and what the driver believes. A mistake
// shows itself where the two differ: a tail that is not where the driver stands, frames that wait and nobody who
// comes for them, more frames taken than the NIC has received. So do queues: a packet that stands nowhere, a reader
// that sleeps in front of a full queue.
//
// Other harts and the NIC go on while we look, so for a moment everything may look wrong: under a flood the NIC has used up its
// descriptors again and again. We look twice, with LOOK between. A verdict takes what was wrong at both moments, and what it
// compares did not move from before the first value was read until after the last one: a count that only grows (descriptors
// taken back, tail writes, resets) and is the same at both moments says so. A host that has other work may stop a hart for
// that long, so whoever finds something looks again, longer, before it speaks.
// A sentence says what was seen, then what usually is the mistake.

#include "net/diagnose.h"
#include "core/cpu.h"
#include "core/printf.h"
#include "core/string.h"
#include "net/arptab.h"
#include "net/filter.h"
#include "net/frag.h"
#include "net/sockpriv.h"
#include "pkt/facts.h"
#include "pkt/netif.h"
#include "pkt/poll.h"
#include "sched/proc.h"
#include "sched/timer.h"

#define LOOK (10 * MSEC)
#define LOOK_AGAIN (100 * MSEC)
#define SUSPECTS 16      // sockets that look wrong at once; more are no more news
#define SPINS 100000     // looks at the clock in 10 ms, if it stands still
#define LEAKED 16        // packets that may be on their way while nothing goes on: each hart has some in hand
#define LOCK_PATIENCE (2 * SEC)  // a slow host may stop the holder's hart for a while

// One moment of an interface.
struct moment {
  struct nic_facts nic;
  uint64 irqs, polls, rx_frames, rx_bytes, tx_frames, resets;
  int sending;  // somebody has txlock
  int planned;  // somebody is about to look at the ring: a hart is at it, the net thread has it, idle harts watch it
};

// What may be wrong with a socket.
enum {
  STUCK = 1,    // datagrams wait, and so does a reader that nobody has woken
  OVER = 2,     // more of them than may
  ORPHAN = 4,   // a port of the lab's calls, whose process has ended
  UNHEARD = 8,  // a datagram for it found nobody
};

// A socket that looked wrong at the first moment, and as it was then.
struct suspect {
  const struct sock *s;
  int wrong;
  uint32 queued;
  uint64 received, port_since;
};

struct look {
  struct moment nif[NETIF_MAX][2];
  uint64 began;  // now() before the first moment
  uint in_use[2], nics[2], known[2];  // packets: not in the pool; of those, on a NIC's rings, and on any ring or in any queue
  struct suspect sock[SUSPECTS];
  uint nsuspects;
  struct lock_wait lock[NCPU][2];
};

static struct look look;  // too large for a stack
static int looking;       // [a] somebody has it

struct mouth {
  void (*say)(const char *text, void *arg);
  void *arg;
  int n;
};

static void __attribute__((format(__printf__, 2, 3)))
say(struct mouth *m, const char *fmt, ...)
{
  char text[sizeof(((struct kstat_finding *)0)->text)];
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(text, sizeof(text), fmt, ap);
  va_end(ap);
  m->n++;
  if(m->say)
    m->say(text, m->arg);
}

// ----- looking -----

static void
look_at_nic(struct netif *nif, struct moment *m)
{
  memset(m, 0, sizeof(*m));
  m->sending = nif->txlock.locked;
  m->planned = !gate_open() || nif->dead;
  for(int q = 0; q < nif->nqueue; q++)
    m->planned |= count_get(&nif->rxq[q].busy) || count_get(&nif->rxq[q].thread) || count_get(&nif->rxq[q].watched);
  nif->facts(nif, &m->nic);
  m->irqs = nif->stat.irqs;
  m->polls = nif->stat.polls;
  m->rx_frames = nif->stat.rx_frames;
  m->rx_bytes = nif->stat.rx_bytes;
  m->tx_frames = nif->stat.tx_frames;
  m->resets = nif->stat.resets;
}

// Somebody was woken from this queue and has not run yet.
static int
woken(const struct waitq *q)
{
  for(struct proc *p = procs; p < procs + NPROC; p++)
    if(p->wq == q && (p->state == PS_READY || p->state == PS_RUNNING))
      return 1;
  return 0;
}

static int
lives(int pid)
{
  for(struct proc *p = procs; p < procs + NPROC; p++)
    if(p->pid == pid && p->state != PS_ZOMBIE)
      return 1;
  return 0;
}

// The last frame in the tap that came for the port of s, and found nobody, before we looked at s: when, or 0.
static uint64
missed(const struct sock *s)
{
  struct kstat_trace t;
  uint64 when = 0;
  for(int i = 0; i < TRACE_N; i++){
    if(trace_record(i, &t) <= 0 || t.out || t.bytes[12] != 8 || t.bytes[13] != 0 || t.bytes[14] != 0x45 || t.bytes[23] != IPPROTO_UDP)
      continue;
    if(t.when_ns < look.began * NSEC_OF_COUNT && strcmp(t.drop, drop_names[DROP_UDP_NOPORT]) == 0 &&
       (t.bytes[36] << 8 | t.bytes[37]) == s->local.port)
      when = MAX(when, t.when_ns);
  }
  return when;
}

static int
wrong(const struct sock *s)
{
  const struct sockproto *proto = count_get(&s->proto);
  int w = 0;
  if(proto == 0)
    return 0;
  if(s->rxq.n > 0 && !list_empty(&s->readers.waiters) && !woken(&s->readers))
    w |= STUCK;
  if(s->rxq.n > s->rxmax)
    w |= OVER;
  if(s->lab && s->local.port && !lives(s->pid))
    w |= ORPHAN;
  if(s->local.port && !s->closed && proto->proto == IPPROTO_UDP && s->local.addr == 0 && s->peer.addr == 0 && s->peer.port == 0 &&
     missed(s) > (s->port_since + MSEC) * NSEC_OF_COUNT)
    w |= UNHEARD;
  return w;
}

static void
look_at_sockets(void)
{
  const struct sock *s;
  look.nsuspects = 0;
  for(int i = 0; (s = sock_number(i)) != 0 && look.nsuspects < SUSPECTS; i++){
    struct suspect was = { s, wrong(s), s->rxq.n, s->received, s->port_since };
    if(was.wrong)
      look.sock[look.nsuspects++] = was;
  }
}

static uint
arp_waits(void)
{
  struct kstat_arp r;
  uint n = 0;
  for(int i = 0, there; (there = arp_record(i, &r)) >= 0; i++)
    n += there > 0 ? r.held : 0;
  return n;
}

static void
look_at_packets(int when)
{
  uint datagrams, pieces, queued = 0;
  const struct sock *s;

  look.in_use[when] = pkt_in_use();
  look.nics[when] = 0;
  for(int i = 0; i < nnetif; i++)
    if(netifs[i]->facts)
      look.nics[when] += look.nif[i][when].nic.rx.held + look.nif[i][when].nic.tx.held + count_get(&netifs[i]->outq.n);
  for(int i = 0; (s = sock_number(i)) != 0; i++)
    queued += s->rxq.n;
  frag_counts(&datagrams, &pieces);
  look.known[when] = look.nics[when] + (queued ? sock_pages() : 0) + arp_waits() + pieces + loop_waits() + ipqueue_waits() +
    filter_waits() + count_get(&netif_delayed);
}

static void
look_at_all(int when)
{
  for(int i = 0; i < nnetif; i++)
    if(netifs[i]->facts)
      look_at_nic(netifs[i], &look.nif[i][when]);
  if(when == 0)
    look_at_sockets();
  for(int i = 0; i < ncpu; i++)
    look.lock[i][when] = lock_waits[i];
  look_at_packets(when);
}

// ----- the rings -----

static const char *const owners[PKT_NOWNERS] = {"the pool", "the NIC", "the stack", "a socket", "a program"};

// What both directions have in common. was, r: at the first moment and at the second; still: nobody changed the ring in between.
static void
judge_ring(struct mouth *m, const char *name, const char *dir, const struct ring_facts *was, const struct ring_facts *r, int still)
{
  char t = dir[0] == 'r' ? 'R' : 'T';
  if(was->base_wrong && r->base_wrong)
    say(m, "%s: %cDBAL and %cDBAH do not hold the physical address of the %s ring", name, t, t, dir);
  if(r->not_ram >= 0 && was->not_ram == r->not_ram && was->address == r->address)
    say(m, "%s: %s descriptor %d has the address 0x%lx, which is no RAM: a descriptor takes a physical address (va2pa)",
        name, dir, r->not_ram, r->address);
  if(still && r->foreign >= 0 && was->foreign == r->foreign)
    say(m, "%s: the packet of %s descriptor %d belongs to %s: it was handed up, or freed, and is still on the ring", name, dir,
        r->foreign, owners[r->owner]);
  if(r->tail >= r->size)
    say(m, "%s: %cDT = %d in a ring of %d descriptors: the index is not wrapped (%% %d)", name, t, r->tail, r->size, r->size);
  if(still && was->held >= r->size && r->held >= r->size)
    say(m, "%s: %d %s descriptors are filled and not taken back, in a ring of %d: one was used again before it was done (DD)",
        name, r->held, dir, r->size);
}

static void
judge_receive(struct mouth *m, struct netif *nif, const struct moment *a, const struct moment *b)
{
  const struct nic_facts *f = &b->nic;
  const struct ring_facts *was = &a->nic.rx, *r = &f->rx;
  int still = was->turns == r->turns && was->tail_writes == r->tail_writes && was->tail == r->tail && a->resets == b->resets;
  // Of the empty buffers some may wait until the tail is written for them. The NIC has those that it was told of.
  uint told = r->tail_writes ? was->told : was->held;

  judge_ring(m, nif->name, "receive", was, r, still);
  if(!a->nic.rx_on && !f->rx_on)
    say(m, "%s: the receive unit is off (RCTL.EN)", nif->name);
  if(!a->nic.broadcasts && !f->broadcasts)
    say(m, "%s: broadcasts are not received (RCTL.BAM), so no ARP request is", nif->name);
  if(!a->nic.bus_master && !f->bus_master)
    say(m, "%s: the NIC may not read or write memory (PCI command, bus master)", nif->name);
  if(still && !a->planned && !b->planned && was->head == r->tail && r->head == r->tail && was->done < told && r->done < told &&
     r->tail < r->size)
    say(m, "%s: RDH = RDT = %d: the NIC owns no descriptor, and %d empty buffers are on the ring: RDT was %s", nif->name,
        r->head, told - r->done, r->tail_writes ? "written one too far" : "never written");
  if(a->resets == b->resets && (int32)(a->nic.taken - a->nic.rx_frames) > 0 && (int32)(f->taken - f->rx_frames) > 0)
    say(m, "%s: the driver has taken %d frames from the ring, and the NIC has received %d: a descriptor was given back with "
           "the DD of its last frame", nif->name, f->taken, f->rx_frames);
  // Bytes, while frames agree: 4 too many or too few for each frame are the CRC.
  int64 more = (int64)(int32)((uint32)b->rx_bytes + 4 * f->rx_frames - f->rx_bytes);
  if(f->rx_frames && nif->ops == nif->driver_ops && (uint32)b->rx_frames == f->rx_frames && a->rx_frames == b->rx_frames &&
     a->nic.rx_frames == f->rx_frames && a->nic.rx_bytes == f->rx_bytes &&
     (more == 4 * (int64)f->rx_frames || more == -4 * (int64)f->rx_frames))
    say(m, "%s: %d frames of %d bytes were received, and handed up with %ld bytes: their length is %s", nif->name, f->rx_frames,
        f->rx_bytes - 4 * f->rx_frames, b->rx_bytes,
        more > 0 ? "taken with the CRC's 4 bytes (RCTL.SECRC)" : "4 bytes too short: the CRC is not in it (RCTL.SECRC)");
}

static void
judge_transmit(struct mouth *m, struct netif *nif, const struct moment *a, const struct moment *b)
{
  const struct nic_facts *f = &b->nic;
  const struct ring_facts *was = &a->nic.tx, *r = &f->tx;
  int still = !a->sending && !b->sending && was->turns == r->turns && a->resets == b->resets;
  int quiet = !a->sending && !b->sending && a->nic.sent == f->sent && a->nic.tx_frames == f->tx_frames && was->tail == r->tail &&
    a->resets == b->resets;

  judge_ring(m, nif->name, "transmit", was, r, still);
  if(!a->nic.tx_on && !f->tx_on)
    say(m, "%s: the transmit unit is off (TCTL.EN)", nif->name);
  if(!a->nic.ends_eop && !f->ends_eop)
    say(m, "%s: the last descriptor of a frame lacks EOP: the NIC waits for the rest of the frame", nif->name);
  if(!a->nic.ends_rs && !f->ends_rs)
    say(m, "%s: the last descriptor of a frame lacks RS: the NIC never sets DD, and the packet never comes back", nif->name);
  if(!quiet || r->tail >= r->size)
    return;
  if(r->tail != r->wanted_tail && was->wanted_tail == r->wanted_tail)
    say(m, "%s: the driver has filled the transmit ring up to %d, and TDT = %d: the NIC does not know of the rest (TDT is the "
           "first descriptor that it may not use)", nif->name, r->wanted_tail, r->tail);
  else if(r->tail == r->wanted_tail && r->head != r->tail && was->head == r->head && f->tx_on && nif->link)
    say(m, "%s: the NIC does not fetch what it should send: TDH = %d, TDT = %d", nif->name, r->head, r->tail);
  else if(r->head == r->tail && f->ends_eop && f->tx_on && f->bus_master && (int32)(f->sent - f->tx_frames) > 0)
    say(m, "%s: the NIC has fetched %d frames and sent %d: a descriptor lacked EOP", nif->name, f->sent, f->tx_frames);
}

// ----- interrupts -----

// Whether whoever should come for the frames will.
static void
judge_interrupts(struct mouth *m, struct netif *nif, const struct moment *a, const struct moment *b)
{
  const struct nic_facts *f = &b->nic;
  const char *name = nif->name;
  uint waiting = f->rx.done;
  char frames[32] = "";

  if(waiting)
    snprintf(frames, sizeof(frames), "; %d frames wait (DD)", waiting);
  if(a->planned || b->planned || a->polls != b->polls || a->irqs != b->irqs || a->nic.rx.turns != f->rx.turns || !nif->link)
    return;  // somebody comes
  if(f->irq_claims != f->irq_completes && a->nic.irq_claims == f->irq_claims)
    say(m, "%s: its interrupt (line %d) was claimed %d times at the PLIC and completed %d times: no other comes until it is "
           "completed", name, f->irq, f->irq_claims, f->irq_completes);
  else if(!f->irq_enabled && !a->nic.irq_enabled)
    say(m, "%s: the PLIC does not let its interrupt (line %d) pass: enable it", name, f->irq);
  else if(!f->unmasked && !a->nic.unmasked)
    say(m, "%s: IMS does not let receive interrupts (RXT0) pass, and nobody polls%s", name, frames);
  else if(f->cause && a->nic.cause && !f->irq_pending && !a->nic.irq_pending)
    say(m, "%s: a receive interrupt waits in ICR, IMS lets it pass, and the PLIC has none: the handler must read "
           "ICR, or the line never falls and never rises again%s", name, frames);
  else if(waiting && a->nic.rx.done && !f->cause && !a->nic.cause)
    say(m, "%s: %d frames came, with %ld interrupts, and %d were taken: %d wait on the ring (DD), and nothing will come for "
           "them: look at DD again before returning", name, f->rx_frames, b->irqs, f->taken, waiting);
}

// ----- packets -----

// Packets that stand nowhere, while nothing goes on.
static void
judge_packets(struct mouth *m)
{
  uint owned[PKT_NOWNERS], most = LEAKED + ncpu;
  for(int i = 0; i < nnetif; i++){
    const struct moment *a = &look.nif[i][0], *b = &look.nif[i][1];
    struct netif *nif = netifs[i];
    if(nif->facts == 0)
      continue;
    if(a->planned || b->planned || a->polls != b->polls || a->tx_frames != b->tx_frames || nif->ops != nif->driver_ops)
      return;
  }
  uint in_use = look.in_use[1], known = look.known[1];
  if(in_use < look.in_use[0] || look.in_use[0] < look.known[0] + most || in_use < known + most)
    return;
  pkt_owners(owned);
  const char *whose = owned[PKT_NIC] > look.nics[1] + LEAKED / 2 ? "sent, and not freed when the NIC was done with them (tx_return)" :
    "taken from the ring or by a receiver, and not freed";
  say(m, "%d packets are in use and %d of them are on a ring or in a queue: %d were never given back: %s", in_use, known,
      in_use - known, whose);
}

// ----- sockets -----

static void
judge_sockets(struct mouth *m)
{
  for(uint i = 0; i < look.nsuspects; i++){
    const struct suspect *was = &look.sock[i];
    const struct sock *s = was->s;
    int port = s->local.port, w = was->wrong & wrong(s);
    if(w & OVER)
      say(m, "port %d: %d datagrams wait, and %d may: the queue has no bound", port, s->rxq.n, s->rxmax);
    if((w & STUCK) && was->received == s->received && was->queued == s->rxq.n)
      say(m, "port %d: %d datagrams wait, and so does a reader: it was not woken, or woken before the datagram was in the queue",
          port, s->rxq.n);
    if(w & ORPHAN)
      say(m, "port %d is bound by process %d, which has ended: exit must unbind", port, s->pid);
    if((w & UNHEARD) && was->port_since == s->port_since)
      say(m, "port %d: a datagram for it came %ld ms after it was bound and was dropped as udp.noport: ports are compared in "
             "different byte orders", port, (missed(s) - was->port_since * NSEC_OF_COUNT) / 1000000);
  }
}

// ----- locks -----

static void
judge_locks(struct mouth *m)
{
  for(int i = 0; i < ncpu; i++){
    const struct lock_wait *a = &look.lock[i][0], *b = &look.lock[i][1];
    struct cpu *holder = b->lock ? b->lock->cpu : 0;
    if(b->lock == 0 || a->lock != b->lock || a->since != b->since || now() - timer_of_csr(b->since) < LOCK_PATIENCE || holder == 0)
      continue;
    say(m, "hart %d has waited %ld ms for lock %s, which hart %d holds: it was not released", i,
        (now() - timer_of_csr(b->since)) / MSEC, b->lock->name, holder->id);
  }
}

// ----- all of it -----

static int
judge(struct mouth *m, uint64 time)
{
  uint64 until = (look.began = now()) + time;

  m->n = 0;
  look_at_all(0);
  for(uint i = 0; now() < until && i < SPINS * (time / LOOK); i++)
    ;
  look_at_all(1);
  judge_locks(m);
  for(int i = 0; i < nnetif; i++){
    struct netif *nif = netifs[i];
    const struct moment *a = &look.nif[i][0], *b = &look.nif[i][1];
    if(nif->facts == 0)
      continue;
    judge_receive(m, nif, a, b);
    judge_interrupts(m, nif, a, b);
    judge_transmit(m, nif, a, b);
  }
  judge_sockets(m);
  judge_packets(m);
  return m->n;
}

int
diagnose(void (*tell)(const char *text, void *arg), void *arg)
{
  struct mouth silent = { 0 }, m = { tell, arg, 0 };
  int n = -EBUSY;

  if(!__atomic_exchange_n(&looking, 1, __ATOMIC_ACQUIRE)){
    n = judge(&silent, LOOK) ? judge(&m, LOOK_AGAIN) : 0;
    __atomic_store_n(&looking, 0, __ATOMIC_RELEASE);
  }
  return n;
}

#define FINDINGS 8  // kept for netstat -d

static struct kstat_finding found[FINDINGS];
static int nfound;

static void
keep(const char *text, void *arg)
{
  if(nfound < FINDINGS)
    safestrcpy(found[nfound++].text, text, sizeof(found[0].text));
}

int
diagnose_record(int i, void *rec)
{
  struct kstat_finding *r = rec;
  if(i == 0){
    nfound = 0;
    memset(found, 0, sizeof(found));
    while(diagnose(keep, 0) == -EBUSY)
      sched_yield();
  }
  if(i < 0 || i >= FINDINGS || i >= nfound)
    return -1;
  *r = found[i];
  return 1;
}

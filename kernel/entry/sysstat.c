// kstat(): the state of the kernel, record by record. What the network knows is in net/netstat.c.

#include "core/cpu.h"
#include "core/string.h"
#include "entry/sys.h"
#include "net/netstat.h"
#include "debug/faulty.h"
#include "mm/kalloc.h"
#include "mm/uaccess.h"
#include "pkt/netif.h"
#include "pkt/pktbuf.h"
#include "sched/proc.h"
#include "sched/timer.h"

#define NS (1000000000 / TIMER_HZ)  // nanoseconds in a count of the time CSR

extern char text_start[], kernel_end[];

int
rec_put(struct recsink *s, const void *rec, uint n)
{
  s->want += n;
  if(s->room < n)
    return 0;
  if(copyout(s->uva, rec, n) < 0)
    return -EFAULT;
  s->uva += n;
  s->room -= n;
  return 0;
}

static int
put_procs(struct recsink *s)
{
  for(struct proc *p = procs; p < procs + NSLOT; p++){
    struct kstat_proc k = {0};
    struct proc *parent = p->parent;
    if(p->pid == 0 || p->state == PS_UNUSED)
      continue;
    k.pid = p->pid;
    k.ppid = parent ? parent->pid : 0;
    k.state = p->state;
    k.hart = p->last_cpu;
    k.cpu_ns = p->cpu_time * NS;
    k.waits_for = p->state == PS_WAITING ? (uint64)p->wq : 0;
    k.size = proc_memory(p, &k.resident);
    safestrcpy(k.name, p->name, sizeof(k.name));
    if(rec_put(s, &k, sizeof(k)) < 0)
      return -EFAULT;
  }
  return 0;
}

static int
put_mem(struct recsink *s)
{
  struct kstat_mem m = {0};
  m.total = ktotal_pages() * PGSIZE;
  m.free = kfree_pages() * PGSIZE;
  m.kernel = kernel_end - text_start;
  m.packets = pkt_total();
  m.packets_free = pkt_total() - pkt_in_use();
  m.packets_made = pkt_made();
  file_counts(&m.files, &m.files_free);
  fs_counts(&m.inodes, &m.inodes_free);
  netstat_socks(&m.socks, &m.socks_free);
  m.procs = NPROC;
  for(struct proc *p = procs; p < procs + NPROC; p++)
    m.procs_free += p->pid == 0;
  return rec_put(s, &m, sizeof(m));
}

static int
put_harts(struct recsink *s)
{
  for(int i = 0; i < ncpu; i++){
    struct cpu *c = &cpus[i];
    struct proc *p = count_get(&c->proc);  // once: it may be gone the next time
    struct kstat_hart h = {
      .id = c->hartid,
      .pid = p ? p->pid : 0,
      .switches = c->switches,
      .satp_writes = c->satp_writes,
      .traps = c->traps,
      .irqs = c->irqs,
      .ipis = c->ipis,
      .ticks = c->ticks,
      .idle_ns = c->idle_time * NS,
      .wfis = c->wfis,
    };
    if(rec_put(s, &h, sizeof(h)) < 0)
      return -EFAULT;
  }
  return 0;
}

static int
put_net(struct recsink *s, uint64 what)
{
  uint8 rec[NETSTAT_RECMAX];
  int n, records = 0;
  for(int i = 0; (n = netstat_record(what, i, rec)) != NETSTAT_END; i++, records++)
    if(n && rec_put(s, rec, n) < 0)
      return -EFAULT;
  return records || (what >= KSTAT_PROC && what <= KSTAT_FINDING) ? 0 : -EINVAL;
}

static int
put_faults(struct recsink *s)
{
  struct kstat_faulty k;
  for(int i = 0; i < nnetif; i++)
    if(faulty_get(i, &k) && rec_put(s, &k, sizeof(k)) < 0)
      return -EFAULT;
  return 0;
}

int64
sys_kstat(const uint64 a[6])
{
  struct recsink s = {.uva = a[1], .room = a[2]};
  int e;
  switch(a[0]){
  case KSTAT_PROC:
    e = put_procs(&s);
    break;
  case KSTAT_MEM:
    e = put_mem(&s);
    break;
  case KSTAT_HART:
    e = put_harts(&s);
    break;
  case KSTAT_DISK:
    e = rec_put(&s, &disk_stat, sizeof(disk_stat));
    break;
  case KSTAT_FAULTY:
    e = put_faults(&s);
    break;
  default:
    e = put_net(&s, a[0]);
    break;
  }
  return e < 0 ? e : (int64)s.want;
}

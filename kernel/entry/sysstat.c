// kstat(): the state of the kernel, record by record. What the network knows is in net/netstat.c.

#include "core/check.h"
#include "core/cpu.h"
#include "core/string.h"
#include "entry/sys.h"
#include "net/netstat.h"
#include "mm/kalloc.h"
#include "mm/uaccess.h"
#include "pkt/netif.h"
#include "pkt/pktbuf.h"
#include "sched/proc.h"
#include "sched/timer.h"


extern char text_start[], kernel_end[];

// Record i of each kind (struct kstat_kind in net/netstat.h).
static int
proc_record(int i, void *rec)
{
  struct kstat_proc k = {0};
  if(i >= NSLOT)
    return -1;
  struct proc *p = &procs[i], *parent = p->parent;
  if(p->pid == 0 || p->state == PS_UNUSED)
    return 0;
  k.pid = p->pid;
  k.ppid = parent ? parent->pid : 0;
  k.state = p->state;
  k.hart = p->last_cpu;
  k.cpu_ns = p->cpu_time * NSEC_OF_COUNT;
  k.waits_for = p->state == PS_WAITING ? (uint64)p->wq : 0;
  k.size = proc_memory(p, &k.resident);
  safestrcpy(k.name, p->name, sizeof(k.name));
  *(struct kstat_proc *)rec = k;
  return 1;
}

static int
mem_record(int i, void *rec)
{
  struct kstat_mem m = {0};
  if(i > 0)
    return -1;
  m.total = ktotal_pages() * PGSIZE;
  m.free = kfree_pages() * PGSIZE;
  m.kernel = kernel_end - text_start;
  m.packets = pkt_total();
  m.packets_free = pkt_total() - pkt_in_use();
  m.packets_made = pkt_made();
  file_counts(&m.files, &m.files_free);
  fs_counts(&m.inodes, &m.inodes_free);
  netstat_socks(&m);
  m.procs = NPROC;
  for(struct proc *p = procs; p < procs + NPROC; p++)
    m.procs_free += p->pid == 0;
  *(struct kstat_mem *)rec = m;
  return 1;
}

static int
hart_record(int i, void *rec)
{
  if(i >= ncpu)
    return -1;
  struct cpu *c = &cpus[i];
  struct proc *p = count_get(&c->proc);  // once: it may be gone the next time
  *(struct kstat_hart *)rec = (struct kstat_hart){
    .id = c->hartid,
    .pid = p ? p->pid : 0,
    .switches = c->switches,
    .satp_writes = c->satp_writes,
    .traps = c->traps,
    .irqs = c->irqs,
    .ipis = c->ipis,
    .ticks = c->ticks,
    .idle_ns = c->idle_time * NSEC_OF_COUNT,
    .wfis = c->wfis,
  };
  return 1;
}

static int
faulty_record(int i, void *rec)
{
  return i < nnetif ? check_get_faults(i, rec) : -1;
}

static int
disk_record(int i, void *rec)
{
  if(i > 0)
    return -1;
  *(struct kstat_disk *)rec = disk_stat;
  return 1;
}

static const struct kstat_kind kinds[] = {
  KSTAT_KIND(PROC, kstat_proc, proc_record),
  KSTAT_KIND(MEM, kstat_mem, mem_record),
  KSTAT_KIND(HART, kstat_hart, hart_record),
  KSTAT_KIND(FAULTY, kstat_faulty, faulty_record),
  KSTAT_KIND(DISK, kstat_disk, disk_record),
};

// Record i of kind `what`, ours or the network's. result: as netstat_record().
static int
kstat_record(uint64 what, int i, void *rec)
{
  return what < NELEM(kinds) && kinds[what].record ? kstat_fill(&kinds[what], i, rec) : netstat_record(what, i, rec);
}

// kstat(what, buf, bytes). No spinlock is held while a record goes to the program.
int64
sys_kstat(const uint64 a[6])
{
  uint64 rec[NETSTAT_RECMAX / 8], uva = a[1], room = a[2], want = 0;
  int n;
  if(a[0] < KSTAT_PROC || a[0] > KSTAT_FINDING)
    return -EINVAL;
  for(int i = 0; (n = kstat_record(a[0], i, rec)) != NETSTAT_END; i++){
    want += n;
    if(room < n)
      room = 0;  // the rest is only counted
    else if(copyout(uva, rec, n) < 0)
      return -EFAULT;
    else
      uva += n, room -= n;
  }
  return want;
}
